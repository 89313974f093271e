/** The days of `realtime.messages` on a machine that sleeps, and beside a dump. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openSession } from '#base/db'
import { silentLog } from '#base/kernel'
import { openSqlDatabase } from '#testing'
import type { SqlDatabase } from '#testing'
import { keepPartitions } from './keep-partitions.ts'
import type { PartitionKeeper } from './keep-partitions.ts'

let database: SqlDatabase
let keeper: PartitionKeeper | undefined
let nowMs = Date.now()
const warn = vi.fn<(message: string, fields?: unknown) => void>()
const open = async (): Promise<PartitionKeeper> =>
  (keeper = await keepPartitions({
    connection: database.connection,
    clock: { now: () => nowMs },
    log: { ...silentLog, warn },
  }))
const days = (): Promise<unknown[]> =>
  database.rows(`select relname from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'realtime.messages'::regclass`)
const dropDay = (): Promise<unknown> =>
  database.script(
    `do $$ begin execute format('drop table realtime.messages_%s',
    to_char((now() at time zone 'utc')::date + 3, 'YYYY_MM_DD')); end $$`,
    database.connection.user,
  )

beforeAll(async () => {
  database = await openSqlDatabase()
})
beforeEach(() => {
  warn.mockClear()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(async () => {
  await keeper?.close()
  vi.useRealTimers()
})
afterAll(() => database.close())

test.each([
  ['for five days', 5 * 86_400_000],
  ['and wakes with its clock set back', -5 * 86_400_000],
])('a machine that slept %s has them a minute later', async (_, ms) => {
  await open()
  await dropDay()
  nowMs += ms
  vi.advanceTimersByTime(60_000)
  await expect.poll(days).toHaveLength(5)
})

test('behind somebody who reads for long nobody waits: it is tried again, and told once', async () => {
  await open()
  await dropDay()
  await keeper?.close()
  const reader = await openSession(database.connection, () => {})
  await reader.script('test.read', 'begin; lock table realtime.messages in access share mode')
  await open()
  expect(warn.mock.calls).toEqual([
    [
      'the partitions of realtime.messages could not be kept',
      { error: expect.stringContaining('lock timeout') },
    ],
  ])
  vi.advanceTimersByTime(60_000)
  await reader.script('test.end', 'commit')
  reader.close()
  await keeper?.close()
  await open()
  expect(await days()).toHaveLength(5)
  expect(warn).toHaveBeenCalledTimes(1)
})
