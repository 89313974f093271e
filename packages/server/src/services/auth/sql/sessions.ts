/** Sessions: begun at sign-in, prolonged by refresh, ended by deletion. */
import { sql, verbatim } from '#base/sql'
import type { Statement } from '#base/sql'

/** Moments are milliseconds since the epoch. */
export interface SessionRow {
  readonly session_id: string | null
  readonly session_created_ms: number | null
  readonly session_refreshed_ms: number | null
  readonly session_not_after_ms: number | null
  readonly session_aal: 'aal1' | 'aal2' | 'aal3' | null
  /** Newest first. */
  readonly session_amr: readonly AmrEntry[]
  /** The application it is for, and what that may see; null for sessions of this project's own. */
  readonly session_client_id: string | null
  readonly session_scopes: string | null
}

export interface AmrEntry {
  readonly method: string
  /** Unix seconds. */
  readonly timestamp: number
}

/** Columns of `SessionRow`, from `auth.sessions as sessions`. */
export const sessionColumns = verbatim(`
  sessions.id as session_id,
  extract(epoch from sessions.created_at)::float8 * 1000 as session_created_ms,
  extract(epoch from sessions.refreshed_at at time zone 'UTC')::float8 * 1000 as session_refreshed_ms,
  extract(epoch from sessions.not_after)::float8 * 1000 as session_not_after_ms,
  sessions.aal::text as session_aal,
  sessions.oauth_client_id as session_client_id,
  sessions.scopes as session_scopes,
  (select coalesce(json_agg(json_build_object(
      'method', claim.authentication_method,
      'timestamp', floor(extract(epoch from claim.updated_at))::bigint
    ) order by claim.updated_at desc), '[]')
    from auth.mfa_amr_claims as claim where claim.session_id = sessions.id) as session_amr`)

export function findSession(id: string): Statement {
  return sql`/* auth.findSession */
    select ${sessionColumns} from auth.sessions as sessions where sessions.id = ${id}`
}

/** Another session of the user that was used after this one. */
export function findNewerSession(userId: string, sessionId: string, now: string): Statement {
  return sql`/* auth.findNewerSession */
    select other.id from auth.sessions as other, auth.sessions as own
    where own.id = ${sessionId} and other.user_id = ${userId} and other.id <> own.id
      and (other.not_after is null or other.not_after > ${now})
      and coalesce(other.refreshed_at at time zone 'UTC', other.created_at)
        > coalesce(own.refreshed_at at time zone 'UTC', own.created_at)
    limit 1`
}

export interface NewSession {
  readonly id: string
  readonly userId: string
  readonly userAgent: string | null
  readonly ipAddress: string | null
  readonly clientId?: string
  readonly scopes?: string
}

export function insertSession(
  session: NewSession & { readonly notAfter: string | null },
  now: string,
): Statement {
  return sql`/* auth.insertSession */
    insert into auth.sessions (id, user_id, aal, user_agent, ip, not_after, oauth_client_id, scopes, created_at, updated_at)
    values (${session.id}, ${session.userId}, 'aal1', ${session.userAgent}, ${session.ipAddress}, ${session.notAfter},
      ${session.clientId ?? null}, ${session.scopes ?? null}, ${now}, ${now})`
}

/** How the user proved who they are; the same way again only moves its time. */
export function upsertAmrClaim(
  id: string,
  sessionId: string,
  method: string,
  now: string,
): Statement {
  return sql`/* auth.upsertAmrClaim */
    insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
    values (${id}, ${sessionId}, ${method}, ${now}, ${now})
    on conflict (session_id, authentication_method) do update set updated_at = excluded.updated_at`
}

export function setSessionRefreshed(session: NewSession, now: string): Statement {
  return sql`/* auth.setSessionRefreshed */
    update auth.sessions
    set refreshed_at = ${now}::timestamptz at time zone 'UTC', user_agent = ${session.userAgent},
      ip = ${session.ipAddress}, updated_at = ${now}
    where id = ${session.id}`
}

export function deleteSession(id: string): Statement {
  return sql`/* auth.deleteSession */ delete from auth.sessions where id = ${id}`
}

export function deleteSessionsOfUser(userId: string): Statement {
  return sql`/* auth.deleteSessionsOfUser */ delete from auth.sessions where user_id = ${userId}`
}

export function deleteOtherSessions(userId: string, sessionId: string): Statement {
  return sql`/* auth.deleteOtherSessions */
    delete from auth.sessions where user_id = ${userId} and id <> ${sessionId}`
}
