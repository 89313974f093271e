/** GET /oauth/authorizations/{id}, POST …/consent: the user looks at what a client asks for, and agrees or not. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { Transaction } from '#base/db'
import type { JsonObject, PlatformError } from '#base/kernel'
import { authErrors, begin, newId, readParams, requireUser } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { isRedirectAllowed, withParameters } from '#services/auth/redirect'
import type { UserRow } from '#services/auth/sql'
import {
  approveAuthorization,
  claimAuthorization,
  closeAuthorization,
  findConsent,
  lockAuthorization,
  upsertConsent,
} from './authorization-statements.ts'
import type { AuthorizationRow } from './authorization-statements.ts'
import { findOauthClient } from './client-statements.ts'
import type { OauthClientRow } from './client-statements.ts'
import { oauthServerErrors } from './errors.ts'
import { describeClient } from './render-client.ts'
import { requireEnabled } from './require-enabled.ts'
import { parseScopes } from './scopes.ts'

/** What was decided, or a refusal that is thrown once what came with it is written. */
type Decision = { readonly body: JsonObject } | { readonly refusal: PlatformError }

/** Who agreed before to as much goes on at once: `{ redirect_url }`. */
export async function getAuthorization(context: AuthContext): Promise<HttpResponse> {
  requireEnabled(context)
  const { user } = await requireUser(context)
  refuseForeignPage(context)
  return decide(context, (transaction, request) => show(context, transaction, request, user))
}

export async function answerAuthorization(context: AuthContext): Promise<HttpResponse> {
  requireEnabled(context)
  const { user } = await requireUser(context)
  refuseForeignPage(context)
  const { action } = await readParams(context.request, { action: 'text' })
  if (action !== 'approve' && action !== 'deny') {
    throw authErrors.invalid({ message: "action must be 'approve' or 'deny'" })
  }
  return decide(context, (transaction, request) =>
    answer(context, transaction, request, user.id, action === 'approve'),
  )
}

/** Browsers say which page asks: only the application's own may. */
function refuseForeignPage(context: AuthContext): void {
  const origin = context.request.headers['origin'] ?? ''
  if (origin !== '' && !isRedirectAllowed(context, origin)) {
    throw authErrors.invalid({ message: 'unauthorized request origin' })
  }
}

/** The request stays locked until it is decided: of two answers at the same instant one finds it gone. */
async function decide(
  context: AuthContext,
  work: (transaction: Transaction, request: AuthorizationRow) => Promise<Decision>,
): Promise<HttpResponse> {
  const id = context.pathParams['id'] ?? ''
  const decision = await begin<Decision>(context, [], async (transaction) => {
    const [request] = await transaction.rows<AuthorizationRow>(lockAuthorization(id))
    if (request === undefined) throw oauthServerErrors.authorizationNotFound()
    if (context.nowMs <= request.expires_ms) return work(transaction, request)
    if (request.status === 'pending')
      await transaction.run(closeAuthorization(request.id, 'expired'))
    return { refusal: oauthServerErrors.authorizationNotFound() }
  })
  if ('refusal' in decision) throw decision.refusal
  return jsonResponse(200, decision.body, { 'cache-control': 'no-store' })
}

async function show(
  context: AuthContext,
  transaction: Transaction,
  request: AuthorizationRow,
  user: UserRow,
): Promise<Decision> {
  if (request.status !== 'pending') {
    throw authErrors.invalid({ message: 'authorization request cannot be processed' })
  }
  if (request.user_id !== null && request.user_id !== user.id) {
    throw oauthServerErrors.authorizationNotFound()
  }
  if (request.user_id === null) {
    await transaction.run(claimAuthorization(request.id, user.id))
    if (await hasAgreed(transaction, request, user.id)) {
      return { body: await approve(context, transaction, request) }
    }
  }
  const [client] = await transaction.rows<OauthClientRow>(findOauthClient(request.client_id))
  if (client === undefined) throw oauthServerErrors.authorizationNotFound()
  return {
    body: {
      authorization_id: request.authorization_id,
      redirect_uri: request.redirect_uri,
      client: describeClient(client),
      user: { id: user.id, ...(user.email ? { email: user.email } : {}) },
      scope: request.scope,
    },
  }
}

async function hasAgreed(
  transaction: Transaction,
  { client_id: clientId, scope }: AuthorizationRow,
  userId: string,
): Promise<boolean> {
  const [consent] = await transaction.rows<{ scopes: string }>(findConsent(userId, clientId))
  if (consent === undefined) return false
  const granted = parseScopes(consent.scopes)
  return parseScopes(scope).every((asked) => granted.includes(asked))
}

async function approve(
  context: AuthContext,
  transaction: Transaction,
  request: AuthorizationRow,
): Promise<JsonObject> {
  const code = newId(context)
  await transaction.run(approveAuthorization(request.id, code, context.now))
  return { redirect_url: answerUrl(request, { code }) }
}

function answerUrl(request: AuthorizationRow, members: Record<string, string>): string {
  const state = request.state === null ? {} : { state: request.state }
  return withParameters(request.redirect_uri, { ...members, ...state }, {})
}

async function answer(
  context: AuthContext,
  transaction: Transaction,
  request: AuthorizationRow,
  userId: string,
  isApproved: boolean,
): Promise<Decision> {
  if (request.status !== 'pending') {
    throw authErrors.invalid({ message: 'authorization request is no longer pending' })
  }
  // whoever did not look at it cannot agree to it
  if (request.user_id !== userId) throw oauthServerErrors.authorizationNotFound()
  if (!isApproved) {
    await transaction.run(closeAuthorization(request.id, 'denied'))
    const members = { error: 'access_denied', error_description: 'User denied the request' }
    return { body: { redirect_url: answerUrl(request, members) } }
  }
  const consent = { userId, clientId: request.client_id, scopes: request.scope }
  await transaction.run(upsertConsent(newId(context), consent, context.now))
  return { body: await approve(context, transaction, request) }
}
