/** Who brings too much waits, and nobody else. */
import { expect, test } from 'vitest'
import { ByteRate } from './byte-rate.ts'

test('so much at once, then as it comes back, and each for himself', () => {
  const rate = new ByteRate(6_000, 60_000)
  const now = Date.now()
  expect(rate.take('a', 4_000, now)).toBe(0)
  expect(rate.take('a', 4_000, now)).toBe(20_000)
  expect(rate.take('b', 6_000, now)).toBe(0)
  expect(rate.take('a', 4_000, now + 19_000)).toBe(1_000)
  expect(rate.take('a', 4_000, now + 20_000)).toBe(0)
  expect(rate.take('a', 1, now + 20_000)).toBe(10)
})

test('it is never more than at first, nor less where the clock is set back', () => {
  const rate = new ByteRate(6_000, 60_000)
  const now = Date.now()
  expect(rate.take('a', 1_000, now)).toBe(0)
  expect(rate.take('a', 6_000, now + 50_000)).toBe(0)
  expect(rate.take('a', 1_000, now)).toBe(10_000)
})
