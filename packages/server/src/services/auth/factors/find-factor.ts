/** The factor of the path, if it is the caller's own. */
import { isUuid, readRows } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import type { UserRow } from '#services/auth/sql'
import { factorErrors } from './errors.ts'
import { findFactor } from './factor-statements.ts'
import type { FactorRow } from './factor-statements.ts'

/** How long a challenge can be answered. */
export const challengeMs = 300_000

/** @throws PlatformError 404 */
export async function findOwnFactor(context: AuthContext, user: UserRow): Promise<FactorRow> {
  const id = context.pathParams['id'] ?? ''
  if (!isUuid(id)) throw factorErrors.factorNotFound()
  const [factor] = await readRows<FactorRow>(context, findFactor(id, user.id))
  if (factor === undefined) throw factorErrors.factorNotFound()
  return factor
}

/** @throws PlatformError 422 where the project does not let factors of its type verify */
export function refuseDisabled({ config }: AuthContext, factor: FactorRow): void {
  if (factor.factor_type === 'totp' && !config['auth.mfa.totp.verify_enabled']) {
    throw factorErrors.totpVerifyDisabled()
  }
  if (factor.factor_type === 'phone' && !config['auth.mfa.phone.verify_enabled']) {
    throw factorErrors.phoneVerifyDisabled()
  }
  if (factor.factor_type === 'webauthn' && !config['auth.mfa.web_authn.verify_enabled']) {
    throw factorErrors.webauthnVerifyDisabled()
  }
}
