/** Changes of an account, one statement each. */
import type { JsonObject } from '#base/kernel'
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'

/** Confirms the email or the phone; what was pending to confirm it is void. */
export function confirmUser(userId: string, contact: 'email' | 'phone', now: string): Statement {
  return contact === 'email'
    ? sql`/* auth.confirmEmail */
        update auth.users
        set email_confirmed_at = ${now}, confirmation_token = '', updated_at = ${now},
          raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || '{"email_verified": true}'
        where id = ${userId}`
    : sql`/* auth.confirmPhone */
        update auth.users
        set phone_confirmed_at = ${now}, confirmation_token = '', is_anonymous = false, updated_at = ${now}
        where id = ${userId}`
}

export function deleteOneTimeTokens(userId: string): Statement {
  return sql`/* auth.deleteOneTimeTokens */
    delete from auth.one_time_tokens where user_id = ${userId}`
}

/** Members of the patch that are null are removed, the others set; deeper levels are replaced whole. */
export function mergeUserMetadata(userId: string, patch: JsonObject, now: string): Statement {
  const { set, removed } = splitPatch(patch)
  return sql`/* auth.mergeUserMetadata */
    update auth.users
    set raw_user_meta_data = (coalesce(raw_user_meta_data, '{}') || ${set}::jsonb) - ${removed}::text[],
      updated_at = ${now}
    where id = ${userId}`
}

function splitPatch(patch: JsonObject): { set: string; removed: string } {
  const members = Object.entries(patch)
  return {
    set: JSON.stringify(Object.fromEntries(members.filter(([, value]) => value !== null))),
    removed: arrayLiteral(members.filter(([, value]) => value === null).map(([name]) => name)),
  }
}

/** `app_metadata.provider` and `.providers` say what the identities say. */
export function refreshProviders(userId: string, now: string): Statement {
  return sql`/* auth.refreshProviders */
    update auth.users
    set raw_app_meta_data = coalesce(raw_app_meta_data, '{}') || jsonb_build_object(
        'provider', found.providers -> 0, 'providers', found.providers),
      updated_at = ${now}
    from (
      select jsonb_agg(identity.provider order by identity.created_at, identity.id) as providers
      from auth.identities as identity where identity.user_id = ${userId}
    ) as found
    where id = ${userId} and found.providers is not null`
}

/** A new password voids every token that was on its way to the user. */
export function setPassword(userId: string, passwordHash: string, now: string): Statement {
  return sql`/* auth.setPassword */
    update auth.users
    set encrypted_password = ${passwordHash}, updated_at = ${now},
      confirmation_token = '', confirmation_sent_at = null,
      recovery_token = '', recovery_sent_at = null,
      email_change_token_current = '', email_change_token_new = '', email_change_sent_at = null,
      phone_change_token = '', phone_change_sent_at = null,
      reauthentication_token = '', reauthentication_sent_at = null
    where id = ${userId}`
}

export function clearPhone(userId: string, now: string): Statement {
  return sql`/* auth.clearPhone */
    update auth.users set phone = null, phone_confirmed_at = null, updated_at = ${now} where id = ${userId}`
}

/** The address of another identity takes the account's place. */
export function setEmail(userId: string, email: string | null, now: string): Statement {
  return sql`/* auth.setEmail */
    update auth.users set email = ${email}, updated_at = ${now} where id = ${userId}`
}
