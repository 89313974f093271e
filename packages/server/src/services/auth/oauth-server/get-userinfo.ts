/** GET /oauth/userinfo: what the scopes of the session let its client see (OpenID Connect Core 5.3). */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { isConfirmed, isPhoneConfirmed, requireUser } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { requireEnabled } from './require-enabled.ts'
import { parseScopes } from './scopes.ts'
import { profileOf } from './user-claims.ts'

export async function getUserinfo(context: AuthContext): Promise<HttpResponse> {
  requireEnabled(context)
  const { user, session } = await requireUser(context)
  const scopes = parseScopes(session?.session_scopes ?? '')
  const email = {
    ...(user.email ? { email: user.email } : {}),
    ...(isConfirmed(user) ? { email_verified: true } : {}),
  }
  const phone = {
    ...(user.phone ? { phone: user.phone } : {}),
    ...(isPhoneConfirmed(user) ? { phone_verified: true } : {}),
  }
  const body = {
    sub: user.id,
    ...(scopes.includes('email') ? email : {}),
    ...(scopes.includes('profile')
      ? { ...profileOf(user), user_metadata: user.raw_user_meta_data ?? {} }
      : {}),
    ...(scopes.includes('phone') ? phone : {}),
  }
  return jsonResponse(200, body, { 'cache-control': 'no-store' })
}
