/** GET /user: the account of the token. */
import { jsonResponse } from '#http'
import type { HttpResponse } from '#http'
import { authErrors, firstAudience, renderUser, requireUser } from '#auth/domain'
import type { AuthContext } from '#auth/domain'

export async function getUser(context: AuthContext): Promise<HttpResponse> {
  const { user, claims } = await requireUser(context)
  if (firstAudience(claims['aud']) !== context.audience) throw authErrors.audienceMismatch()
  return jsonResponse(200, renderUser(user))
}
