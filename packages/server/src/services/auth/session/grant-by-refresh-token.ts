/** POST /token?grant_type=refresh_token */
import type { HttpResponse } from '#base/http'
import { authErrors, readParams } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { refreshSession } from './refresh-session.ts'
import { sessionResponse } from './session-grant.ts'

const tokenFormat = /^[a-z0-9]{12}$/

export async function grantByRefreshToken(context: AuthContext): Promise<HttpResponse> {
  const { refresh_token: token } = await readParams(context.request, { refresh_token: 'text' })
  if (!tokenFormat.test(token)) throw authErrors.invalid({ message: 'Refresh token is not valid' })
  const { row, session } = await refreshSession(context, token, null)
  const headers = { 'sb-auth-refresh-token-reuse': String(row.token_revoked) }
  return sessionResponse(context, row, session, { headers })
}
