/** PKCE flows: begun by a mail or at a provider, ended by whoever brings the verifier. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface NewFlowState {
  readonly id: string
  readonly userId: string
  readonly authCode: string
  readonly challenge: string
  readonly method: 's256' | 'plain'
  /** `email`, `email_change`. */
  readonly providerType: string
  /** The amr method the flow will end in: `email/signup`. */
  readonly authenticationMethod: string
}

export function insertFlowState(flow: NewFlowState, now: string): Statement {
  return sql`/* auth.insertFlowState */
    insert into auth.flow_state (
      id, user_id, auth_code, code_challenge, code_challenge_method, provider_type, authentication_method,
      provider_access_token, provider_refresh_token, created_at, updated_at
    ) values (
      ${flow.id}, ${flow.userId}, ${flow.authCode}, ${flow.challenge}, ${flow.method}, ${flow.providerType},
      ${flow.authenticationMethod}, '', '', ${now}, ${now}
    )`
}

export interface FlowRow {
  readonly id: string
  readonly user_id: string | null
  readonly auth_code: string
  readonly code_challenge: string
  readonly code_challenge_method: 's256' | 'plain'
  readonly authentication_method: string
  readonly provider_type: string
  readonly provider_access_token: string | null
  readonly provider_refresh_token: string | null
  readonly issued_ms: number | null
  readonly created_ms: number
}

/** Gives out the code of the user's latest flow of this kind. */
export function issueFlowCode(userId: string, method: string, now: string): Statement {
  return sql`/* auth.issueFlowCode */
    update auth.flow_state set auth_code_issued_at = ${now}, updated_at = ${now}
    where id = (
      select id from auth.flow_state where user_id = ${userId} and authentication_method = ${method}
      order by created_at desc limit 1
    ) returning auth_code`
}

export function findFlow(authCode: string): Statement {
  return sql`/* auth.findFlow */
    select id, user_id, auth_code, code_challenge, code_challenge_method::text as code_challenge_method,
      authentication_method, provider_type, provider_access_token, provider_refresh_token,
      extract(epoch from auth_code_issued_at)::float8 * 1000 as issued_ms,
      extract(epoch from created_at)::float8 * 1000 as created_ms
    from auth.flow_state where auth_code = ${authCode}`
}

/** The code is good for once: of two exchanges one finds nothing to delete. */
export function takeFlow(id: string): Statement {
  return sql`/* auth.takeFlow */ delete from auth.flow_state where id = ${id} returning id`
}

/** Flows nobody came back from: whoever begins one clears away a few of a day ago. */
export function deleteOldFlows(now: string): Statement {
  return sql`/* auth.deleteOldFlows */
    delete from auth.flow_state where id in (
      select id from auth.flow_state where created_at < ${now}::timestamptz - interval '24 hours'
      order by created_at limit 20 for update skip locked
    )`
}
