/** The given Storage cases. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { knownStorageFailures } from './known-storage-failures.ts'
import { runCases } from './run-cases.ts'
import type { CaseRow } from './run-cases.ts'

let server: TestPlatform
let rows: readonly CaseRow[]
beforeAll(async () => {
  server = await startTestPlatform()
  rows = await runCases('storage', server, {
    S3_ACCESS_KEY_ID: '625729a08b95bf1b7ff351a663f3a23c',
    S3_SECRET_ACCESS_KEY: '850181e4652dd023b7a98c58ae0d2d34bd487ee0cc3254aed6eda37307425907',
    S3_TENANT_ID: 'default',
  })
}, 120_000)
afterAll(() => server.close())

test('every case passes that is not known to fail', () => {
  const failed = rows.filter(({ id, status }) => status !== 'pass' && !(id in knownStorageFailures))
  expect(failed).toEqual([])
})

test('every case known to fail does: one that passes is to be taken off the list', () => {
  const passed = new Set(rows.filter(({ status }) => status === 'pass').map(({ id }) => id))
  const ids = new Set(rows.map(({ id }) => id))
  const listed = Object.keys(knownStorageFailures)
  expect(listed.filter((id) => passed.has(id) || !ids.has(id))).toEqual([])
})
