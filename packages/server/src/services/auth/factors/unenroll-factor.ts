/** DELETE /factors/{id}: the second factor is no more, and what it raised falls back. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import { audit, requireUser, write } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { notify } from '#services/auth/messages'
import { factorErrors } from './errors.ts'
import { deleteFactor, lowerSessionsOfFactor } from './factor-statements.ts'
import { findOwnFactor } from './find-factor.ts'

export async function unenrollFactor(context: AuthContext): Promise<HttpResponse> {
  const { user, session } = await requireUser(context)
  const factor = await findOwnFactor(context, user)
  if (factor.status === 'verified' && session?.session_aal !== 'aal2') {
    throw factorErrors.unenrolNeedsAal2()
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
