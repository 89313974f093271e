/** The hooks that are told of passwords and codes tried, and may refuse further ones. */
import type { JsonObject } from '#base/kernel'
import { write } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { deleteSessionsOfUser } from '#services/auth/sql'
import { hookErrors } from './errors.ts'
import { findHook } from './hook-target.ts'
import { runHook } from './run-hook.ts'

export interface FactorAttempt {
  readonly userId: string
  readonly factorId: string
  readonly factorType: string
  readonly valid: boolean
}

/** A refusal signs the user out everywhere. @throws PlatformError 403 */
export async function reportFactorAttempt(
  context: AuthContext,
  { userId, factorId, factorType, valid }: FactorAttempt,
): Promise<void> {
  const target = findHook(context.config, 'mfa_verification_attempt')
  if (target === null) return
  const input = { user_id: userId, factor_id: factorId, factor_type: factorType, valid }
  const output = await runHook(context, 'mfa_verification_attempt', target, input)
  if (!isRejection(output)) return
  await write(context, [deleteSessionsOfUser(userId)])
  const message = textOf(output, 'message') || 'Further MFA verification attempts will be rejected.'
  throw hookErrors.mfaRejected({ message })
}

/** @throws PlatformError 400 */
export async function reportPasswordAttempt(
  context: AuthContext,
  userId: string,
  valid: boolean,
): Promise<void> {
  const target = findHook(context.config, 'password_verification_attempt')
  if (target === null) return
  const input = { user_id: userId, valid }
  const output = await runHook(context, 'password_verification_attempt', target, input)
  if (!isRejection(output)) return
  if (output?.['should_logout_user'] === true) await write(context, [deleteSessionsOfUser(userId)])
  const message =
    textOf(output, 'message') || 'Further password verification attempts will be rejected.'
  throw hookErrors.passwordRejected({ message })
}

function isRejection(output: JsonObject | null): boolean {
  return output?.['decision'] === 'reject'
}

function textOf(output: JsonObject | null, name: string): string {
  const value = output?.[name]
  return typeof value === 'string' ? value : ''
}
