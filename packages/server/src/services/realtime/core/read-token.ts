/** From a token to who it names, or why not, in supabase/realtime's words. */
import type { JsonObject } from '#base/kernel'
import type { Project } from '#base/service'

export interface Member {
  readonly token: string
  readonly role: string
  readonly claims: JsonObject
  readonly claimsJson: string
  /** Seconds since the epoch. */
  readonly exp: number
}

export type TokenReading =
  | { readonly ok: true; readonly member: Member }
  /** `code` goes before the reason of a join. */
  | { readonly ok: false; readonly code: string; readonly message: string }

const malformed = {
  ok: false,
  code: 'MalformedJWT',
  message: 'The token provided is not a valid JWT',
} as const
const incomplete = {
  ok: false,
  code: 'InvalidJWTToken',
  message: 'Fields `role` and `exp` are required in JWT',
} as const

export function readToken({ verifier, clock }: Project, token: string): TokenReading {
  const verification = verifier.verify(token)
  if (verification.ok) {
    const { claims, claimsJson } = verification
    const { role, exp } = claims
    if (typeof role !== 'string' || role === '' || typeof exp !== 'number') return incomplete
    return { ok: true, member: { token, role, claims, claimsJson, exp } }
  }
  switch (verification.failure) {
    case 'expired':
      return { ok: false, code: 'InvalidJWTToken', message: expiredMessage(token, clock.now()) }
    case 'signature':
    case 'key':
    case 'algorithm':
      return {
        ok: false,
        code: 'JwtSignatureError',
        message: 'Failed to validate JWT signature',
      }
    case 'claims':
      return incomplete
    case 'malformed':
      return malformed
    default:
      return { ok: false, code: 'InvalidJWTToken', message: verification.message }
  }
}

/** The signature held, so the claims can be believed. */
function expiredMessage(token: string, nowMs: number): string {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
    const { exp } = JSON.parse(payload) as { exp?: unknown }
    if (typeof exp === 'number')
      return `Token has expired ${Math.round(nowMs / 1000 - exp)} seconds ago`
  } catch {
    // said without the number
  }
  return 'Token has expired'
}
