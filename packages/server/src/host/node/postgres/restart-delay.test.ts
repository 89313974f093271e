import { expect, test } from 'vitest'
import { maxRestarts, restartDelayMs, restartWindowMs } from './restart-delay.ts'

test('restarts wait longer and longer, end after eight in a minute, and begin anew after a quiet one', () => {
  const ends = [...Array(maxRestarts + 1).keys()].map((at) => at * 1000)
  const delays = ends.map((_, at) => restartDelayMs(ends.slice(0, at + 1)))
  expect(delays).toEqual([0, 100, 200, 400, 800, 1600, 3200, 5000, null])
  expect(restartDelayMs([...ends, restartWindowMs + 9000])).toBe(0)
})
