/** Usage against Postgres: what is kept when a write fails, what is dropped, and what is swept. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { migrate, openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { silentLog, systemClock } from '#base/kernel'
import { startTestPlatform } from '#testing'
import type { TestPlatform } from '#testing'
import { apiKeyMigrations } from './migrations.ts'
import { removeSome } from './sweep-usage.ts'
import { nextMonthAt, Usage, usedOf } from './usage.ts'
import type { UsageStats } from './usage.ts'

const userId = '11111111-1111-4111-8111-111111111111'
const keyId = '22222222-2222-4222-8222-222222222222'
const gone = '33333333-3333-4333-8333-333333333333'
let server: TestPlatform
let db: Database
beforeAll(async () => {
  server = await startTestPlatform()
  db = openDatabase({ connection: parseConnectionUrl(server.databaseUrl), maxConnections: 2 })
  await migrate(db, apiKeyMigrations)
  await server.script(`insert into auth.users (id, email) values ('${userId}', 'a@example.com');
    insert into public.api_keys (id, user_id, name) values ('${keyId}', '${userId}', 'k')`)
})
afterAll(async () => {
  await db.close()
  await server.close()
})

const statsOf = (): UsageStats => ({ written: 0, dropped: 0, failed: 0 })
const request = (id: string, endpoint = '/rest/v1/x') => ({
  keyId: id,
  endpoint,
  method: 'GET',
  status: 200,
  durationMs: 3,
  tokens: 0,
  atMs: Date.now(),
})
const rows = (): Promise<number> =>
  server.count('select count(*)::int as n from public.usage_metrics')
const used = (): Promise<number> =>
  server.count(`select usage_count as n from public.api_keys where id = '${keyId}'`)
const soon = { timeout: 15_000, interval: 10 }

test('applied twice the tables are what they were', async () => {
  expect(await migrate(db, apiKeyMigrations)).toEqual([])
})

test('a batch with a key that is gone writes the others; paths are text', async () => {
  const stats = statsOf()
  const usage = new Usage({ db, clock: systemClock, log: silentLog, stats })
  for (const id of [keyId, gone]) {
    usage.count(usage.countOf(id), Date.now())
    usage.record(request(id, `/rest/v1/"\\,{}'%00`))
  }
  expect(usedOf(usage.countOf(keyId), 5)).toBe(6)
  await usage.close()
  expect([await rows(), await used()]).toEqual([1, 1])
  const kept = `select count(*)::int as n from public.usage_metrics where endpoint = '/rest/v1/"\\,{}''%00'`
  expect(await server.count(kept)).toBe(1)
})

test('usage refers to keys: of none there is none, and it goes with its key', async () => {
  const other = '44444444-4444-4444-8444-444444444444'
  const insert = (id: string): Promise<void> =>
    server.script(`set role service_role; insert into public.usage_metrics (api_key_id, endpoint, method, status_code, response_time_ms)
      values ('${id}', '/referring', 'GET', 200, 1)`)
  await expect(insert(gone)).rejects.toThrow('violates foreign key constraint')
  await server.script(
    `insert into public.api_keys (id, user_id, name) values ('${other}', '${userId}', 'other')`,
  )
  await insert(other)
  const move = `update public.usage_metrics set api_key_id = '${gone}' where endpoint = '/referring'`
  await expect(server.script(move)).rejects.toThrow('violates foreign key constraint')
  await server.script(`delete from public.api_keys where id = '${other}'`)
  const left = `select count(*)::int as n from public.usage_metrics where endpoint = '/referring'`
  expect(await server.count(left)).toBe(0)
})

test('what cannot be written is kept, counts no less, and is written once it can be', async () => {
  const stats = statsOf()
  const usage = new Usage({ db, clock: systemClock, log: silentLog, stats })
  const before = await rows()
  await server.script(
    'alter table public.usage_metrics add constraint none check (status_code < 0) not valid',
  )
  for (let i = 0; i < 10; i++) {
    usage.count(usage.countOf(keyId), Date.now())
    usage.record(request(keyId))
  }
  await vi.waitUntil(() => stats.failed > 0, soon)
  expect(usedOf(usage.countOf(keyId), 1)).toBe(11)
  // the rows and their counts go together
  expect([await rows(), await used()]).toEqual([before, 1])
  await server.script('alter table public.usage_metrics drop constraint none')
  await vi.waitUntil(() => stats.written === 10, soon)
  expect([await rows(), await used(), usedOf(usage.countOf(keyId), 1)]).toEqual([
    before + 10,
    11,
    11,
  ])
  await usage.close()
})

test('a buffer that is full drops, and says so', async () => {
  const stats = statsOf()
  const said: string[] = []
  const log = { ...silentLog, error: (message: string) => said.push(message) }
  const broken = { ...db, transaction: () => Promise.reject(new Error('away')) }
  const usage = new Usage({ db: broken, clock: systemClock, log, stats })
  for (let i = 0; i < 50_010; i++) usage.record(request(keyId))
  expect([stats.dropped, said]).toEqual([10, [expect.stringContaining('dropped')]])
  await usage.close()
  expect(said.at(-1)).toBe('usage of API keys was not written')
})

test('a month begins with nothing used', async () => {
  const clock = { ms: Date.UTC(2027, 0, 31, 23, 59, 59), now: () => clock.ms }
  const usage = new Usage({ db, clock, log: silentLog, stats: statsOf() })
  usage.learn(keyId, 99, usage.turn)
  expect(usedOf(usage.countOf(keyId), 99)).toBe(99)
  expect(nextMonthAt(clock.ms)).toBe(Date.UTC(2027, 1, 1) / 1000)
  clock.ms += 2_000
  expect(usedOf(usage.countOf(keyId), 99)).toBe(0)
  expect(nextMonthAt(Date.UTC(2027, 11, 5))).toBe(Date.UTC(2028, 0, 1) / 1000)
  await server.script(
    `update public.api_keys set usage_month = '2020-01-01', usage_count = 500 where id = '${keyId}'`,
  )
  const now = new Usage({ db, clock: systemClock, log: silentLog, stats: statsOf() })
  now.count(now.countOf(keyId), Date.now())
  await now.close()
  expect(await used()).toBe(1)
})

test('old rows go, a few thousand at a time, on one node', async () => {
  await server.script(`insert into public.usage_metrics (api_key_id, endpoint, method, status_code, response_time_ms, created_at)
    select '${keyId}', '/old', 'GET', 200, 1, now() - interval '91 days' from generate_series(1, 6000)`)
  const ninetyDays = 90 * 86_400_000
  const both = await Promise.all([removeSome(db, ninetyDays), removeSome(db, ninetyDays)])
  let removed = both[0] + both[1]
  for (let more = 1; more > 0; removed += more) more = await removeSome(db, ninetyDays)
  expect(removed).toBe(6000)
  expect(
    await server.count(
      `select count(*)::int as n from public.usage_metrics where endpoint = '/old'`,
    ),
  ).toBe(0)
  expect(await rows()).toBeGreaterThan(0)
})
