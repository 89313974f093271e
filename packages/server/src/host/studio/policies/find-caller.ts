/** As whom a policy is tried. */
import type { Transaction } from '#base/db'
import { sql } from '#base/sql'
import { policiesErrors } from './errors.ts'
import type { Caller, PolicyQuestion } from './question.ts'

interface UserRow {
  readonly id: string
  readonly role: string | null
  readonly email: string | null
  readonly phone: string | null
  readonly app_metadata: unknown
  readonly user_metadata: unknown
  readonly is_anonymous: boolean
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** @throws studio_user_not_found */
export async function findCaller(
  transaction: Transaction,
  { user, role, claims }: PolicyQuestion,
): Promise<Caller> {
  const given = claims ?? {}
  if (user === undefined) {
    const own = role ?? (typeof given['role'] === 'string' ? given['role'] : 'anon')
    return { role: own, claims: { role: own, ...given } }
  }
  if (!uuid.test(user)) throw policiesErrors.studio_user_not_found({ id: user })
  const [found] = await transaction.rows<UserRow>(sql`/* studio.findUser */
    select id, role, email, phone, raw_app_meta_data as app_metadata, raw_user_meta_data as user_metadata,
      is_anonymous from auth.users where id = ${user}::uuid and deleted_at is null`)
  if (found === undefined) throw policiesErrors.studio_user_not_found({ id: user })
  const own = role ?? (found.role === null || found.role === '' ? 'authenticated' : found.role)
  return { role: own, claims: { ...claimsOf(found), role: own, ...given } }
}

function claimsOf({ id, email, phone, ...user }: UserRow): Record<string, unknown> {
  return {
    sub: id,
    aud: 'authenticated',
    email: email ?? '',
    phone: phone ?? '',
    app_metadata: user.app_metadata ?? {},
    user_metadata: user.user_metadata ?? {},
    aal: 'aal1',
    is_anonymous: user.is_anonymous,
  }
}
