/** A code for a session: once, for the client it was given to, with the verifier of the challenge. */
import { createHash } from 'node:crypto'
import type { Transaction } from '#base/db'
import { audit, begin, isAnswer, isBanned, OauthError } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { issueInTransaction, planSession } from '#services/auth/session'
import type { GrantedSession } from '#services/auth/session'
import { findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import {
  deleteAuthorization,
  deleteSessionOfCode,
  insertUsedCode,
  lockAuthorizationOfCode,
} from './authorization-statements.ts'
import type { AuthorizationRow } from './authorization-statements.ts'
import type { OauthClientRow } from './client-statements.ts'
import { canIssueIdTokens, issueIdToken, noIdTokens } from './issue-id-token.ts'
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
  const exchanged = await begin(context, [], async (transaction) => {
    const code = lockAuthorizationOfCode(exchange.code)
    const [request] = await transaction.rows<AuthorizationRow>(code)
    if (request !== undefined) return settle(context, transaction, client, request, exchange)
    await endReplayed(context, transaction, client, exchange.code)
    return null
  })
  // thrown only now: what was ended because of it must stay ended
  if (exchanged === null) throw refuse('Invalid authorization code')
  return exchanged
}

async function settle(
  context: AuthContext,
  transaction: Transaction,
  client: OauthClientRow,
  request: AuthorizationRow,
  exchange: CodeExchange,
): Promise<ExchangedCode> {
  const user = await check(context, transaction, client, request, exchange)
  const scopes = parseScopes(request.scope)
  const wantsIdToken = scopes.includes('openid')
  // the keys may have changed since the user was asked
  if (wantsIdToken && !canIssueIdTokens(context)) throw new OauthError('invalid_scope', noIdTokens)
  const session = planSession(context, user.id, 'oauth_provider/authorization_code', {
    client: { id: client.id, scopes: request.scope },
  })
  const traits = { provider_type: 'oauth_provider_authorization_code', client_id: client.id }
  await transaction.run(
    deleteAuthorization(request.id),
    audit(context, user, 'login', traits),
    ...session.statements,
    insertUsedCode(keyOf(client, exchange.code), session.sessionId),
  )
  const [row] = await transaction.rows<UserRow>(findUserById(user.id))
  const nonce = request.nonce ?? ''
  const idToken = wantsIdToken
    ? issueIdToken(context, { user: row as UserRow, clientId: client.id, nonce, scopes })
    : null
  const issued = await issueInTransaction(context, transaction, row as UserRow, session)
  return { user: row as UserRow, session: { ...session, issued }, idToken }
}

/** Who comes with a used code has a copy of it, or somebody else had: what it became ends (RFC 6749 section 4.1.2). */
async function endReplayed(
  context: AuthContext,
  transaction: Transaction,
  client: OauthClientRow,
  code: string,
): Promise<void> {
  const [ended] = await transaction.rows<{ user_id: string }>(
    deleteSessionOfCode(keyOf(client, code)),
  )
  if (ended === undefined) return
  const [user] = await transaction.rows<UserRow>(findUserById(ended.user_id))
  const traits = { oauth_client_id: client.id, action: 'replayed_authorization_code' }
  if (user !== undefined) await transaction.run(audit(context, user, 'token_revoked', traits))
}

function keyOf({ id }: OauthClientRow, code: string): string {
  return createHash('sha256').update(`${id} ${code}`).digest('hex')
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
