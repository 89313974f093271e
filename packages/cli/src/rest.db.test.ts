import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { freePort } from '@basalt/server/node'
import { createTestDatabase, executeDirectly } from '@basalt/server/testing'

const command = fileURLToPath(new URL('../bin/basalt.mjs', import.meta.url))

let database: Awaited<ReturnType<typeof createTestDatabase>>
let folder: string
const children: ChildProcess[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  folder = mkdtempSync(join(tmpdir(), 'basalt rest '))
  await executeDirectly(
    database.url,
    'create table public.fruits (id int primary key)',
    'insert into public.fruits values (1), (2), (3)',
    'grant select on public.fruits to anon',
  )
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await database.drop()
})

interface Run {
  readonly child: ChildProcess
  out(): string
  err(): string
  readonly ended: Promise<number | null>
}

function rest(args: readonly string[], environment: Readonly<Record<string, string>>): Run {
  const child = spawn(process.execPath, [command, 'rest', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
  })
  children.push(child)
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, out: () => out, err: () => err, ended }
}

function file(content: string): string {
  const path = join(folder, 'postgrest.conf')
  writeFileSync(path, content)
  return path
}

async function started(run: Run): Promise<string> {
  await vi.waitFor(() => expect(run.err()).toContain('Listening on'), { timeout: 15_000 })
  return /Listening on (\S+)/.exec(run.err())?.[1] ?? ''
}

async function rows(url: string, path: string): Promise<unknown> {
  return (await fetch(`${url}${path}`)).json()
}

test('it serves, reloads schema and configuration by signal, and ends by signal', async () => {
  const admin = await freePort()
  const path = file('db-anon-role = "anon"\ndb-max-rows = 2\nserver-host = "127.0.0.1"\n')
  const environment = {
    PGRST_DB_URI: database.url,
    PGRST_SERVER_PORT: '0',
    PGRST_ADMIN_SERVER_PORT: String(admin),
    // only the signals are to tell
    PGRST_DB_CHANNEL_ENABLED: 'false',
  }
  const run = rest([path], environment)
  const url = await started(run)
  expect(await rows(url, '/fruits')).toEqual([{ id: 1 }, { id: 2 }])

  const ready = rest(['--ready', path], environment)
  expect([await ready.ended, ready.out()]).toEqual([0, `OK: http://127.0.0.1:${admin}/ready\n`])

  file('db-anon-role = "anon"\ndb-max-rows = 1\n')
  run.child.kill('SIGUSR2')
  await expect.poll(() => rows(url, '/fruits')).toEqual([{ id: 1 }])

  await executeDirectly(
    database.url,
    "comment on table public.fruits is 'after the start'",
    'alter table public.fruits add column name text',
  )
  run.child.kill('SIGUSR1')
  await expect
    .poll(() => rows(url, '/fruits?select=name'), { timeout: 15_000 })
    .toEqual([{ name: null }])

  run.child.kill('SIGTERM')
  expect(await run.ended).toBe(0)
  await expect(fetch(`${url}/fruits`)).rejects.toThrow('fetch failed')
})

test('a configuration that cannot be used ends it with the reasons', async () => {
  const run = rest([], { PGRST_LOG_LEVEL: 'never', PGRST_JWT_SECRET: 'short' })
  expect(await run.ended).toBe(1)
  expect(run.err()).toContain('environment: PGRST_LOG_LEVEL: expected')
  const secret = rest([], { PGRST_JWT_SECRET: 'short', PGRST_DB_URI: database.url })
  expect(await secret.ended).toBe(1)
  expect(secret.err()).toContain('jwt-secret: expected at least 32 characters, a JWK or a JWKS')
})

test('--dump-config shows what counts, the database’s word included', async () => {
  await executeDirectly(
    database.url,
    `do $$ begin execute format('alter role %I in database %I set pgrst.db_schemas = %L',
       current_user, current_database(), 'api, other'); end $$`,
  )
  const run = rest(['--dump-config'], { PGRST_DB_URI: database.url, PGRST_DB_POOL: '3' })
  expect(await run.ended).toBe(0)
  expect(run.out()).toContain('db-schemas = "api,other"\n')
  expect(run.out()).toContain('db-pool = 3\n')
})

test('--example is a configuration file', async () => {
  const run = rest(['--example'], {})
  expect(await run.ended).toBe(0)
  expect(run.out()).toContain('server-port = 3000\n')
})
