/** GET /admin/users/{id}/factors and DELETE …/{factorId}: a user's second factors in an administrator's hands. */
import { jsonResponse } from '#http'
import type { HttpResponse } from '#http'
import { audit, authErrors, renderUser, write } from '#auth/domain'
import type { AuthContext } from '#auth/domain'
import { deleteFactor, lowerSessionsOfFactor } from '#auth/sql'
import { findUserForAdmin } from './admin-user.ts'

export async function adminListFactors(context: AuthContext): Promise<HttpResponse> {
  const user = renderUser(await findUserForAdmin(context))
  return jsonResponse(200, user['factors'] ?? [])
}

/** For who lost the app: sessions it raised fall back to the first level. */
export async function adminDeleteFactor(context: AuthContext): Promise<HttpResponse> {
  const user = await findUserForAdmin(context)
  const id = (context.pathParams['factorId'] ?? '').toLowerCase()
  const factor = user.factors.find((own) => own['id'] === id)
  if (factor === undefined) throw authErrors.factorNotFound()
  await write(context, [
    lowerSessionsOfFactor(id, context.now),
    deleteFactor(id),
    audit(context, user, 'factor_deleted', { user_id: user.id, factor_id: id }),
  ])
  const rendered = renderUser({ ...user, factors: [factor] })['factors']
  return jsonResponse(200, Array.isArray(rendered) ? rendered[0] : {})
}
