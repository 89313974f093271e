/** Tokens on their way to a user: a new one replaces the one before, and the account's own columns mirror it. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export type OneTimeTokenType =
  | 'confirmation_token'
  | 'recovery_token'
  | 'reauthentication_token'
  | 'phone_change_token'
  | 'email_change_token_new'
  | 'email_change_token_current'

export interface OneTimeToken {
  readonly id: string
  readonly userId: string
  readonly type: OneTimeTokenType
  readonly hash: string
  /** The address it was sent to. */
  readonly relatesTo: string
}

export function upsertOneTimeToken(token: OneTimeToken, now: string): Statement {
  return sql`/* auth.upsertOneTimeToken */
    insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
    values (${token.id}, ${token.userId}, ${token.type}, ${token.hash}, ${token.relatesTo}, ${now}, ${now})
    on conflict (user_id, token_type) do update
    set id = excluded.id, token_hash = excluded.token_hash, relates_to = excluded.relates_to,
      created_at = excluded.created_at, updated_at = excluded.updated_at`
}

export function setConfirmationToken(userId: string, hash: string, now: string): Statement {
  return sql`/* auth.setConfirmationToken */
    update auth.users
    set confirmation_token = ${hash}, confirmation_sent_at = ${now}, updated_at = ${now}
    where id = ${userId}`
}

/** The same for who did not ask for an account. */
export function setInvited(userId: string, hash: string, now: string): Statement {
  return sql`/* auth.setInvited */
    update auth.users
    set confirmation_token = ${hash}, confirmation_sent_at = ${now}, invited_at = ${now}, updated_at = ${now}
    where id = ${userId}`
}

export function setRecoveryToken(userId: string, hash: string, now: string): Statement {
  return sql`/* auth.setRecoveryToken */
    update auth.users
    set recovery_token = ${hash}, recovery_sent_at = ${now}, updated_at = ${now}
    where id = ${userId}`
}

export function setReauthenticationToken(userId: string, hash: string, now: string): Statement {
  return sql`/* auth.setReauthenticationToken */
    update auth.users
    set reauthentication_token = ${hash}, reauthentication_sent_at = ${now}, updated_at = ${now}
    where id = ${userId}`
}

export function setPhoneChange(
  userId: string,
  phone: string,
  hash: string,
  now: string,
): Statement {
  return sql`/* auth.setPhoneChange */
    update auth.users
    set phone_change = ${phone}, phone_change_token = ${hash}, phone_change_sent_at = ${now}, updated_at = ${now}
    where id = ${userId}`
}

/** `currentHash` is empty when only the new address has to confirm. */
export function setEmailChange(
  userId: string,
  email: string,
  hashes: { readonly current: string; readonly new: string },
  now: string,
): Statement {
  return sql`/* auth.setEmailChange */
    update auth.users
    set email_change = ${email}, email_change_token_new = ${hashes.new},
      email_change_token_current = ${hashes.current}, email_change_confirm_status = 0,
      email_change_sent_at = ${now}, updated_at = ${now}
    where id = ${userId}`
}
