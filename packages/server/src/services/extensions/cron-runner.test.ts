/** When jobs begin on a machine that sleeps, or whose clock is set. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Database } from '#base/db'
import { silentLog } from '#base/kernel'
import type { Statement } from '#base/sql'
import { openCronRunner } from './cron-runner.ts'
import { createJobCounts } from './job-counts.ts'

const jobs = ['5 12 * * *', '1-5 * * * *']
const fields = ['jobid', 'schedule', 'command', 'database', 'username'].map((name, i) => ({
  name,
  typeOid: i === 0 ? 23 : 25,
}))
const rows = jobs.map((schedule, i) =>
  [String(i + 1), schedule, schedule, 'postgres', 'postgres'].map((cell) => Buffer.from(cell)),
)

/** Knows two jobs, and writes down which of them are begun. */
function openDatabase(begun: unknown[]): Database {
  const transaction = (_: unknown, [statement]: readonly Statement[]): Promise<unknown> => {
    begun.push(...(statement?.name === 'extensions.beginRun' ? [statement.values[3]] : []))
    return Promise.resolve([
      { rows: statement?.name === 'extensions.readJobs' ? rows : [], fields },
    ])
  }
  return { transaction } as unknown as Database
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test.each([
  ['slept', '2026-03-01T11:59:00Z', '2026-03-01T12:04:50Z', jobs],
  ['was set back', '2026-03-01T12:05:30Z', '2026-03-01T11:04:30Z', ['1-5 * * * *']],
  [
    'was set back, and comes to an hour again',
    '2026-03-01T12:05:30Z',
    '2026-03-01T12:02:10Z',
    ['1-5 * * * *', '1-5 * * * *', '1-5 * * * *'],
  ],
  ['was a year ahead', '2027-03-01T12:05:30Z', '2026-03-01T12:04:30Z', jobs],
])('jobs begin in time where the clock %s', async (_, before, after, expected) => {
  const begun: unknown[] = []
  const ending = new AbortController()
  let aheadMs = Date.parse(before) - Date.now()
  openCronRunner({
    db: openDatabase(begun),
    connectAs: () => null,
    clock: { now: () => Date.now() + aheadMs },
    log: silentLog,
    counts: createJobCounts(),
    signal: ending.signal,
    isLeader: () => Promise.resolve(true),
  })
  await vi.advanceTimersByTimeAsync(25_000)
  // timers of before have not moved
  aheadMs = Date.parse(after) - Date.now()
  await vi.advanceTimersByTimeAsync(180_000)
  ending.abort()
  expect(begun).toEqual(expected)
})
