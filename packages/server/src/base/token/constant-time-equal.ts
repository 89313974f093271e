/** Comparison of secrets that takes the same time wherever they differ. */
import { createHash, timingSafeEqual } from 'node:crypto'

/** True for equal texts. Hashing first makes the time independent of both lengths. */
export function constantTimeEqual(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
