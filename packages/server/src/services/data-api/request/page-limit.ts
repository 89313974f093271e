/** Limits and offsets: usual ones are part of the shape, the rest are literals. */
import type { FixedLimit, Slot } from './api-request.ts'
import type { Literals } from './literals.ts'

/**
 * 20, 100 or 1000, but not 137: Postgres plans a limit it can read once, and one that is bound again for every request
 * (measured: 100 µs of 280 for 100 rows). Each is a shape of its own, so that there must not be too many of them.
 */
export function limitOf(limit: number, literals: Literals): Slot | FixedLimit {
  const step = limit <= 100 ? 1 : limit <= 1000 ? 10 : 100
  if (limit <= 10_000 && limit % step === 0) {
    literals.shape += `l${limit}`
    return { rows: limit }
  }
  literals.shape += 'l'
  return literals.add(String(limit))
}

/** Null where nothing is skipped. */
export function offsetOf(offset: number, literals: Literals): Slot | null {
  if (offset === 0) return null
  literals.shape += 'o'
  return literals.add(String(offset))
}
