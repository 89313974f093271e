/** Users by what identifies them. Accounts of single sign-on are never found by email or phone. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'
import { noInstance, userColumns } from './user-row.ts'

export function findUserById(id: string): Statement {
  return sql`/* auth.findUserById */
    select ${userColumns} from auth.users as users
    where users.instance_id = ${noInstance} and users.id = ${id}`
}

export function findUserByEmail(email: string, audience: string): Statement {
  return sql`/* auth.findUserByEmail */
    select ${userColumns} from auth.users as users
    where users.instance_id = ${noInstance} and lower(users.email) = ${email.toLowerCase()}
      and users.aud = ${audience} and users.is_sso_user = false`
}

export function findUserByPhone(phone: string, audience: string): Statement {
  return sql`/* auth.findUserByPhone */
    select ${userColumns} from auth.users as users
    where users.instance_id = ${noInstance} and users.phone = ${phone}
      and users.aud = ${audience} and users.is_sso_user = false`
}

/** Who an email already belongs to: by an identity first (whoever signed in with it), then by the account's own address. */
export function findUserOfEmail(
  email: string,
  audience: string,
  exceptUserId: string | null,
): Statement {
  return sql`/* auth.findUserOfEmail */
    select ${userColumns}
    from auth.users as users
    where users.instance_id = ${noInstance} and users.aud = ${audience}
      and users.id is distinct from ${exceptUserId}::uuid
      and users.id in (
        select identity.user_id from auth.identities as identity
        where identity.email = ${email.toLowerCase()} and identity.provider not like 'sso:%'
        union
        select named.id from auth.users as named
        where named.instance_id = ${noInstance} and lower(named.email) = ${email.toLowerCase()}
          and named.is_sso_user = false
      )
    order by (lower(users.email) = ${email.toLowerCase()}), users.created_at
    limit 1`
}
