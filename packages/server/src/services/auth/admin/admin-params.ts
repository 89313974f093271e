/** What administrators send about an account, checked. */
import { authErrors, parseEmail, parsePhone, readParams } from '#services/auth/core'
import type { AuthContext, Params } from '#services/auth/core'
import { isImportableHash } from '#services/auth/password'

const shape = {
  id: 'text',
  aud: 'text',
  role: 'text',
  email: 'text',
  phone: 'text',
  password: 'optional text',
  password_hash: 'text',
  email_confirm: 'boolean',
  phone_confirm: 'boolean',
  user_metadata: 'object',
  app_metadata: 'object',
  ban_duration: 'text',
} as const

export interface AccountParams extends Omit<Params<typeof shape>, 'email' | 'phone'> {
  /** Null when it is not given. */
  readonly email: string | null
  readonly phone: string | null
  /** A moment, null to lift the ban, undefined when nothing is said. */
  readonly bannedUntil: string | null | undefined
}

/** @throws PlatformError 400 */
export async function readAccountParams(context: AuthContext): Promise<AccountParams> {
  const params = await readParams(context.request, shape)
  if (params.password_hash !== '') {
    if ((params.password ?? '') !== '') {
      throw authErrors.invalid({
        message: 'Only a password or a password hash should be provided',
      })
    }
    if (!isImportableHash(params.password_hash)) {
      throw authErrors.invalid({
        message: 'Password hash must be one of bcrypt, Argon2 or Firebase scrypt',
      })
    }
  }
  return {
    ...params,
    email: params.email === '' ? null : parseEmail(params.email),
    phone: params.phone === '' ? null : parsePhone(params.phone),
    bannedUntil: readBan(params.ban_duration, context.nowMs),
  }
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Go's durations: `2h45m`, `1.5h`; `none` lifts the ban. */
function readBan(duration: string, nowMs: number): string | null | undefined {
  if (duration === '') return undefined
  if (duration === 'none') return null
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)]
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === duration
  const ms = parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0),
    0,
  )
  // a ban of 10,000 years is no moment Postgres or JavaScript know
  if (!isWhole || ms > 1e13) {
    throw authErrors.invalid({ message: `invalid format for ban duration: ${duration}` })
  }
  return new Date(nowMs + ms).toISOString()
}
