/** What fails for good is tried ever more rarely, by one timer however many ask. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Retry } from './retry.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** How often `action` is tried in `ms`, asked for again by each try and by somebody else besides. */
function triesIn(ms: number, retry: Retry): number {
  let tries = 0
  const fail = (): void => {
    tries++
    retry.after(fail)
    retry.after(fail)
  }
  retry.after(fail)
  vi.advanceTimersByTime(ms)
  return tries
}

test('the waits double from a second to a minute', () => {
  const retry = new Retry(new AbortController().signal)
  expect(triesIn(1_000 + 2_000 + 4_000, retry)).toBe(3)
  expect(triesIn(3_600_000, retry)).toBeLessThan(66)
})

test('after a success they begin anew, and what was due is not tried', () => {
  const retry = new Retry(new AbortController().signal)
  triesIn(60_000, retry)
  retry.succeeded()
  expect(triesIn(1_000, retry)).toBe(1)
})

test('nothing is tried once it is over', () => {
  const over = new AbortController()
  const retry = new Retry(over.signal)
  retry.after(() => expect.unreachable())
  over.abort()
  expect(retry.after(() => {})).toBe(false)
  vi.advanceTimersByTime(120_000)
})
