/**
 * POST /sso/saml/acs: back from an identity provider with an assertion: in answer to a request of ours (`RelayState` is
 * the id we gave it), or begun there (`RelayState` is where to go, or nothing).
 */
import { createHash } from 'node:crypto'
import type { Transaction } from '#base/db'
import type { HttpResponse } from '#base/http'
import { authErrors, begin, isUuid, readForm, readRows, write } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { isRedirectAllowed, redirectTo, withParameters } from '#services/auth/redirect'
import {
  announceExternalUser,
  errorMembers,
  reportExternalUser,
  retryOnConflict,
  signInExternally,
} from '#services/auth/linking'
import type { ExternalSignIn } from '#services/auth/linking'
import { issueFor, issueInTransaction, planSession } from '#services/auth/session'
import type { GrantedSession, SessionGrant } from '#services/auth/session'
import { findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { readAssertion, readIssuer, SamlProblem } from '#services/auth/sso/saml'
import type { Assertion } from '#services/auth/sso/saml'
import { ssoErrors } from './errors.ts'
import { readSsoUser } from './read-sso-user.ts'
import { identityProviderOf, ownProvider, requireSaml } from './saml-metadata.ts'
import {
  completeSsoFlow,
  findSsoProvider,
  findSsoProviderByEntity,
  takeRelayState,
  useAssertion,
} from './statements.ts'
import type { RelayStateRow, SsoProviderRow } from './statements.ts'

export async function consumeAssertion(context: AuthContext): Promise<HttpResponse> {
  requireSaml(context)
  try {
    const form = await readForm(context.request)
    return redirectTo(302, await signIn(context, form))
  } catch (error) {
    const site = context.config['auth.site_url']
    return redirectTo(303, withParameters(site, errorMembers(context, error), {}))
  }
}

/** What the answer is to. */
interface Arrival {
  readonly provider: SsoProviderRow
  /** Null for a sign-in that begins at the identity provider. */
  readonly requestId: string | null
  readonly redirectTo: string
  readonly flowId: string | null
}

const invalid = (message: string) => authErrors.invalid({ message })

async function signIn(context: AuthContext, form: URLSearchParams): Promise<string> {
  const response = form.get('SAMLResponse') ?? ''
  const arrival = await readArrival(context, form.get('RelayState') ?? '', response)
  const { provider } = arrival
  if (provider.disabled === true) throw ssoErrors.ssoProviderDisabled()
  if (response === '') throw invalid('SAMLResponse is missing')
  const assertion = await check(context, arrival, response)
  const user = readSsoUser(provider, assertion)
  const request = {
    provider: `sso:${provider.id}`,
    user,
    emailOptional: false,
    redirectTo: arrival.redirectTo,
  }
  await announceExternalUser(context, request)
  const done = await retryOnConflict(() =>
    begin(context, [], (transaction) =>
      settle(context, transaction, { arrival, assertion, request }),
    ),
  )
  await reportExternalUser(context, done)
  const wanted = arrival.redirectTo
  const target = isRedirectAllowed(context, wanted) ? wanted : context.config['auth.site_url']
  if (done.code !== null) return withParameters(target, { code: done.code }, {})
  return withParameters(target, {}, await sessionMembers(context, done.user, done.session))
}

async function readArrival(
  context: AuthContext,
  relayState: string,
  response: string,
): Promise<Arrival> {
  if (isUuid(relayState)) return readOwnArrival(context, relayState)
  if (relayState !== '' && !URL.canParse(relayState)) {
    throw invalid('SAML RelayState is not a valid UUID or URL')
  }
  if (response === '') throw invalid('SAMLResponse is missing')
  const entityId = await peek(response)
  const [provider] = await readRows<SsoProviderRow>(context, findSsoProviderByEntity(entityId))
  if (provider === undefined) throw ssoErrors.samlIdpNotFound()
  return { provider, requestId: null, redirectTo: relayState, flowId: null }
}

/** The request is over with its first answer, right or wrong. */
async function readOwnArrival(context: AuthContext, id: string): Promise<Arrival> {
  const [state] = await write<RelayStateRow>(context, [takeRelayState(id)])
  if (state === undefined) throw ssoErrors.relayStateNotFound()
  const lifeMs = context.config['auth.saml.relay_state_validity_period']
  if (context.nowMs >= state.created_ms + lifeMs) throw ssoErrors.relayStateExpired()
  const [provider] = await readRows<SsoProviderRow>(context, findSsoProvider(state.sso_provider_id))
  if (provider === undefined) throw ssoErrors.samlIdpNotFound()
  return {
    provider,
    requestId: state.request_id,
    redirectTo: state.redirect_to ?? '',
    flowId: state.flow_state_id,
  }
}

async function peek(response: string): Promise<string> {
  try {
    return await readIssuer(response)
  } catch (error) {
    if (!(error instanceof SamlProblem)) throw error
    throw invalid(
      error.message.includes('Base64')
        ? 'SAMLResponse is not a valid Base64 string'
        : 'SAMLResponse is not a valid XML SAML assertion',
    )
  }
}

/** Why an assertion is refused is for the log: whoever forges one learns nothing. */
async function check(
  context: AuthContext,
  { provider, requestId }: Arrival,
  response: string,
): Promise<Assertion> {
  const idp = await identityProviderOf(context, provider)
  const { nowMs, project } = context
  try {
    return await readAssertion(ownProvider(context), idp, { response, requestId, nowMs })
  } catch (error) {
    if (!(error instanceof SamlProblem)) throw error
    project.log.warn('a SAML assertion was refused', {
      provider: provider.id,
      reason: error.message,
    })
    throw ssoErrors.samlAssertionInvalid(undefined, error)
  }
}

interface Settled {
  readonly user: UserRow
  readonly isNew?: boolean
  readonly session: SessionGrant & GrantedSession
  /** What a PKCE client exchanges for a session; null where it gets one right away. */
  readonly code: string | null
}

async function settle(
  context: AuthContext,
  transaction: Transaction,
  given: {
    readonly arrival: Arrival
    readonly assertion: Assertion
    readonly request: ExternalSignIn
  },
): Promise<Settled> {
  const { arrival, assertion, request } = given
  const { now } = context
  const key = createHash('sha256').update(`${arrival.provider.id} ${assertion.id}`).digest('hex')
  const used = await transaction.rows(useAssertion(key, now))
  if (used.length === 0) throw ssoErrors.samlAssertionUsed()
  const outcome = await signInExternally(context, transaction, request)
  if ('refusal' in outcome) throw outcome.refusal
  const userId = outcome.user.id
  const session = planSession(context, userId, 'sso/saml', { endsMs: assertion.sessionEndsMs })
  if (arrival.flowId !== null) {
    const [flow] = await transaction.rows<{ auth_code: string }>(
      completeSsoFlow(arrival.flowId, userId, now),
    )
    if (flow === undefined) throw ssoErrors.flowUsed()
    return { ...outcome, session, code: flow.auth_code }
  }
  await transaction.run(...session.statements)
  const [row] = await transaction.rows<UserRow>(findUserById(userId))
  const user = row as UserRow
  const issued = await issueInTransaction(context, transaction, user, session)
  return { ...outcome, user, session: { ...session, issued }, code: null }
}

async function sessionMembers(
  context: AuthContext,
  user: UserRow,
  session: GrantedSession,
): Promise<Record<string, string>> {
  const { token, expiresAt } = await issueFor(context, user, session)
  return {
    access_token: token,
    expires_at: String(expiresAt),
    expires_in: String(context.config['auth.jwt_expiry']),
    refresh_token: session.refreshToken,
    sb: '',
    token_type: 'bearer',
  }
}
