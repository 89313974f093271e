/** What a sign-in leaves on the account itself. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export function setLastSignIn(userId: string, now: string): Statement {
  return sql`/* auth.setLastSignIn */
    update auth.users set last_sign_in_at = ${now}, updated_at = ${now} where id = ${userId}`
}

/** The same password in another form: nothing else changes. */
export function replacePasswordHash(userId: string, from: string, to: string): Statement {
  return sql`/* auth.replacePasswordHash */
    update auth.users set encrypted_password = ${to}
    where id = ${userId} and encrypted_password = ${from}`
}
