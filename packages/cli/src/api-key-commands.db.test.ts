/** `basalt apikeys`, on a server that runs and on its database alone. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createTestDatabase, startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { runCli } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-apikeys-'))
const token = 'a-token-of-the-operator'
let server: TestPlatform
beforeAll(async () => {
  mkdirSync(join(folder, 'supabase'))
  writeFileSync(join(folder, 'supabase', 'config.toml'), 'project_id = "keys"\n')
  server = await startTestPlatform({ operatorToken: token })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

async function run(...args: string[]) {
  let [out, err] = ['', '']
  const code = await runCli(['apikeys', ...args, '--workdir', folder], {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    cwd: folder,
    readVariable: (name) => (name === 'BASALT_OPERATOR_TOKEN' ? token : null),
    readInput: () => null,
    ask: () => Promise.resolve(null),
    onInterrupt: () => () => {},
    onReload: () => () => {},
    exit: () => {},
  })
  return { code, out, err }
}

test('enabled and disabled on a server; on its database, which the server hears', async () => {
  const there = ['--url', server.url]
  expect((await run('status', ...there)).out).toBe(
    'API keys are disabled; there are no tables yet.\n',
  )
  expect((await run('enable', ...there)).out).toMatch(/^API keys are enabled: 0 there\./)
  const ofDatabase = ['--db-url', server.databaseUrl]
  expect((await run('disable', ...ofDatabase)).out).toMatch(/^API keys are disabled: 0 there\./)
  await vi.waitUntil(async () => (await run('status', ...there)).out.includes('disabled'), {
    timeout: 15_000,
    interval: 50,
  })
  const again = await run('enable', ...ofDatabase, '--json')
  expect([again.code, JSON.parse(again.out)]).toMatchObject([0, { enabled: true, keys: 0 }])
})

test('a database that is no project of ours is told so', async () => {
  const database = await createTestDatabase('template0')
  const { code, err } = await run('enable', '--db-url', database.url)
  expect([code, err]).toEqual([1, expect.stringContaining('Basalt has never started')])
  await database.drop()
})

test('on a database that is no project yet it says what to do first', async () => {
  const empty = await createTestDatabase('template0')
  const { code, err } = await run('enable', '--db-url', empty.url)
  // api_keys_no_project
  expect([code, err]).toEqual([1, expect.stringContaining('never started on this database')])
  await empty.drop()
})
