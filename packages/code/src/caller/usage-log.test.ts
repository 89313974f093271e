/** Usage on its way: as much as there is at once, kept while the database is away, within a bound. */
import { expect, test } from 'vitest'
import type { Database } from '#postgres'
import { KeyLimits } from './key-limits.ts'
import type { CustomerKey } from './find-key.ts'
import { UsageLog } from './usage-log.ts'

const key: CustomerKey = {
  id: '00000000-0000-4000-8000-000000000001',
  userId: '00000000-0000-4000-8000-000000000002',
  mayRead: true,
  mayWrite: false,
  rateLimit: 1_000_000,
  monthlyQuota: 1_000_000,
  used: 0,
  lastMinute: 0,
  expiresAtMs: null,
  ranges: null,
}
const use = { keyId: key.id, endpoint: '/a', method: 'GET', status: 200, ms: 1, tokens: 0, atMs: 1 }

function open() {
  const state = { isAway: false, rows: [] as number[], isCounted: [] as unknown[] }
  const said: object[] = []
  const query = <Row>(name: string, _: string, values: readonly unknown[] = []): Promise<Row[]> => {
    if (state.isAway) return Promise.reject(new Error('away'))
    if (name === 'code.insertUsage') state.rows.push(String(values[3]).split(',').length)
    else state.isCounted.push(values[3])
    return Promise.resolve([])
  }
  const transaction: Database['transaction'] = (work) => work({ query, queryOnce: query })
  const limits = new KeyLimits()
  const log = new UsageLog({ transaction }, limits, (_, message, fields = {}) => {
    said.push({ message, ...fields })
  })
  return { state, said, limits, log }
}

test('all that waits is written at once, 5,000 rows a statement', async () => {
  const { state, log } = open()
  for (let index = 0; index < 12_000; index++) log.add(use)
  await log.close()
  expect(state.rows).toEqual([5_000, 5_000, 2_000])
})

test('what cannot be written is kept, and what is beyond the bound is told', async () => {
  const { state, said, log } = open()
  state.isAway = true
  for (let index = 0; index < 100_003; index++) log.add(use)
  await log.flush()
  state.isAway = false
  await log.close()
  expect(said).toEqual([
    { message: 'usage of keys was not written', dropped: 3 },
    { message: 'usage of keys waits to be written', error: 'away' },
  ])
  expect(state.rows.reduce((sum, count) => sum + count, 0)).toBe(100_000)
})

test("others' requests are counted with each writing near the rate only", async () => {
  const { state, limits, log } = open()
  const now = Date.now()
  limits.admit(key, now)
  log.add(use)
  await log.flush()
  for (let index = 0; index < key.rateLimit / 10; index++) limits.admit(key, now)
  log.add(use)
  await log.flush()
  const small = { ...key, id: '00000000-0000-4000-8000-000000000003', rateLimit: 100 }
  limits.admit(small, now)
  log.add({ ...use, keyId: small.id })
  await log.close()
  expect(state.isCounted).toEqual([[false], [true], [true]])
})
