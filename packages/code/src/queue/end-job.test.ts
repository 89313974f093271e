import { expect, test } from 'vitest'
import { delayOf } from './end-job.ts'

test('each delay is twice the one before, five minutes at most, and up to half longer', () => {
  const least = [1, 2, 3, 4, 9, 10, 100].map((attempts) => delayOf(attempts, () => 0))
  expect(least).toEqual([1_000, 2_000, 4_000, 8_000, 256_000, 300_000, 300_000])
  expect(delayOf(3, () => 0.999_99)).toBe(6_000)
})
