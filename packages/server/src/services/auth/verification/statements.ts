/** What a code or a link that was answered changes of an account. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'
import type { OneTimeTokenType } from '#services/auth/sql'

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

/** `user_metadata.email` stays as it was, as with GoTrue: it is what was given at sign-up. */
export function applyEmailChange(userId: string, now: string): Statement {
  return sql`/* auth.applyEmailChange */
    update auth.users
    set email = email_change, email_change = '', email_change_confirm_status = 0, is_anonymous = false,
      email_confirmed_at = coalesce(email_confirmed_at, ${now}), updated_at = ${now},
      raw_user_meta_data = case when email_confirmed_at is null
        then coalesce(raw_user_meta_data, '{}') || '{"email_verified": true}' else raw_user_meta_data end
    where id = ${userId}`
}

/** An anonymous user becomes a permanent one by an email that needs no confirmation. */
export function adoptEmail(userId: string, email: string, now: string): Statement {
  return sql`/* auth.adoptEmail */
    update auth.users
    set email = ${email}, email_confirmed_at = ${now}, is_anonymous = false, updated_at = ${now},
      email_change = '', email_change_token_current = '', email_change_token_new = '',
      email_change_confirm_status = 0,
      raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || '{"email_verified": true}'
    where id = ${userId}`
}

/** A phone number that needs no confirmation. */
export function adoptPhone(userId: string, phone: string, now: string): Statement {
  return sql`/* auth.adoptPhone */
    update auth.users
    set phone = ${phone}, phone_confirmed_at = ${now}, is_anonymous = false, updated_at = ${now},
      phone_change = '', phone_change_token = ''
    where id = ${userId}`
}
