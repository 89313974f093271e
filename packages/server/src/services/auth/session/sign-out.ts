/** POST /logout?scope=global|local|others: 204. An OAuth client ends its own session and no other. */
import { emptyResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { Statement } from '#base/sql'
import { audit, authErrors, requireUser, write } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { deleteOtherSessions, deleteSession, deleteSessionsOfUser } from '#services/auth/sql'

const scopes = ['global', 'local', 'others']

export async function signOut(context: AuthContext): Promise<HttpResponse> {
  const { user, session } = await requireUser(context)
  const scope = context.query.get('scope') || 'global'
  if (!scopes.includes(scope)) {
    throw authErrors.invalid({ message: `Unsupported logout scope ${JSON.stringify(scope)}` })
  }
  if (scope !== 'local' && session?.session_client_id != null) throw authErrors.clientNotAdmitted()
  const end = endSessions(scope, user.id, session?.session_id ?? null)
  await write(context, [audit(context, user, 'logout'), end])
  return emptyResponse(204)
}

/** A token without a session ends all of the user's. */
function endSessions(scope: string, userId: string, sessionId: string | null): Statement {
  if (sessionId === null || scope === 'global') return deleteSessionsOfUser(userId)
  return scope === 'local' ? deleteSession(sessionId) : deleteOtherSessions(userId, sessionId)
}
