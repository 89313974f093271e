/** Token buckets against guessing: so many attempts at once, so many more as time goes by. */
import { BoundedCache, PlatformError } from '#kernel'
import { authErrors } from './errors.ts'

export interface Allowance {
  readonly burst: number
  /** In which as many attempts come back. */
  readonly windowMs: number
}

export interface AttemptLimit {
  /** @throws PlatformError 429 with `retry-after` when the attempts of `key` are used up */
  take(key: string, allowance: Allowance, nowMs: number): void
}

export function createAttemptLimit(): AttemptLimit {
  const buckets = new BoundedCache<string, { left: number; atMs: number }>(10_000)
  return {
    take: (key, { burst, windowMs }, nowMs) => {
      const bucket = buckets.get(key) ?? { left: burst, atMs: nowMs }
      const gained = ((nowMs - bucket.atMs) / windowMs) * burst
      const left = Math.min(burst, bucket.left + Math.max(0, gained))
      if (left < 1) throw refusal(((1 - left) * windowMs) / Math.max(1, burst))
      buckets.set(key, { left: left - 1, atMs: nowMs })
    },
  }
}

function refusal(waitMs: number): PlatformError {
  const { code, status, message } = authErrors.tooManyRequests()
  const seconds = String(Math.max(1, Math.ceil(waitMs / 1000)))
  return new PlatformError({ code, status, message, headers: { 'retry-after': seconds } })
}
