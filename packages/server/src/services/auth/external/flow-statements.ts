/** Sign-ins at a provider that are under way: `flow_state` by its id, which is the `state` the browser carries. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface NewProviderFlow {
  readonly id: string
  readonly providerType: string
  /** Null for the implicit flow. */
  readonly challenge: {
    readonly authCode: string
    readonly challenge: string
    readonly method: 's256' | 'plain'
  } | null
  /** Where the browser is sent in the end. */
  readonly referrer: string
  readonly inviteToken: string
  readonly clientStateId: string | null
  /** The signed-in user who adds an identity. */
  readonly linkingTargetId: string | null
  readonly emailOptional: boolean
}

export function insertProviderFlow(flow: NewProviderFlow, now: string): Statement {
  const { challenge } = flow
  return sql`/* auth.insertProviderFlow */
    insert into auth.flow_state (
      id, auth_code, code_challenge, code_challenge_method, provider_type, authentication_method,
      provider_access_token, provider_refresh_token, invite_token, referrer, oauth_client_state_id,
      linking_target_id, email_optional, created_at, updated_at
    ) values (
      ${flow.id}, ${challenge?.authCode ?? null}, ${challenge?.challenge ?? null}, ${challenge?.method ?? null},
      ${flow.providerType}, 'oauth', '', '', ${flow.inviteToken === '' ? null : flow.inviteToken},
      ${flow.referrer}, ${flow.clientStateId}, ${flow.linkingTargetId}, ${flow.emailOptional}, ${now}, ${now}
    )`
}

export interface ProviderFlowRow {
  readonly id: string
  readonly user_id: string | null
  readonly auth_code: string | null
  readonly code_challenge: string | null
  readonly provider_type: string
  readonly invite_token: string | null
  readonly referrer: string | null
  readonly oauth_client_state_id: string | null
  readonly linking_target_id: string | null
  readonly email_optional: boolean
  readonly created_ms: number
}

/** Only flows that began at a provider: the ids of others never leave us. */
export function findProviderFlow(id: string): Statement {
  return sql`/* auth.findProviderFlow */
    select id, user_id, auth_code, code_challenge, provider_type, invite_token, referrer, oauth_client_state_id,
      linking_target_id, email_optional, extract(epoch from created_at)::float8 * 1000 as created_ms
    from auth.flow_state where id = ${id} and authentication_method = 'oauth'`
}

/** The right to go on with it: nobody else comes back with a row until this transaction ends. */
export function lockProviderFlow(id: string): Statement {
  return sql`/* auth.lockProviderFlow */
    select user_id from auth.flow_state where id = ${id} for update skip locked`
}

/** The flow has found its user; its code is given out now. */
export function completeProviderFlow(
  id: string,
  found: { readonly userId: string; readonly accessToken: string; readonly refreshToken: string },
  now: string,
): Statement {
  return sql`/* auth.completeProviderFlow */
    update auth.flow_state
    set user_id = ${found.userId}, provider_access_token = ${found.accessToken},
      provider_refresh_token = ${found.refreshToken}, auth_code_issued_at = ${now}, updated_at = ${now}
    where id = ${id}`
}

/** What we told the provider and it did not see: our side of its PKCE. */
export function insertClientState(
  id: string,
  providerType: string,
  verifier: string,
  now: string,
): Statement {
  return sql`/* auth.insertClientState */
    insert into auth.oauth_client_states (id, provider_type, code_verifier, created_at)
    values (${id}, ${providerType}, ${verifier}, ${now})`
}

export interface ClientStateRow {
  readonly provider_type: string
  readonly code_verifier: string | null
  readonly created_ms: number
}

export function takeClientState(id: string): Statement {
  return sql`/* auth.takeClientState */
    delete from auth.oauth_client_states where id = ${id}
    returning provider_type, code_verifier, extract(epoch from created_at)::float8 * 1000 as created_ms`
}

export function deleteOldClientStates(now: string): Statement {
  return sql`/* auth.deleteOldClientStates */
    delete from auth.oauth_client_states where id in (
      select id from auth.oauth_client_states where created_at < ${now}::timestamptz - interval '24 hours'
      order by created_at limit 20 for update skip locked
    )`
}
