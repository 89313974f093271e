/** ID tokens (OpenID Connect Core 3.1.3.7): signature by the issuer's keys, issuer, times, audience, `at_hash`. */
import { createHash } from 'node:crypto'
import type { Clock, JsonObject } from '#base/kernel'
import { constantTimeEqual } from '#base/token'
import { ProviderFailure } from '#services/auth/outside'
import type { Issuer } from '#services/auth/outside'

export interface IdTokenRules {
  /** Spellings of the issuer that count. */
  readonly issuers: readonly string[]
  /** One of them must be in `aud`; null where the caller looks at it. */
  readonly audiences: readonly string[] | null
  /** Compared with `at_hash` where the token has one; '' for none. */
  readonly accessToken: string
  readonly clock: Clock
}

/** Its claims. @throws Error for any token that is not in order */
export async function verifyIdToken(
  token: string,
  issuer: Issuer,
  { issuers, audiences, accessToken, clock }: IdTokenRules,
): Promise<JsonObject> {
  const { jwtVerify } = await import('jose')
  const { payload, protectedHeader } = await jwtVerify(token, issuer.keys, {
    issuer: [...issuers],
    algorithms: [...issuer.algorithms],
    ...(audiences === null ? {} : { audience: [...audiences] }),
    requiredClaims: ['exp', 'aud'],
    currentDate: new Date(clock.now()),
    clockTolerance: 10,
  })
  const claims = payload as JsonObject
  checkAuthorizedParty(claims, audiences)
  checkAccessToken(claims, accessToken, protectedHeader.alg)
  return claims
}

/** A token for several parties says which of them asked for it. */
function checkAuthorizedParty(claims: JsonObject, audiences: readonly string[] | null): void {
  const { azp, aud } = claims
  if (audiences === null || !Array.isArray(aud) || aud.length < 2) return
  if (typeof azp === 'string' && !audiences.includes(azp)) {
    throw new ProviderFailure('the ID token was issued to somebody else')
  }
}

function checkAccessToken(claims: JsonObject, accessToken: string, algorithm: string): void {
  const expected = claims['at_hash']
  if (accessToken === '' || typeof expected !== 'string' || expected === '') return
  const size = /(256|384|512)$/.exec(algorithm)?.[1] ?? '512'
  const digest = createHash(`sha${size}`).update(accessToken).digest()
  const half = digest.subarray(0, digest.length / 2).toString('base64url')
  if (!constantTimeEqual(half, expected)) {
    throw new ProviderFailure('the access token is not the one of the ID token')
  }
}

/** The claims of a token nobody has verified, to find out whose it is; null when it is none. */
export function peekClaims(token: string): JsonObject | null {
  const part = token.split('.')
  if (part.length !== 3) return null
  try {
    const claims: unknown = JSON.parse(Buffer.from(part[1] ?? '', 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims)
      ? (claims as JsonObject)
      : null
  } catch {
    return null
  }
}

/** `aud` as a list. */
export function audiencesOf({ aud }: JsonObject): readonly string[] {
  const all: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return all.filter((name): name is string => typeof name === 'string')
}
