/** What administrators do with accounts: list them, change what users may not, obfuscate and delete. */
import type { JsonObject } from '#base/kernel'
import { arrayLiteral, fragment, sql, verbatim } from '#base/sql'
import type { Fragment, Statement } from '#base/sql'
import { noInstance, userColumns } from '#services/auth/sql'

export interface UserPage {
  readonly audience: string
  /** Part of an email, a full name or a phone, or an id; '' for all. */
  readonly filter: string
  readonly direction: 'asc' | 'desc'
  readonly limit: number
  readonly offset: number
}

export function listUsers({ audience, filter, direction, limit, offset }: UserPage): Statement {
  return sql`/* auth.listUsers */
    select ${userColumns} from auth.users as users
    where users.instance_id = ${noInstance} and users.aud = ${audience} and ${matching(filter)}
    order by users.created_at ${verbatim(direction)}, users.id limit ${limit} offset ${offset}`
}

export function countUsers({ audience, filter }: UserPage): Statement {
  return sql`/* auth.countUsers */
    select count(*)::int as total from auth.users as users
    where users.instance_id = ${noInstance} and users.aud = ${audience} and ${matching(filter)}`
}

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function matching(filter: string): Fragment {
  const id = uuidPattern.test(filter) ? filter : null
  const pattern = `%${filter.replace(/[\\%_]/g, String.raw`\$&`)}%`
  return fragment`(${filter} = '' or users.email like ${pattern.toLowerCase()}
    or users.phone like ${pattern} or users.id = ${id}::uuid
    or users.raw_user_meta_data ->> 'full_name' ilike ${pattern})`
}

export interface AccountChange {
  readonly role: string | null
  readonly email: string | null
  readonly phone: string | null
  readonly confirmsEmail: boolean
  readonly confirmsPhone: boolean
  /** A moment, null to lift a ban, undefined to leave it. */
  readonly bannedUntil: string | null | undefined
}

/** What is null stays as it is. */
export function changeAccount(userId: string, change: AccountChange, now: string): Statement {
  const { role, email, phone, bannedUntil } = change
  return sql`/* auth.changeAccount */
    update auth.users
    set role = coalesce(${role}, role), email = coalesce(${email}, email), phone = coalesce(${phone}, phone),
      email_confirmed_at = case when ${change.confirmsEmail} then ${now} else email_confirmed_at end,
      phone_confirmed_at = case when ${change.confirmsPhone} then ${now} else phone_confirmed_at end,
      confirmation_token = case when ${change.confirmsEmail || change.confirmsPhone} then '' else confirmation_token end,
      is_anonymous = is_anonymous and not (${email !== null && change.confirmsEmail} or ${phone !== null && change.confirmsPhone}),
      banned_until = case when ${bannedUntil !== undefined} then ${bannedUntil ?? null}::timestamptz else banned_until end,
      updated_at = ${now}
    where id = ${userId}`
}

export function mergeAppMetadata(userId: string, patch: JsonObject, now: string): Statement {
  const members = Object.entries(patch)
  const given = Object.fromEntries(members.filter(([, value]) => value !== null))
  const removed = members.filter(([, value]) => value === null).map(([name]) => name)
  return sql`/* auth.mergeAppMetadata */
    update auth.users
    set raw_app_meta_data = (coalesce(raw_app_meta_data, '{}') || ${JSON.stringify(given)}::jsonb) - ${arrayLiteral(removed)}::text[],
      updated_at = ${now}
    where id = ${userId}`
}

export function deleteUser(id: string): Statement {
  return sql`/* auth.deleteUser */ delete from auth.users where id = ${id}`
}

/** The row stays for what refers to it; nothing in it tells who it was. */
export function obfuscateUser(
  id: string,
  hidden: { readonly email: string | null; readonly phone: string | null },
  now: string,
): Statement {
  return sql`/* auth.obfuscateUser */
    update auth.users
    set email = ${hidden.email}, phone = ${hidden.phone}, encrypted_password = '', email_change = '', phone_change = '',
      raw_user_meta_data = '{}', raw_app_meta_data = '{}', confirmation_token = '', recovery_token = '',
      email_change_token_current = '', email_change_token_new = '', phone_change_token = '',
      reauthentication_token = '', deleted_at = ${now}, updated_at = ${now}
    where id = ${id}`
}

export function obfuscateIdentities(userId: string, now: string): Statement {
  return sql`/* auth.obfuscateIdentities */
    update auth.identities
    set provider_id = rtrim(translate(encode(sha256(convert_to(user_id::text || provider_id, 'UTF8')), 'base64'), '+/', '-_'), '='),
      identity_data = '{}', updated_at = ${now}
    where user_id = ${userId}`
}

export interface AuditPage {
  /** What the value is compared with; null for all entries. */
  readonly scope: 'author' | 'action' | 'type' | null
  readonly value: string
  readonly limit: number
  readonly offset: number
}

export interface AuditRow {
  readonly id: string
  readonly payload: JsonObject
  readonly created_at: string
  readonly ip_address: string
}

export function listAuditEntries({ scope, value, limit, offset }: AuditPage): Statement {
  return sql`/* auth.listAuditEntries */
    select id, payload, created_at, ip_address from auth.audit_log_entries as entry
    where ${auditMatching(scope, value)} order by created_at desc, id limit ${limit} offset ${offset}`
}

export function countAuditEntries({ scope, value }: AuditPage): Statement {
  return sql`/* auth.countAuditEntries */
    select count(*)::int as total from auth.audit_log_entries as entry where ${auditMatching(scope, value)}`
}

function auditMatching(scope: AuditPage['scope'], value: string): Fragment {
  if (scope === 'action') return fragment`entry.payload ->> 'action' = ${value}`
  if (scope === 'type') return fragment`entry.payload ->> 'log_type' = ${value}`
  if (scope === null) return fragment`true`
  return fragment`(entry.payload ->> 'actor_username' ilike ${`%${value}%`} or entry.payload ->> 'actor_name' ilike ${`%${value}%`})`
}
