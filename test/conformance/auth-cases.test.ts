/** The given Auth cases. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { knownFailures } from './known-failures.ts'
import { runCases } from './run-cases.ts'
import type { CaseRow } from './run-cases.ts'

let server: TestPlatform
let rows: readonly CaseRow[]
beforeAll(async () => {
  server = await startTestPlatform({ inbox: true })
  rows = await runCases('auth', server)
}, 120_000)
afterAll(() => server.close())

test('every case passes that is not known to fail', () => {
  const failed = rows.filter(({ id, status }) => status !== 'pass' && !(id in knownFailures))
  expect(failed).toEqual([])
})

test('every case known to fail does: one that passes is to be taken off the list', () => {
  const passed = new Set(rows.filter(({ status }) => status === 'pass').map(({ id }) => id))
  const ids = new Set(rows.map(({ id }) => id))
  const listed = Object.keys(knownFailures)
  expect(listed.filter((id) => passed.has(id) || !ids.has(id))).toEqual([])
})
