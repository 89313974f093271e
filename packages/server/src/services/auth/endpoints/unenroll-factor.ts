/** DELETE /factors/{id}: the second factor is no more, and what it raised falls back. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import { audit, authErrors, notify, requireUser, write } from '#services/auth/domain'
import type { AuthContext } from '#services/auth/domain'
import { deleteFactor, lowerSessionsOfFactor } from '#services/auth/sql'
import { findOwnFactor } from './find-factor.ts'

export async function unenrollFactor(context: AuthContext): Promise<HttpResponse> {
  const { user, session } = await requireUser(context)
  const factor = await findOwnFactor(context, user)
  if (factor.status === 'verified' && session?.session_aal !== 'aal2') {
    throw authErrors.unenrolNeedsAal2()
  }
  const traits: JsonObject = { factor_id: factor.id, factor_status: factor.status }
  await write(context, [
    lowerSessionsOfFactor(factor.id, context.now),
    deleteFactor(factor.id),
    audit(context, user, 'factor_unenrolled', traits),
  ])
  await notify(context, user, 'mfa_factor_unenrolled', { factorType: factor.factor_type })
  return jsonResponse(200, { id: factor.id })
}
