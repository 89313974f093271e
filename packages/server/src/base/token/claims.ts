/**
 * The registered claims of a token whose signature holds: types, times, audience.
 * Rules, clock skew and wording of PostgREST 14 (its `JwtClaimsErr`, PGRST303).
 */
import type { JsonObject } from '#base/kernel'
import type { TokenFailure } from './verification.ts'

/** Clocks may differ by this much. */
const allowedSkewSeconds = 30

export interface ClaimProblem {
  readonly failure: TokenFailure
  readonly message: string
}

/** The first thing wrong with the claims in the order exp, nbf, iat, aud; null when nothing is. JSON null counts as absent. */
export function findClaimProblem(
  claims: JsonObject,
  nowSeconds: number,
  audience: string | null,
): ClaimProblem | null {
  return (
    timeProblem(claims, 'exp', (exp) => isExpired(exp, nowSeconds), {
      failure: 'expired',
      message: 'JWT expired',
    }) ??
    timeProblem(claims, 'nbf', (nbf) => nbf > nowSeconds + allowedSkewSeconds, {
      failure: 'not-yet-valid',
      message: 'JWT not yet valid',
    }) ??
    timeProblem(claims, 'iat', (iat) => iat > nowSeconds + allowedSkewSeconds, {
      failure: 'issued-in-future',
      message: 'JWT issued at future',
    }) ??
    audienceProblem(claims, audience)
  )
}

/** True once `exp` lies more than the allowed skew in the past. */
export function isExpired(exp: number, nowSeconds: number): boolean {
  return exp < nowSeconds - allowedSkewSeconds
}

function timeProblem(
  claims: JsonObject,
  name: string,
  isWrong: (seconds: number) => boolean,
  problem: ClaimProblem,
): ClaimProblem | null {
  const value = claims[name] ?? null
  if (value === null) return null
  if (typeof value !== 'number') {
    return { failure: 'claims', message: `The JWT '${name}' claim must be a number` }
  }
  return isWrong(Math.floor(value)) ? problem : null
}

/** An empty array of audiences fits everyone, and so does a verifier without an audience. */
function audienceProblem(claims: JsonObject, audience: string | null): ClaimProblem | null {
  const value = claims['aud'] ?? null
  if (value === null) return null
  const audiences: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (!audiences.every((item) => typeof item === 'string')) {
    const message = "The JWT 'aud' claim must be a string or an array of strings"
    return { failure: 'claims', message }
  }
  if (audience === null || audiences.length === 0 || audiences.includes(audience)) return null
  return { failure: 'audience', message: 'JWT not in audience' }
}
