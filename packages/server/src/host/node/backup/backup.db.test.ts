/** Backups of a local project: made while it runs, restored, and compared; what is not whole is not restored. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { makeTestFolder } from '#testing'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import type { HttpRequest } from '#base/http'
import { freePort, openLocalPlatform } from '#host/node'
import type { LocalPlatform } from '#host/node'
import { createLocalBackup } from './create-local.ts'
import { listLocalBackups } from './list-local.ts'
import { restoreLocal } from './restore-local.ts'
import { verifyLocalBackup } from './verify-local.ts'
import { runSql } from './run-sql.fixture.ts'

let workdir: string
let config: Config
let local: LocalPlatform | null = null
const warnings: string[] = []
const quiet = { onProgress: () => {}, onWarning: (message: string) => void warnings.push(message) }

beforeAll(async () => {
  workdir = makeTestFolder()
  mkdirSync(join(workdir, 'supabase/migrations'), { recursive: true })
  writeFileSync(
    join(workdir, 'supabase/migrations/20260101000000_notes.sql'),
    `create table public.notes (id int primary key); insert into storage.buckets (id, name) values ('files', 'files');`,
  )
  config = defineConfig({
    'db.port': await freePort(),
    project_id: 'shop',
    'basalt.backup.enabled': true,
    'basalt.backup.flush': 100,
    'basalt.backup.verify': false,
    // what a copy must not ask
    'auth.captcha.enabled': true,
    'auth.captcha.secret': 'none',
    // not while this runs
    'basalt.backup.schedule': '0 0 29 2 *',
  })
  await start()
})
afterAll(async () => {
  await local?.close()
  rmSync(workdir, { recursive: true, force: true })
})

async function start(more: Partial<Config> = {}): Promise<void> {
  local = await openLocalPlatform({ workdir, config: { ...config, ...more } })
}
async function stop(): Promise<void> {
  await local?.close()
  local = null
}

const run = <T>(text: string) => runSql<T>((local as LocalPlatform).databaseUrl, text)

async function upload(name: string, body: string): Promise<void> {
  const { platform } = local as LocalPlatform
  const response = await platform.fetch(`${platform.externalUrl}/storage/v1/object/files/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.keys.serviceRoleKey}` },
    body,
  })
  expect(response.status).toBe(200)
}

async function download(name: string): Promise<string> {
  const { platform } = local as LocalPlatform
  const response = await platform.fetch(
    `${platform.externalUrl}/storage/v1/object/authenticated/files/${name}`,
    { headers: { authorization: `Bearer ${platform.keys.serviceRoleKey}` } },
  )
  return response.ok ? response.text() : `HTTP ${response.status}`
}

const now = async (): Promise<number> => {
  const text = 'select (extract(epoch from clock_timestamp()) * 1000)::int8::text as ms'
  const [row] = await run<{ ms: string }>(text)
  return Number(row?.ms) + 1
}

async function metrics(): Promise<string> {
  const { body } = await (local as LocalPlatform).platform.handleAdmin({
    method: 'GET',
    path: '/metrics',
  } as HttpRequest)
  return String(body)
}

test('a project goes back to a time with its rows and objects, and what was before is kept', async () => {
  await run('insert into public.notes select generate_series(1, 100)')
  await upload('a.txt', 'first')
  // the first one is made by itself
  await vi.waitFor(
    async () => expect((await listLocalBackups({ workdir, config })).backups).toHaveLength(1),
    { timeout: 20_000 },
  )
  const manifest = await createLocalBackup({
    workdir,
    config,
    runningPort: config['db.port'],
    ...quiet,
  })
  expect(manifest).toMatchObject({
    project: 'shop',
    postgres: '18.4',
    migrations: ['20260101000000'],
    facts: { rows: { 'public.notes': 100, 'storage.objects': 1 } },
    objects: { count: 1, bytes: 5 },
  })
  await run('insert into public.notes values (101)')
  await upload('b.txt', 'second')
  const ms = await now()
  await run('delete from public.notes')
  await upload('c.txt', 'third')
  const { id } = manifest
  const { verification } = await verifyLocalBackup({ workdir, config, id, ...quiet })
  expect(verification).toMatchObject({ ok: true, message: expect.stringContaining('a sign-in') })
  expect(await metrics()).toMatch(/^backup_rpo_seconds \d/m)
  await stop()
  const wish = { kind: 'time', ms } as const
  const report = await restoreLocal({ workdir, config, wish, force: false, ...quiet })
  expect(report).toMatchObject({ backup: id, objects: 2 })
  expect(existsSync(report.keptAs ?? '')).toBe(true)
  await start({ 'basalt.backup.enabled': false })
  expect(await run('select count(*)::int as n from public.notes')).toEqual([{ n: 101 }])
  expect(await download('a.txt')).toBe('first')
  expect(await download('b.txt')).toBe('second')
  expect(await download('c.txt')).toMatch(/^HTTP 4/)
  const temp = readdirSync(join(workdir, 'supabase/.temp'))
  expect(temp.filter((name) => /^(verify|restore)-/.test(name))).toEqual([])
  const { backups } = await listLocalBackups({ workdir, config })
  expect(backups.find((one) => one.id === id)?.verification?.ok).toBe(true)
})
