/** Requests of clients to sign a user in, what users agreed to, and the sessions that came of it. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface NewAuthorization {
  readonly id: string
  /** What the browser carries. */
  readonly authorizationId: string
  readonly clientId: string
  readonly redirectUri: string
  readonly scope: string
  readonly state: string
  readonly resource: string
  readonly challenge: string
  readonly method: 's256' | 'plain'
  readonly nonce: string
  readonly expiresAt: string
}

export function insertAuthorization(request: NewAuthorization, now: string): Statement {
  return sql`/* auth.insertAuthorization */
    insert into auth.oauth_authorizations (
      id, authorization_id, client_id, redirect_uri, scope, state, resource, code_challenge, code_challenge_method,
      nonce, created_at, expires_at
    ) values (
      ${request.id}, ${request.authorizationId}, ${request.clientId}, ${request.redirectUri}, ${request.scope},
      nullif(${request.state}, ''), nullif(${request.resource}, ''), ${request.challenge}, ${request.method},
      nullif(${request.nonce}, ''), ${now}, ${request.expiresAt}
    )`
}

export interface AuthorizationRow {
  readonly id: string
  readonly authorization_id: string
  readonly client_id: string
  readonly user_id: string | null
  readonly redirect_uri: string
  readonly scope: string
  readonly state: string | null
  readonly resource: string | null
  readonly code_challenge: string | null
  readonly code_challenge_method: 's256' | 'plain' | null
  readonly nonce: string | null
  readonly status: 'pending' | 'approved' | 'denied' | 'expired'
  readonly expires_ms: number
}

/** Whoever comes at the same instant finds nothing. */
export function lockAuthorization(authorizationId: string): Statement {
  return sql`/* auth.lockAuthorization */
    select id, authorization_id, client_id, user_id, redirect_uri, scope, state, resource, code_challenge,
      code_challenge_method::text as code_challenge_method, nonce, status::text as status,
      extract(epoch from expires_at)::float8 * 1000 as expires_ms
    from auth.oauth_authorizations where authorization_id = ${authorizationId} for update skip locked`
}

/** The same by its code, once the user has agreed. */
export function lockAuthorizationOfCode(code: string): Statement {
  return sql`/* auth.lockAuthorizationOfCode */
    select id, authorization_id, client_id, user_id, redirect_uri, scope, state, resource, code_challenge,
      code_challenge_method::text as code_challenge_method, nonce, status::text as status,
      extract(epoch from expires_at)::float8 * 1000 as expires_ms
    from auth.oauth_authorizations
    where authorization_code = ${code} and status = 'approved' for update skip locked`
}

export function claimAuthorization(id: string, userId: string): Statement {
  return sql`/* auth.claimAuthorization */
    update auth.oauth_authorizations set user_id = ${userId} where id = ${id}`
}

export function approveAuthorization(id: string, code: string, now: string): Statement {
  return sql`/* auth.approveAuthorization */
    update auth.oauth_authorizations
    set status = 'approved', approved_at = ${now}, authorization_code = ${code} where id = ${id}`
}

export function closeAuthorization(id: string, status: 'denied' | 'expired'): Statement {
  return sql`/* auth.closeAuthorization */
    update auth.oauth_authorizations set status = ${status} where id = ${id}`
}

export function deleteAuthorization(id: string): Statement {
  return sql`/* auth.deleteAuthorization */ delete from auth.oauth_authorizations where id = ${id}`
}

/** Remembers which session a code became. */
export function insertUsedCode(key: string, sessionId: string): Statement {
  return sql`/* auth.insertUsedCode */
    insert into basalt.used_codes (key, session_id) values (${key}, ${sessionId})`
}

/** Ends the session a code became; its refresh tokens end with it. */
export function deleteSessionOfCode(key: string): Statement {
  return sql`/* auth.deleteSessionOfCode */
    delete from auth.sessions where id = (select session_id from basalt.used_codes where key = ${key})
    returning id, user_id`
}

/** Requests nobody answered: whoever makes one clears away a few of a day ago. */
export function deleteOldAuthorizations(now: string): Statement {
  return sql`/* auth.deleteOldAuthorizations */
    delete from auth.oauth_authorizations where id in (
      select id from auth.oauth_authorizations
      where status = 'pending' and expires_at < ${now}::timestamptz - interval '24 hours'
      order by expires_at limit 20 for update skip locked
    )`
}

export function findConsent(userId: string, clientId: string): Statement {
  return sql`/* auth.findConsent */
    select scopes from auth.oauth_consents
    where user_id = ${userId} and client_id = ${clientId} and revoked_at is null`
}

export function upsertConsent(
  id: string,
  consent: { readonly userId: string; readonly clientId: string; readonly scopes: string },
  now: string,
): Statement {
  return sql`/* auth.upsertConsent */
    insert into auth.oauth_consents (id, user_id, client_id, scopes, granted_at)
    values (${id}, ${consent.userId}, ${consent.clientId}, ${consent.scopes}, ${now})
    on conflict (user_id, client_id) do update
    set scopes = excluded.scopes, granted_at = excluded.granted_at, revoked_at = null`
}

export interface GrantRow {
  readonly client_id: string
  readonly client_name: string | null
  readonly client_uri: string | null
  readonly logo_uri: string | null
  readonly scopes: string
  readonly granted_at: string
}

export function listGrants(userId: string): Statement {
  return sql`/* auth.listGrants */
    select consent.client_id, client.client_name, client.client_uri, client.logo_uri, consent.scopes, consent.granted_at
    from auth.oauth_consents as consent join auth.oauth_clients as client on client.id = consent.client_id
    where consent.user_id = ${userId} and consent.revoked_at is null and client.deleted_at is null
    order by consent.granted_at desc`
}

/** No row comes back where there was nothing to revoke. */
export function revokeConsent(userId: string, clientId: string, now: string): Statement {
  return sql`/* auth.revokeConsent */
    update auth.oauth_consents set revoked_at = greatest(granted_at, ${now})
    where user_id = ${userId} and client_id = ${clientId} and revoked_at is null returning id`
}

export function deleteSessionsOfClient(userId: string, clientId: string): Statement {
  return sql`/* auth.deleteSessionsOfClient */
    delete from auth.sessions where user_id = ${userId} and oauth_client_id = ${clientId}`
}
