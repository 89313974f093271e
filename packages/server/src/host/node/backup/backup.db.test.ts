/** Backups of a local project: made while it runs, restored, and compared; what is not whole is not restored. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { freePort, openLocalPlatform } from '#host/node'
import type { LocalPlatform } from '#host/node'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import { createLocalBackup } from './create-local.ts'
import { listLocalBackups } from './list-local.ts'
import { restoreLocal } from './restore-local.ts'
import { verifyLocalBackup } from './verify-local.ts'

let workdir: string
let config: Config
let local: LocalPlatform | null = null
const warnings: string[] = []
const quiet = { onProgress: () => {}, onWarning: (message: string) => void warnings.push(message) }

beforeAll(async () => {
  workdir = mkdtempSync(join(tmpdir(), 'basalt-backup-'))
  mkdirSync(join(workdir, 'supabase/migrations'), { recursive: true })
  writeFileSync(
    join(workdir, 'supabase/migrations/20260101000000_notes.sql'),
    `create table public.notes (id int primary key); insert into storage.buckets (id, name) values ('files', 'files');`,
  )
  config = defineConfig({ 'db.port': await freePort(), project_id: 'shop' })
  await start()
})
afterAll(async () => {
  await local?.close()
  rmSync(workdir, { recursive: true, force: true })
})

async function start(): Promise<LocalPlatform> {
  local = await openLocalPlatform({ workdir, config })
  return local
}
async function stop(): Promise<void> {
  await local?.close()
  local = null
}

async function run<T>(text: string): Promise<T[]> {
  const connection = parseConnectionUrl((local as LocalPlatform).databaseUrl)
  const db = openDatabase({ connection, maxConnections: 1 })
  try {
    return await db.begin(ownSession, (transaction) =>
      transaction.rows<T>({ name: 'test', text, values: [] }),
    )
  } finally {
    await db.close()
  }
}

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

const create = (more: Partial<Config> = {}, runningPort: number | null = config['db.port']) =>
  createLocalBackup({ workdir, config: { ...config, ...more }, runningPort, ...quiet })

test('a backup of a running project is restored with its rows and objects, and what was before is kept', async () => {
  await run('insert into public.notes select generate_series(1, 100)')
  await upload('a.txt', 'first')
  const manifest = await create()
  expect(manifest).toMatchObject({
    project: 'shop',
    postgres: '18.4',
    migrations: ['20260101000000'],
    facts: { rows: { 'public.notes': 100, 'storage.objects': 1 } },
    objects: { count: 1, bytes: 5 },
  })
  await run('delete from public.notes')
  await upload('b.txt', 'second')
  const { verification } = await verifyLocalBackup({ workdir, config, ...quiet })
  expect(verification).toMatchObject({ ok: true, message: expect.stringContaining('a sign-in') })
  await stop()
  const report = await restoreLocal({
    workdir,
    config,
    wish: { kind: 'backup', id: manifest.id },
    force: false,
    ...quiet,
  })
  expect(report).toMatchObject({ backup: manifest.id, objects: 1 })
  expect(existsSync(report.keptAs ?? '')).toBe(true)
  await start()
  expect(await run('select count(*)::int as n from public.notes')).toEqual([{ n: 100 }])
  expect(await download('a.txt')).toBe('first')
  expect(await download('b.txt')).toMatch(/^HTTP 4/)
  const temp = readdirSync(join(workdir, 'supabase/.temp'))
  expect(temp.filter((name) => /^(verify|restore)-/.test(name))).toEqual([])
  const { backups } = await listLocalBackups({ workdir, config })
  expect(backups.map(({ id, verification: one }) => [id, one?.ok])).toEqual([[manifest.id, true]])
})
