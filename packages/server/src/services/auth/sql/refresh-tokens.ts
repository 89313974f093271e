/** Opaque refresh tokens: a chain in which each points to the one it replaced. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'
import { sessionColumns } from './sessions.ts'
import type { SessionRow } from './sessions.ts'
import { noInstance, userColumns } from './user-row.ts'
import type { UserRow } from './user-row.ts'

/** A refresh token with its session, its user, and the session's youngest token that still is good. */
export interface RefreshTokenRow extends UserRow, SessionRow {
  readonly token_id: number
  readonly token_revoked: boolean
  readonly token_updated_ms: number
  readonly active_token: string | null
  /** What the active one replaced. */
  readonly active_parent: string | null
}

/**
 * Refreshes of one session wait for each other here, whichever of its tokens they bring.
 * Nothing is read: what is read in the same statement may be older than the lock.
 */
export function lockSessionOfToken(token: string): Statement {
  return sql`/* auth.lockSessionOfToken */
    select from auth.sessions
    where id = (select session_id from auth.refresh_tokens where token = ${token})
    for update`
}

export function findRefreshToken(token: string): Statement {
  return sql`/* auth.findRefreshToken */
    select
      tokens.id as token_id,
      coalesce(tokens.revoked, false) as token_revoked,
      extract(epoch from tokens.updated_at)::float8 * 1000 as token_updated_ms,
      active.token as active_token,
      active.parent as active_parent,
      ${sessionColumns}, ${userColumns}
    from auth.refresh_tokens as tokens
    join auth.users as users on users.id = tokens.user_id::uuid
    left join auth.sessions as sessions on sessions.id = tokens.session_id
    left join lateral (
      select token, parent from auth.refresh_tokens
      where session_id = tokens.session_id and revoked is false
      order by id desc limit 1
    ) as active on true
    where tokens.token = ${token}`
}

export interface NewRefreshToken {
  readonly token: string
  /** The token it replaces, '' for the first of a session. */
  readonly parent: string
  readonly userId: string
  readonly sessionId: string
}

export function insertRefreshToken(token: NewRefreshToken, now: string): Statement {
  return sql`/* auth.insertRefreshToken */
    insert into auth.refresh_tokens (instance_id, token, parent, user_id, session_id, revoked, created_at, updated_at)
    values (${noInstance}, ${token.token}, ${token.parent}, ${token.userId}, ${token.sessionId}, false, ${now}, ${now})`
}

/** The time of the first use stays: the reuse interval counts from it. */
export function revokeRefreshToken(tokenId: number, now: string): Statement {
  return sql`/* auth.revokeRefreshToken */
    update auth.refresh_tokens set revoked = true, updated_at = ${now}
    where id = ${tokenId} and revoked is not true`
}

/** For good: none of them has a first use from which an interval could count, not even one that was used just now. */
export function revokeTokensOfSession(sessionId: string): Statement {
  return sql`/* auth.revokeTokensOfSession */
    update auth.refresh_tokens set revoked = true, updated_at = 'epoch' where session_id = ${sessionId}`
}

/** Gone, not revoked: a revoked one may be used again for a few seconds. */
export function deleteTokensOfSession(sessionId: string): Statement {
  return sql`/* auth.deleteTokensOfSession */
    delete from auth.refresh_tokens where session_id = ${sessionId}`
}

/** A token of before sessions existed is of no use. */
export function deleteRefreshToken(tokenId: number): Statement {
  return sql`/* auth.deleteRefreshToken */ delete from auth.refresh_tokens where id = ${tokenId}`
}
