/** The user an administrator's path names. */
import { findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import type { AuthContext } from './auth-context.ts'
import { readRows } from './auth-database.ts'
import { authErrors } from './errors.ts'
import { requireAdmin } from './require-admin.ts'
import { isUuid } from './signed-in-user.ts'

/** The user of the path. @throws PlatformError 401, 403, 404 */
export async function findUserForAdmin(context: AuthContext): Promise<UserRow> {
  await requireAdmin(context)
  const id = context.pathParams['id'] ?? ''
  if (!isUuid(id)) throw authErrors.userIdNotUuid()
  const [user] = await readRows<UserRow>(context, findUserById(id))
  if (user === undefined) throw authErrors.userNotFound()
  return user
}
