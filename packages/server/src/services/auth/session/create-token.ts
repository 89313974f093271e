/** POST /token?grant_type=…: sign-in and refresh. */
import type { HttpResponse } from '#base/http'
import type { AuthContext } from '#services/auth/core'
import { requireCaptcha, takeAllowance } from '#services/auth/limits'
import { sessionErrors } from './errors.ts'

/** `grant_type` → what answers it. */
export type Grants = Readonly<Record<string, (context: AuthContext) => Promise<HttpResponse>>>

/** The others begin with something only a signed-in client or a provider gave. */
const captchaGrants = ['password', 'web3']

/** The endpoint; the grants are other rooms', the routes name them. */
export function createToken(grants: Grants): (context: AuthContext) => Promise<HttpResponse> {
  return async (context) => {
    const type = context.query.get('grant_type') ?? ''
    const grant = Object.hasOwn(grants, type) ? grants[type] : undefined
    if (grant === undefined) throw sessionErrors.unsupportedGrant()
    takeAllowance(context, type === 'web3' ? 'web3' : 'token')
    return grant(captchaGrants.includes(type) ? await requireCaptcha(context) : context)
  }
}
