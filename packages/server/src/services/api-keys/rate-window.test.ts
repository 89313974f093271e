import { describe, expect, test } from 'vitest'
import { RateWindow } from './rate-window.ts'

const start = 1_800_000_000_000
const at = (seconds: number): number => start + seconds * 1000

describe('RateWindow', () => {
  test('lets in what is allowed, and no more until the oldest is a minute old', () => {
    const window = new RateWindow()
    const taken = Array.from({ length: 5 }, () => window.take(3, at(0.9)))
    expect(taken).toEqual([true, true, true, false, false])
    expect(window.take(3, at(59.9))).toBe(false)
    expect(window.resetAt(at(30))).toBe(at(61) / 1000)
    expect(window.take(3, at(61))).toBe(true)
    expect(window.total(at(61))).toBe(1)
  })

  test('never more than the limit in any 60 seconds, however the requests fall', () => {
    const window = new RateWindow()
    const taken: number[] = []
    let seed = 7
    for (let second = 0; second < 600; second += (seed = (seed * 16_807) % 2_147_483_647) / 4e9)
      if (window.take(40, at(second))) taken.push(second)
    for (const [i, first] of taken.entries())
      expect((taken[i + 40] ?? Number.POSITIVE_INFINITY) - first).toBeGreaterThanOrEqual(60)
    expect(taken.length).toBeGreaterThan(300)
  })

  test('counts what others let in, as far as it is not old', () => {
    const window = new RateWindow()
    window.add(at(0) / 1000, 2, at(1))
    window.add(at(-100) / 1000, 50, at(1))
    window.add(at(100) / 1000, 50, at(1))
    expect(window.total(at(1))).toBe(2)
    expect(window.take(3, at(1))).toBe(true)
    expect(window.take(3, at(1))).toBe(false)
  })

  test('a limit of nothing lets nothing in; a clock that jumps begins anew', () => {
    const window = new RateWindow()
    expect(window.take(0, at(0))).toBe(false)
    expect(window.take(1, at(0))).toBe(true)
    expect(window.take(1, at(-5))).toBe(false)
    expect(window.take(1, at(-5000))).toBe(true)
  })
})
