/** The given Realtime cases. Most of their time is waiting for what must not come: parts of them wait at the same time. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { knownRealtimeFailures } from './known-realtime-failures.ts'
import { runCases } from './run-cases.ts'
import type { CaseRow } from './run-cases.ts'

/** Regular expressions over ids, each with a database of its own; together they are all of them. */
const parts = [
  '^pg-filter-[a-k]',
  '^pg-filter-[l-z]',
  '^pg-(?!filter)[0-9a-m]',
  '^pg-(?!filter)[n-z]',
  '^(?!pg-)[a-m]',
  '^(?!pg-)[n-q]',
  '^(?!pg-)[r-z]',
]

let servers: readonly TestPlatform[]
let rows: readonly CaseRow[]
beforeAll(async () => {
  servers = await Promise.all(parts.map(() => startTestPlatform()))
  const found = parts.map((part, i) => runCases('realtime', servers[i] as TestPlatform, {}, part))
  rows = (await Promise.all(found)).flat()
}, 120_000)
afterAll(() => Promise.all(servers.map((server) => server.close())))

test('every case passes that is not known to fail', () => {
  const failed = rows.filter(
    ({ id, status }) => status !== 'pass' && !(id in knownRealtimeFailures),
  )
  expect(failed).toEqual([])
  expect(rows.length).toBe(82)
})

test('every case known to fail does: one that passes is to be taken off the list', () => {
  const passed = new Set(rows.filter(({ status }) => status === 'pass').map(({ id }) => id))
  const ids = new Set(rows.map(({ id }) => id))
  const listed = Object.keys(knownRealtimeFailures)
  expect(listed.filter((id) => passed.has(id) || !ids.has(id))).toEqual([])
})
