/** An account's own changes: an identity taken away, a proof used up. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export function deleteIdentity(id: string): Statement {
  return sql`/* auth.deleteIdentity */ delete from auth.identities where id = ${id}`
}

/** The one-time code that proved who asks is used up. */
export function endReauthentication(userId: string, now: string): Statement {
  return sql`/* auth.endReauthentication */
    update auth.users set reauthentication_token = '', updated_at = ${now} where id = ${userId}`
}
