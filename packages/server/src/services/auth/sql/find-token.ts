/** One-time tokens that wait for an answer, with their user. */
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
