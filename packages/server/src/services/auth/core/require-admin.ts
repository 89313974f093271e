/** Who may administer users: the roles of the service key. */
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import { findSession } from '#services/auth/sql'
import type { Actor } from './audit.ts'
import { adminRoles } from './auth-context.ts'
import type { AuthContext } from './auth-context.ts'
import { readAll } from './auth-database.ts'
import { authErrors } from './errors.ts'
import { isUuid, nilUuid, requireToken } from './signed-in-user.ts'

/** Who administers, in the audit log: nobody in particular, by their role (as with GoTrue). */
export function administrator(context: AuthContext): Actor {
  const { role } = requireToken(context)
  const email = typeof role === 'string' ? role : null
  return { id: nilUuid, email, phone: null, is_sso_user: false, raw_user_meta_data: null }
}

/** @throws PlatformError 401 without a token, 403 for one of another role or of a session that is over */
export async function requireAdmin(context: AuthContext): Promise<void> {
  const claims = requireToken(context)
  if (!adminRoles.includes(claims['role'])) throw authErrors.notAdmin()
  const sessionId = claims['session_id']
  if (typeof sessionId !== 'string' || !isUuid(sessionId)) return
  const [sessions] = await readAll(context, findSession(sessionId))
  if (decodeRows(sessions as Result).length === 0) throw authErrors.adminSessionOver()
}
