/** POST /token?grant_type=id_token: a token a provider gave to the application, by its own SDK for instance. */
import { createHash } from 'node:crypto'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import { constantTimeEqual } from '#base/token'
import { authErrors, begin, OauthError, readParams, requireUser } from '#services/auth/core'
import type { AuthContext, Params } from '#services/auth/core'
import {
  announceExternalUser,
  linkExternalIdentity,
  reportExternalUser,
  retryOnConflict,
  signInExternally,
} from '#services/auth/linking'
import type { ExternalSignIn } from '#services/auth/linking'
import { sendMails } from '#services/auth/messages'
import type { Issuer } from '#services/auth/outside'
import { audiencesOf, peekClaims, tidyUser, verifyIdToken } from '#services/auth/provider'
import { issueInTransaction, planSession, sessionResponse } from '#services/auth/session'
import { findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { findTokenIssuer } from './find-token-issuer.ts'
import type { TokenIssuer } from './find-token-issuer.ts'
import type { ProviderUser } from '#services/auth/provider'

const shape = {
  id_token: 'text',
  access_token: 'text',
  nonce: 'text',
  provider: 'text',
  client_id: 'text',
  issuer: 'text',
  link_identity: 'boolean',
} as const

const refuse = (description: string, cause?: unknown) =>
  new OauthError('invalid request', description, cause)

export async function grantByIdToken(context: AuthContext): Promise<HttpResponse> {
  const params = await readParams(context.request, shape)
  if (params.id_token === '') throw refuse('id_token required')
  if (params.provider === '' && (params.client_id === '' || params.issuer === '')) {
    throw refuse('provider or client_id and issuer required')
  }
  const target = params.link_identity === true ? await requireTarget(context) : null
  const { provider, issuer, id_token: idToken } = params
  const known = await findTokenIssuer(context, { provider, issuer, idToken })
  const claims = await verify(context, known, params)
  const request: ExternalSignIn = {
    provider: known.provider,
    user: readUser(known, claims),
    emailOptional: known.emailOptional,
    redirectTo: '',
  }
  return grant(context, request, target)
}

function readUser(known: TokenIssuer, claims: JsonObject): ProviderUser {
  try {
    return tidyUser(known.readUser(claims))
  } catch (error) {
    throw refuse('Bad ID token', error)
  }
}

async function requireTarget(context: AuthContext): Promise<string> {
  const { authentication } = context.scope
  if (authentication.ok && authentication.token === null) {
    throw refuse('Linking requires a valid user access token in Authorization')
  }
  const { user } = await requireUser(context)
  return user.id
}

async function verify(
  context: AuthContext,
  known: TokenIssuer,
  { id_token: idToken, access_token: accessToken, nonce }: Params<typeof shape>,
): Promise<JsonObject> {
  // what is no token at all costs no request
  if (peekClaims(idToken) === null) throw refuse('Bad ID token')
  const issuer = await discover(known)
  const { spellings, clientIds } = known
  const claims = await verifyIdToken(idToken, issuer, {
    issuers: spellings,
    audiences: null,
    accessToken,
    clock: context.project.clock,
  }).catch((error: unknown) => {
    throw refuse('Bad ID token', error)
  })
  if (typeof claims['sub'] !== 'string' || claims['sub'] === '') {
    throw refuse('Missing sub claim in id_token')
  }
  checkAudience(claims, clientIds)
  if (!known.skipNonceCheck) checkNonce(claims['nonce'], nonce)
  return claims
}

async function discover(known: TokenIssuer): Promise<Issuer> {
  try {
    return await known.discover(known.issuer, known.documentUrl)
  } catch (error) {
    throw authErrors.unexpectedFailure(undefined, error)
  }
}

/** A token for several clients says which of them asked for it (OpenID Connect Core 3.1.3.7). */
function checkAudience(claims: JsonObject, clientIds: readonly string[]): void {
  const audiences = audiencesOf(claims)
  const { azp } = claims
  const isOurs = audiences.some((audience) => clientIds.includes(audience))
  const isForeign =
    audiences.length > 1 && typeof azp === 'string' && azp !== '' && !clientIds.includes(azp)
  if (!isOurs || isForeign) {
    throw refuse(`Unacceptable audience in id_token: [${audiences.join(' ')}]`)
  }
}

/** The token carries the hash of what the application keeps: whoever copies the token lacks it. */
function checkNonce(claim: unknown, given: string): void {
  const own = typeof claim === 'string' ? claim : ''
  if ((own === '') !== (given === '')) {
    throw refuse('Passed nonce and nonce in id_token should either both exist or not.')
  }
  const hash = createHash('sha256').update(given).digest('hex')
  if (own !== '' && !constantTimeEqual(hash, own)) {
    throw new OauthError('invalid nonce', 'Nonces mismatch')
  }
}

async function grant(
  context: AuthContext,
  request: ExternalSignIn,
  target: string | null,
): Promise<HttpResponse> {
  if (target === null) await announceExternalUser(context, request)
  const done = await retryOnConflict(() =>
    begin(context, [], async (transaction) => {
      const outcome =
        target === null
          ? await signInExternally(context, transaction, request)
          : await linkExternalIdentity(context, transaction, request, target)
      if ('refusal' in outcome) return outcome
      const session = planSession(context, outcome.user.id, 'oauth')
      await transaction.run(...session.statements)
      const [user] = await transaction.rows<UserRow>(findUserById(outcome.user.id))
      const issued = await issueInTransaction(context, transaction, user as UserRow, session)
      return { ...outcome, user: user as UserRow, session: { ...session, issued } }
    }),
  )
  if ('session' in done) {
    await reportExternalUser(context, done)
    return sessionResponse(context, done.user, done.session)
  }
  if (done.mail !== null) await sendMails(context, done.userId, [done.mail])
  throw done.refusal
}
