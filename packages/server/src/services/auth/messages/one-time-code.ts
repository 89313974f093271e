/** Codes sent to users, and the hashes we keep of them. */
import { createHash } from 'node:crypto'
import type { Random } from '#base/kernel'
import { constantTimeEqual } from '#base/token'
import { rfc3339 } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { withRetryAfter } from '#services/auth/limits'
import type { UserRow } from '#services/auth/sql'
import { messageErrors } from './errors.ts'
import { asksProvider, smsCodeSeconds } from './sms-sender.ts'

/** Decimal digits, every value as likely as any other. */
export function newCode(random: Random, length: number): string {
  let code = ''
  while (code.length < length) {
    for (const byte of random.bytes(16)) {
      if (byte < 250 && code.length < length) code += String(byte % 10)
    }
  }
  return code
}

/** Hex SHA-224 of address and code: what is stored, and what links carry. */
export function hashCode(address: string, code: string): string {
  return createHash('sha224')
    .update(address + code)
    .digest('hex')
}

/** @throws PlatformError 429 when the last mail went out less than `intervalMs` ago. */
export function refuseTooSoon(sentAt: string | null, intervalMs: number, nowMs: number): void {
  if (sentAt !== null) refuseTooSoonMs(Date.parse(rfc3339(sentAt)), intervalMs, nowMs)
}

/** The same of a moment in milliseconds. */
export function refuseTooSoonMs(sentMs: number, intervalMs: number, nowMs: number): void {
  const leftMs = sentMs + intervalMs - nowMs
  if (leftMs <= 0) return
  throw withRetryAfter(messageErrors.emailTooSoon({ seconds: Math.floor(leftMs / 1000) }), leftMs)
}

/** True when the code is the one sent for reauthentication, and not too long ago. */
export async function mayUseNonce(
  context: AuthContext,
  user: UserRow,
  nonce: string,
): Promise<boolean> {
  const { config, nowMs, sms, project } = context
  const expected = user.reauthentication_token ?? ''
  const sentAt = user.reauthentication_sent_at
  if (expected === '' || sentAt === null) return false
  const byPhone = !user.email
  const seconds = byPhone ? smsCodeSeconds : config['auth.email.otp_expiry']
  if (nowMs >= Date.parse(rfc3339(sentAt)) + seconds * 1000) return false
  const address = user.email || user.phone || ''
  if (byPhone && asksProvider(config)) return sms.isRight(project, address, nonce)
  return constantTimeEqual(hashCode(address, nonce), expected)
}
