/** A session prolonged by its refresh token: rotation, reuse within the interval, and detection of stolen tokens. */
import { decodeRows } from '#base/db'
import type { Result, Transaction } from '#base/db'
import type { PlatformError } from '#base/kernel'
import type { Statement } from '#base/sql'
import {
  audit,
  begin,
  causedBy,
  hasVerifiedFactor,
  isBanned,
  OauthError,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import {
  deleteRefreshToken,
  findNewerSession,
  findRefreshToken,
  insertRefreshToken,
  lockSessionOfToken,
  revokeRefreshToken,
  revokeTokensOfSession,
  setSessionRefreshed,
} from '#services/auth/sql'
import type { RefreshTokenRow } from '#services/auth/sql'
import { clientOf, issueInTransaction } from './access-token.ts'
import type { IssuedToken, Proof } from './access-token.ts'
import { sessionErrors } from './errors.ts'
import { newRefreshToken } from './session-grant.ts'
import type { GrantedSession } from './session-grant.ts'

/** The outcome of a refresh: what to write, and then either an error or the token to hand out. */
interface Decision {
  readonly statements: readonly Statement[]
  readonly refusal: PlatformError | null
  readonly refreshToken: string
}

const lockNotAvailable = '55P03'

export interface RefreshResult {
  readonly row: RefreshTokenRow
  readonly session: GrantedSession
}

interface RefreshedSession {
  readonly row: RefreshTokenRow
  readonly refreshToken: string
  readonly issued: IssuedToken | null
}

/** `clientId` is the application that asks, null for this project's own clients: each has only its own sessions. */
export async function refreshSession(
  context: AuthContext,
  token: string,
  clientId: string | null,
): Promise<RefreshResult> {
  try {
    const outcome = await begin(
      context,
      [['lock_timeout', `${context.refreshWaitMs}ms`]],
      (transaction) => refresh(context, transaction, token, clientId),
    )
    // thrown only now: what was revoked because of it must stay revoked
    if ('refusal' in outcome) throw outcome.refusal
    const { row, refreshToken, issued } = outcome
    return { row, session: { ...proofOf(row), refreshToken, issued } }
  } catch (error) {
    if (causedBy(error, lockNotAvailable) !== null)
      throw sessionErrors.refreshConflict(undefined, error)
    throw error
  }
}

type Outcome = RefreshedSession | { readonly refusal: PlatformError }

async function refresh(
  context: AuthContext,
  transaction: Transaction,
  token: string,
  clientId: string | null,
): Promise<Outcome> {
  const results = await transaction.run(lockSessionOfToken(token), findRefreshToken(token))
  const row = decodeRows<RefreshTokenRow>(results[1] as Result)[0]
  if (row === undefined) throw sessionErrors.refreshTokenNotFound()
  refuseOtherClient(row, clientId)
  if (await isReplaced(context, transaction, row))
    throw sessionErrors.sessionExpired({ why: ' (Revoked by Newer Login)' })
  const { statements, refusal, refreshToken } = decide(context, row, token)
  if (statements.length > 0) await transaction.run(...statements)
  if (refusal !== null) return { refusal }
  const issued = await issueInTransaction(context, transaction, row, proofOf(row))
  return { row, refreshToken, issued }
}

/** Before anything is decided: a stranger's request must not revoke anything. */
function refuseOtherClient(
  { session_client_id: own }: RefreshTokenRow,
  clientId: string | null,
): void {
  if (own === clientId) return
  const reason =
    clientId === null
      ? 'Client authentication required for OAuth session'
      : own === null
        ? 'Client authentication not allowed for non-OAuth session'
        : "Client does not match the session's OAuth client"
  throw new OauthError('invalid_client', reason)
}

function decide(context: AuthContext, row: RefreshTokenRow, token: string): Decision {
  if (isBanned(row, context.nowMs)) return refuse(sessionErrors.refreshBanned())
  if (row.session_id === null) {
    return refuse(sessionErrors.refreshWithoutSession(), [deleteRefreshToken(row.token_id)])
  }
  const expired = findExpiry(context, row)
  if (expired !== null) return refuse(expired)
  if (!row.token_revoked) return rotate(context, row, token)
  // The client did not receive or keep what the last refresh gave it: the same again, any number of times. An older one
  // gets no token of its own: it would be the parent of an active one then, and good for ever.
  const isParent = row.active_parent === token
  if (row.active_token !== null && (isParent || isWithinReuseInterval(context, row))) {
    return keep(context, row, row.active_token)
  }
  return refuse(sessionErrors.refreshTokenUsed(), revokeFamily(context, row.session_id))
}

function refuse(refusal: PlatformError, statements: readonly Statement[] = []): Decision {
  return { refusal, statements, refreshToken: '' }
}

/** Why the session is over: a moment set for it, its timebox, or too long a time without use. */
function findExpiry({ config, nowMs }: AuthContext, row: RefreshTokenRow): PlatformError | null {
  const notAfter = row.session_not_after_ms
  const timebox = config['auth.sessions.timebox'] ?? 0
  const inactivity = config['auth.sessions.inactivity_timeout'] ?? 0
  const created = row.session_created_ms ?? 0
  const lastUse = row.session_refreshed_ms ?? Math.max(created, row.token_updated_ms)
  if (notAfter !== null && nowMs > notAfter) return sessionErrors.sessionExpired({ why: '' })
  if (timebox > 0 && nowMs > created + timebox) return sessionErrors.sessionExpired({ why: '' })
  if (inactivity > 0 && nowMs > lastUse + inactivity) {
    return sessionErrors.sessionExpired({ why: ' (Inactivity)' })
  }
  const allowLow = config['basalt.auth.allow_low_aal'] ?? 0
  const isLow = hasVerifiedFactor(row) && (row.session_aal ?? 'aal1') < 'aal2'
  if (allowLow > 0 && isLow && nowMs > created + allowLow) {
    return sessionErrors.sessionExpired({ why: ' (Low AAL: User Needs MFA Verification)' })
  }
  return null
}

/** `basalt.auth.single_session_per_user`: who signed in or refreshed elsewhere meanwhile goes on there. */
async function isReplaced(
  { config, now }: AuthContext,
  transaction: Transaction,
  row: RefreshTokenRow,
): Promise<boolean> {
  if (!config['basalt.auth.single_session_per_user'] || row.session_id === null) return false
  return (await transaction.rows(findNewerSession(row.id, row.session_id, now))).length > 0
}

function isWithinReuseInterval({ config, nowMs }: AuthContext, row: RefreshTokenRow): boolean {
  return nowMs <= row.token_updated_ms + config['auth.refresh_token_reuse_interval'] * 1000
}

/** Somebody has a copy: nobody may go on with any token of the session. Its access tokens run out by themselves. */
function revokeFamily({ config }: AuthContext, sessionId: string): Statement[] {
  if (!config['auth.enable_refresh_token_rotation']) return []
  return [revokeTokensOfSession(sessionId)]
}

/** A new token in place of this one. */
function rotate(context: AuthContext, row: RefreshTokenRow, token: string): Decision {
  const refreshToken = newRefreshToken(context)
  const sessionId = row.session_id ?? ''
  const next = { token: refreshToken, parent: token, userId: row.id, sessionId }
  const kept = keep(context, row, refreshToken)
  return {
    ...kept,
    statements: [
      audit(context, row, 'token_revoked'),
      revokeRefreshToken(row.token_id, context.now),
      insertRefreshToken(next, context.now),
      ...kept.statements,
    ],
  }
}

function keep(context: AuthContext, row: RefreshTokenRow, refreshToken: string): Decision {
  const { now, userAgent, ipAddress } = context
  const session = { id: row.session_id ?? '', userId: row.id, userAgent, ipAddress }
  return {
    refusal: null,
    refreshToken,
    statements: [audit(context, row, 'token_refreshed'), setSessionRefreshed(session, now)],
  }
}

function proofOf(row: RefreshTokenRow): Proof {
  const { session_id: sessionId, session_amr: amr } = row
  return { sessionId: sessionId ?? '', amr, method: 'token_refresh', client: clientOf(row) }
}
