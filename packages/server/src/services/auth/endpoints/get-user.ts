/** GET /user: the account of the token. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { authErrors, firstAudience, renderUser, requireUser } from '#services/auth/domain'
import type { AuthContext } from '#services/auth/domain'

export async function getUser(context: AuthContext): Promise<HttpResponse> {
  const { user, claims } = await requireUser(context)
  if (firstAudience(claims['aud']) !== context.audience) throw authErrors.audienceMismatch()
  return jsonResponse(200, renderUser(user))
}
