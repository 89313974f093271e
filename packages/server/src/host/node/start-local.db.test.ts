import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTestFolder } from '#testing'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { freePort } from '#host/node/postgres'
import { resetLocal } from './reset-local.ts'
import { readRunState } from './run-state.ts'
import { startLocal } from './start-local.ts'
import type { LocalServer } from './local-server.ts'

let workdir: string
let config: Config
let server: LocalServer | null = null
const warnings: string[] = []
const taken: Server[] = []

beforeEach(async () => {
  workdir = makeTestFolder()
  config = defineConfig({
    'api.port': await freePort(),
    'db.port': await freePort(),
    'basalt.admin_port': await freePort(),
    'inbucket.port': await freePort(),
  })
  write(
    'migrations/20260101000000_notes.sql',
    'create table notes (id int primary key); grant all on notes to anon, authenticated, service_role;',
  )
  write('seed.sql', 'insert into notes values (1);')
})
afterEach(async () => {
  await server?.stop()
  server = null
  warnings.length = 0
  for (const blocker of taken.splice(0)) blocker.close()
  rmSync(workdir, { recursive: true, force: true })
})

function write(path: string, content: string): void {
  const file = join(workdir, 'supabase', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

const onWarning = (message: string): void => void warnings.push(message)

async function start(more: Partial<Config> = {}): Promise<LocalServer> {
  server = await startLocal({ workdir, config: { ...config, ...more }, onWarning })
  return server
}

const reset = (): Promise<void> =>
  resetLocal({ workdir, config, seed: true, onProgress: () => {}, onWarning })

async function notes({ state }: LocalServer): Promise<unknown> {
  const apikey = config['auth.publishable_key']
  const response = await fetch(`${state.url}/rest/v1/notes`, { headers: { apikey } })
  return response.status === 200 ? response.json() : response.status
}

const dataDir = (): string => join(workdir, 'supabase/.temp/pgdata')

function postmaster(): number {
  return Number(readFileSync(join(dataDir(), 'postmaster.pid'), 'utf8').split('\n')[0])
}

/** A port somebody listens on. */
async function takenPort(): Promise<number> {
  const blocker = createServer().listen(0, '127.0.0.1')
  taken.push(blocker)
  await once(blocker, 'listening')
  return (blocker.address() as AddressInfo).port
}

const bad = 'migrations/20260102000000_bad.sql'
const place = 'supabase/migrations/20260102000000_bad.sql, line 2 (statement 2): column "nope" does'

test('a reset that fails leaves what was applied running, says what failed, and can be done again', async () => {
  const running = await start()
  expect(await notes(running)).toEqual([{ id: 1 }])
  write(bad, 'create table half (id int);\nselect nope;')
  await expect(reset()).rejects.toThrow(place)
  // the file is rolled back whole, and no seed comes behind it
  expect(await notes(running)).toEqual([])
  expect(readRunState(workdir)?.problem).toMatchObject({ isServing: true })
  expect(readRunState(workdir)?.problem?.message).toContain(place)
  expect(() => process.kill(postmaster(), 0)).not.toThrow()

  write(bad, 'insert into notes values (2);')
  await reset()
  expect(await notes(running)).toEqual([{ id: 2 }, { id: 1 }])
  expect(readRunState(workdir)?.problem).toBeNull()
})

test('a reset that leaves no database says so to everybody, until one succeeds', async () => {
  const running = await start()
  const marker = join(workdir, 'supabase/.temp/pgdata.unfinished')
  mkdirSync(marker)
  await expect(reset()).rejects.toThrow('There is no database, for its reset failed: ')
  expect(readRunState(workdir)?.problem).toMatchObject({ isServing: false })
  const response = await fetch(`${running.state.url}/rest/v1/notes`)
  expect([response.status, await response.text()]).toEqual([
    503,
    '{"message":"There is no database: its reset has failed (basalt status says why)"}',
  ])
  rmSync(marker, { recursive: true })
  await reset()
  expect(await notes(running)).toEqual([{ id: 1 }])
  expect(readRunState(workdir)?.problem).toBeNull()
})

test('as long as Postgres cannot be started, requests are refused at once and status says why; then it goes on by itself', async () => {
  const running = await start()
  const killed = postmaster()
  renameSync(dataDir(), `${dataDir()}.away`)
  process.kill(killed, 'SIGKILL')
  // while the first restart is tried requests wait for it; once it failed they do not
  await expect.poll(() => readRunState(workdir)?.problem?.isServing).toBe(false)
  const begun = performance.now()
  expect(await notes(running)).toBe(503)
  expect(performance.now() - begun).toBeLessThan(500)
  expect(readRunState(workdir)?.problem).toEqual({
    message: expect.stringMatching(
      /^Postgres does not run \(There is no database in .*started again/,
    ) as string,
    isServing: false,
  })
  renameSync(`${dataDir()}.away`, dataDir())
  await expect.poll(() => notes(running)).toEqual([{ id: 1 }])
  expect(readRunState(workdir)?.problem).toBeNull()
  expect(postmaster()).not.toBe(killed)
})

test('a taken port names its option and its variable, and those of the inbox are others then', async () => {
  const smtp = await takenPort()
  const page = await takenPort()
  const { state } = await start({ 'inbucket.smtp_port': smtp, 'inbucket.port': page })
  const inbox = state.ports['inbox']
  expect(warnings).toEqual([
    `port ${smtp} (inbucket.smtp_port, SUPABASE_INBUCKET_SMTP_PORT) cannot be had: mail is caught at smtp://127.0.0.1:${state.ports['smtp']}`,
    `port ${page} (inbucket.port, SUPABASE_INBUCKET_PORT) cannot be had: caught mail is shown at http://127.0.0.1:${inbox}`,
  ])
  expect((await fetch(`http://127.0.0.1:${inbox}/api/v1/messages`)).status).toBe(200)
  await server?.stop()
  server = null
  for (const [key, variable] of [
    ['api.port', 'SUPABASE_API_PORT'],
    ['db.port', 'SUPABASE_DB_PORT'],
    ['basalt.admin_port', 'SUPABASE_BASALT_ADMIN_PORT'],
  ] as const) {
    await expect(start({ [key]: smtp })).rejects.toThrow(
      `set ${key} in supabase/config.toml (or ${variable} in the environment)`,
    )
  }
})

test('metrics have a port of their own where they are asked for, and nothing else is there', async () => {
  const port = await freePort()
  const { state } = await start({ 'basalt.observability.metrics.port': port })
  const at = `http://127.0.0.1:${port}`
  const answered = await fetch(`${at}/metrics`)
  expect(answered.status).toBe(200)
  expect(await answered.text()).toContain('http_requests_total')
  expect((await fetch(`${at}/reset`, { method: 'POST' })).status).toBe(404)
  expect((await fetch(`${at}/metrics`, { method: 'POST' })).status).toBe(405)
  expect((await fetch(`${at}/rest/v1/notes`)).status).toBe(404)
  // the admin port has them as ever
  expect((await fetch(`${state.adminUrl}/metrics`)).status).toBe(200)
})
