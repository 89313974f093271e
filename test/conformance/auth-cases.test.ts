/** The given Auth cases (cases/README.md) against a Basalt of this process, over sockets, configured at run time. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { knownFailures } from './known-failures.ts'

interface Row {
  readonly id: string
  readonly status: 'pass' | 'fail' | 'skip'
  readonly failure?: unknown
}

let server: TestPlatform
let rows: readonly Row[]
beforeAll(async () => {
  server = await startTestPlatform({ inbox: true })
  rows = await runCases(server)
}, 120_000)
afterAll(() => server.close())

/** The runner in a process of its own, as its README has it. */
async function runCases({ url, inboxUrl, databaseUrl, platform }: TestPlatform): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-cases-'))
  const report = join(folder, 'report.json')
  const program = join(import.meta.dirname, 'cases/run.mjs')
  const child = spawn(process.execPath, [program, '--suite', 'auth', '--quiet', '--json', report], {
    env: {
      PATH: process.env['PATH'],
      SUPABASE_URL: url,
      MAILPIT_URL: inboxUrl ?? '',
      DB_URL: databaseUrl,
      JWT_SECRET: platform.keys.jwtSecret,
      ANON_KEY: platform.keys.anonKey,
      SERVICE_ROLE_KEY: platform.keys.serviceRoleKey,
      PUBLISHABLE_KEY: platform.keys.publishableKey,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', (text) => (said += String(text)))
  child.stderr.on('data', (text) => (said += String(text)))
  try {
    const code = await new Promise((resolve) => child.on('close', resolve))
    if (code !== 0) throw new Error(`the runner ended with ${String(code)}: ${said}`)
    return (JSON.parse(readFileSync(report, 'utf8')) as { cases: Row[] }).cases
  } finally {
    rmSync(folder, { recursive: true })
  }
}

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
