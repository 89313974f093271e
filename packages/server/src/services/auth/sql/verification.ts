/** One-time tokens answered, and the PKCE flows that go on from them. */
import { arrayLiteral, sql, verbatim } from '#base/sql'
import type { Statement } from '#base/sql'
import type { OneTimeTokenType } from './one-time-tokens.ts'
import { noInstance, userColumns } from './user-row.ts'
import type { UserRow } from './user-row.ts'

/** A pending token with its user. */
export interface TokenRow extends UserRow {
  readonly token_type: OneTimeTokenType
  readonly token_created_ms: number
  /** The address it was sent to. */
  readonly token_relates_to: string
}

const tokenColumns =
  verbatim(`token.token_type::text as token_type, token.relates_to as token_relates_to,
      extract(epoch from token.created_at)::float8 * 1000 as token_created_ms`)

export function findToken(
  hashes: readonly string[],
  types: readonly OneTimeTokenType[],
): Statement {
  return sql`/* auth.findToken */
    select ${tokenColumns}, ${userColumns}
    from auth.one_time_tokens as token join auth.users as users on users.id = token.user_id
    where token.token_hash = any (${arrayLiteral([...hashes])}::text[])
      and token.token_type::text = any (${arrayLiteral([...types])}::text[])
      and users.instance_id = ${noInstance} and users.is_sso_user = false
    limit 1`
}

/** What waits for an answer from a phone, whatever the answer is: for codes only the provider knows. */
export function findTokenOfPhone(phone: string, type: OneTimeTokenType): Statement {
  return sql`/* auth.findTokenOfPhone */
    select ${tokenColumns}, ${userColumns}
    from auth.one_time_tokens as token join auth.users as users on users.id = token.user_id
    where token.relates_to = ${phone} and token.token_type::text = ${type}
      and users.instance_id = ${noInstance} and users.is_sso_user = false
    limit 1`
}

/** The number that was waited for; the account is somebody's from now on. */
export function applyPhoneChange(userId: string, now: string): Statement {
  return sql`/* auth.applyPhoneChange */
    update auth.users
    set phone = phone_change, phone_change = '', phone_change_token = '', phone_confirmed_at = ${now},
      is_anonymous = false, updated_at = ${now}
    where id = ${userId}`
}

/**
 * Takes the token away; the row that comes back is the right to go on. Of two answers at the same instant one finds it gone.
 */
export function takeToken(userId: string, type: OneTimeTokenType): Statement {
  return sql`/* auth.takeToken */
    delete from auth.one_time_tokens where user_id = ${userId} and token_type::text = ${type} returning id`
}

/** The copies in the account's own columns. */
export function clearTokenColumns(userId: string, now: string): Statement {
  return sql`/* auth.clearTokenColumns */
    update auth.users
    set confirmation_token = '', recovery_token = '', email_change_token_current = '', email_change_token_new = '',
      phone_change_token = '', reauthentication_token = '', updated_at = ${now}
    where id = ${userId}`
}

/** One of two addresses has agreed; no row comes back when the other one had. */
export function agreeToEmailChange(
  userId: string,
  type: 'email_change_token_current' | 'email_change_token_new',
  now: string,
): Statement {
  return sql`/* auth.agreeToEmailChange */
    update auth.users
    set email_change_confirm_status = 1, updated_at = ${now},
      email_change_token_current = case when ${type} = 'email_change_token_current' then '' else email_change_token_current end,
      email_change_token_new = case when ${type} = 'email_change_token_new' then '' else email_change_token_new end
    where id = ${userId} and email_change_confirm_status = 0 returning id`
}

export function applyEmailChange(userId: string, now: string): Statement {
  return sql`/* auth.applyEmailChange */
    update auth.users
    set email = email_change, email_change = '', email_change_confirm_status = 0, is_anonymous = false,
      email_confirmed_at = coalesce(email_confirmed_at, ${now}), updated_at = ${now},
      raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || jsonb_build_object('email', email_change, 'email_verified', true)
    where id = ${userId}`
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
