/** Token buckets: so many attempts at once, so many more as time goes by. In this process only. */
import { BoundedCache, PlatformError } from '#base/kernel'
import { authErrors } from '#services/auth/core'
import type { Allowance, AttemptLimit } from '#services/auth/core'

/** Callers remembered. One that is forgotten begins anew: who can ask from that many addresses is not held up by any limit of theirs. */
const capacity = 50_000

export function createAttemptLimit(): AttemptLimit {
  const buckets = new BoundedCache<string, { left: number; atMs: number }>(capacity)

  function leftOf(key: string, allowance: Allowance, nowMs: number): number {
    const { burst, perWindow = burst, windowMs } = allowance
    const bucket = buckets.get(key)
    if (bucket === undefined) return burst
    const gained = ((nowMs - bucket.atMs) / windowMs) * perWindow
    return Math.min(burst, bucket.left + Math.max(0, gained))
  }

  const waitOf = (key: string, allowance: Allowance, nowMs: number): number =>
    waitFor(leftOf(key, allowance, nowMs), allowance)

  function tryTake(key: string, allowance: Allowance, nowMs: number): number {
    const left = leftOf(key, allowance, nowMs)
    const waitMs = waitFor(left, allowance)
    if (waitMs === 0) buckets.set(key, { left: left - 1, atMs: nowMs })
    return waitMs
  }

  return {
    waitOf,
    tryTake,
    forget: (key) => void buckets.delete(key),
    take: (key, allowance, nowMs) => {
      const waitMs = tryTake(key, allowance, nowMs)
      if (waitMs > 0) throw withRetryAfter(authErrors.tooManyRequests(), waitMs)
    },
  }
}

function waitFor(left: number, { burst, perWindow = burst, windowMs }: Allowance): number {
  if (left >= 1) return 0
  return burst < 1 ? windowMs : Math.max(1, ((1 - left) * windowMs) / Math.max(1, perWindow))
}

/** The same refusal, saying when to come back. */
export function withRetryAfter(error: PlatformError, waitMs: number): PlatformError {
  const { code, status, message } = error
  const seconds = String(Math.max(1, Math.ceil(waitMs / 1000)))
  return new PlatformError({ code, status, message, headers: { 'retry-after': seconds } })
}
