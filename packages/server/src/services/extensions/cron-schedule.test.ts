/** Schedules: what is one, and when it is due. */
import { describe, expect, test } from 'vitest'
import { nextTime, parseSchedule } from './cron-schedule.ts'

function next(schedule: string, after: string): string | null {
  const parsed = parseSchedule(schedule)
  if (parsed?.kind !== 'times') throw new Error(`${schedule} has no times`)
  const found = nextTime(parsed.times, Date.parse(after))
  return found === null ? null : new Date(found).toISOString().slice(0, 16)
}

describe('due next', () => {
  test.each([
    ['* * * * *', '2026-01-01T00:00:30Z', '2026-01-01T00:01'],
    ['* * * * *', '2026-01-01T00:01:00Z', '2026-01-01T00:02'],
    ['*/15 * * * *', '2026-01-01T00:50:00Z', '2026-01-01T01:00'],
    ['5 4 * * *', '2026-01-01T04:05:00Z', '2026-01-02T04:05'],
    ['0 0 $ * *', '2026-02-01T00:00:00Z', '2026-02-28T00:00'],
    ['0 0 $ * *', '2028-02-01T00:00:00Z', '2028-02-29T00:00'],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00'],
    ['0 0 30 2 *', '2026-01-01T00:00:00Z', null],
    // Thursday the first: day or weekday
    ['0 0 13 * fri', '2026-01-01T00:00:00Z', '2026-01-02T00:00'],
    // a star: day and weekday
    ['0 0 * * 7', '2026-01-01T00:00:00Z', '2026-01-04T00:00'],
    ['0 0 */2 * mon', '2026-01-01T00:00:00Z', '2026-01-05T00:00'],
    ['0 12 1-7/3 jan-mar *', '2026-01-04T12:00:00Z', '2026-01-07T12:00'],
    ['@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00'],
  ])('%s after %s: %s', (schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected)
  })
})

test('intervals are of 1 to 59 seconds', () => {
  expect(parseSchedule('30 seconds')).toEqual({ kind: 'interval', seconds: 30 })
  expect(parseSchedule(' 1 second ')).toEqual({ kind: 'interval', seconds: 1 })
  expect(parseSchedule('@reboot')).toEqual({ kind: 'start' })
})

test.each([
  '60 seconds',
  '0 seconds',
  '* * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '5-1 * * * *',
  '*/0 * * * *',
  '5/2 * * * *',
  'a * * * *',
  '',
])('%j is no schedule', (text) => {
  expect(parseSchedule(text)).toBeNull()
})
