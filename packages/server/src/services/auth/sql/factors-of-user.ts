/** All second factors and passkeys of a user, taken away at once. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export function deleteFactorsOfUser(userId: string): Statement {
  return sql`/* auth.deleteFactorsOfUser */ delete from auth.mfa_factors where user_id = ${userId}`
}

export function deletePasskeysOfUser(userId: string): Statement {
  return sql`/* auth.deletePasskeysOfUser */ delete from auth.webauthn_credentials where user_id = ${userId}`
}
