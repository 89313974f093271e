/** POST /token?grant_type=…: sign-in and refresh. */
import type { HttpResponse } from '#base/http'
import { authErrors, requireCaptcha, takeAllowance } from '#services/auth/domain'
import type { AuthContext } from '#services/auth/domain'
import { grantByIdToken } from './grant-by-id-token.ts'
import { grantByPassword } from './grant-by-password.ts'
import { grantByPkce } from './grant-by-pkce.ts'
import { grantByRefreshToken } from './grant-by-refresh-token.ts'
import { grantByWeb3 } from './grant-by-web3.ts'

const grants: Readonly<Record<string, (context: AuthContext) => Promise<HttpResponse>>> = {
  id_token: grantByIdToken,
  password: grantByPassword,
  pkce: grantByPkce,
  refresh_token: grantByRefreshToken,
  web3: grantByWeb3,
}

/** The others begin with something only a signed-in client or a provider gave. */
const captchaGrants = ['password', 'web3']

export async function createToken(context: AuthContext): Promise<HttpResponse> {
  const type = context.query.get('grant_type') ?? ''
  const grant = Object.hasOwn(grants, type) ? grants[type] : undefined
  if (grant === undefined) throw authErrors.unsupportedGrant()
  takeAllowance(context, type === 'web3' ? 'web3' : 'token')
  return grant(captchaGrants.includes(type) ? await requireCaptcha(context) : context)
}
