/** GET /user: the account of the token. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { firstAudience, renderUser, requireUser } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { accountErrors } from './errors.ts'

export async function getUser(context: AuthContext): Promise<HttpResponse> {
  const { user, claims } = await requireUser(context)
  if (firstAudience(claims['aud']) !== context.audience) throw accountErrors.audienceMismatch()
  return jsonResponse(200, renderUser(user))
}
