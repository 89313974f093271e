/** A code for a session: once, for the client it was given to, with the verifier of the challenge. */
import type { Transaction } from '#base/db'
import { audit, begin, isAnswer, isBanned, OauthError } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { issueInTransaction, planSession } from '#services/auth/session'
import type { GrantedSession } from '#services/auth/session'
import { findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { deleteAuthorization, lockAuthorizationOfCode } from './authorization-statements.ts'
import type { AuthorizationRow } from './authorization-statements.ts'
import type { OauthClientRow } from './client-statements.ts'
import { issueIdToken, requireIdTokenKey } from './issue-id-token.ts'
import { parseScopes } from './scopes.ts'

export interface CodeExchange {
  readonly code: string
  readonly redirectUri: string
  readonly verifier: string
  readonly resource: string
}

export interface ExchangedCode {
  readonly user: UserRow
  readonly session: GrantedSession
  /** Null unless `openid` was granted. */
  readonly idToken: string | null
}

const refuse = (description: string) => new OauthError('invalid_grant', description)

export async function exchangeAuthorization(
  context: AuthContext,
  client: OauthClientRow,
  exchange: CodeExchange,
): Promise<ExchangedCode> {
  return begin(context, [], async (transaction) => {
    const [request] = await transaction.rows<AuthorizationRow>(
      lockAuthorizationOfCode(exchange.code),
    )
    if (request === undefined) throw refuse('Invalid authorization code')
    const user = await check(context, transaction, client, request, exchange)
    const scopes = parseScopes(request.scope)
    const wantsIdToken = scopes.includes('openid')
    if (wantsIdToken) requireIdTokenKey(context)
    const method = 'oauth_provider/authorization_code'
    const session = planSession(context, user.id, method, {
      client: { id: client.id, scopes: request.scope },
    })
    const traits = { provider_type: 'oauth_provider_authorization_code', client_id: client.id }
    await transaction.run(
      deleteAuthorization(request.id),
      audit(context, user, 'login', traits),
      ...session.statements,
    )
    const [row] = await transaction.rows<UserRow>(findUserById(user.id))
    const nonce = request.nonce ?? ''
    const idToken = wantsIdToken
      ? issueIdToken(context, { user: row as UserRow, clientId: client.id, nonce, scopes })
      : null
    const issued = await issueInTransaction(context, transaction, row as UserRow, session)
    return { user: row as UserRow, session: { ...session, issued }, idToken }
  })
}

async function check(
  { nowMs }: AuthContext,
  transaction: Transaction,
  client: OauthClientRow,
  request: AuthorizationRow,
  { redirectUri, verifier, resource }: CodeExchange,
): Promise<UserRow> {
  if (nowMs > request.expires_ms) throw refuse('Authorization code has expired')
  if (request.client_id !== client.id) {
    throw refuse('Authorization code was not issued for this client')
  }
  if (resource !== '' && resource !== (request.resource ?? '')) {
    throw refuse('Authorization code resource does not match the resource parameter')
  }
  if (redirectUri !== '' && redirectUri !== request.redirect_uri) {
    throw refuse('Invalid redirect_uri')
  }
  checkVerifier(request, verifier)
  if (request.user_id === null) throw refuse('Authorization code has no associated user')
  const [user] = await transaction.rows<UserRow>(findUserById(request.user_id))
  if (user === undefined) throw refuse('User not found for authorization code')
  if (isBanned(user, nowMs)) throw new OauthError('access_denied', 'User is banned')
  return user
}

function checkVerifier(request: AuthorizationRow, verifier: string): void {
  const { code_challenge: challenge, code_challenge_method: method } = request
  if (challenge === null || method === null) return
  if (verifier === '') {
    throw refuse(
      'PKCE verification failed: code_verifier is required when PKCE challenge is present',
    )
  }
  if (!isAnswer({ challenge, method }, verifier)) {
    throw refuse(
      'PKCE verification failed: code challenge does not match previously saved code verifier',
    )
  }
}
