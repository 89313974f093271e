/** Backups of a project that runs: its log is stored as it is written, and leads to any time and to before a migration. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { freePort, openLocalPlatform } from '#host/node'
import type { LocalPlatform } from '#host/node'
import type { RestoreWish } from '#host/backup'
import { createLocalBackup } from './create-local.ts'
import { listLocalBackups } from './list-local.ts'
import { restoreLocal } from './restore-local.ts'
import { verifyLocalBackup } from './verify-local.ts'
import { runSql } from './run-sql.fixture.ts'

let workdir: string
let config: Config
let local: LocalPlatform | null = null
const quiet = { onProgress: () => {}, onWarning: () => {} }

function migration(version: string, text: string): void {
  const folder = join(workdir, 'supabase/migrations')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${version}_x.sql`), text)
}

beforeAll(async () => {
  workdir = mkdtempSync(join(tmpdir(), 'basalt-archive-'))
  migration('20260101000000', 'create table public.notes (id int primary key)')
  config = defineConfig({
    'db.port': await freePort(),
    'basalt.backup.enabled': true,
    'basalt.backup.flush': 100,
    'basalt.backup.verify': false,
    'basalt.backup.key': 'a key of more than thirty-two letters',
  })
  await start()
})
afterAll(async () => {
  await local?.close()
  rmSync(workdir, { recursive: true, force: true })
})

async function start(more: Partial<Config> = {}): Promise<void> {
  local = await openLocalPlatform({
    workdir,
    config: { ...config, ...more },
    apply: { migrations: true, seed: false },
  })
}
async function stop(): Promise<void> {
  await local?.close()
  local = null
}

const run = <T>(text: string) => runSql<T>((local as LocalPlatform).databaseUrl, text)

const ids = async () =>
  (await run<{ id: number }>('select id from public.notes order by id')).map(({ id }) => id)
const now = async () =>
  (await run<{ ms: string }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::int8::text as ms',
  ).then(([row]) => Number(row?.ms))) + 1

async function metric(name: string): Promise<number | null> {
  const { platform } = local as LocalPlatform
  const request = {
    method: 'GET',
    path: '/metrics',
    query: '',
    headers: {},
    rawHeaders: [],
    body: null,
  }
  const { body } = await platform.handleAdmin(request as never)
  const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(String(body))
  return found === null ? null : Number(found[1])
}

async function send(method: string, path: string, body?: string): Promise<string> {
  const { platform } = local as LocalPlatform
  const response = await platform.fetch(`${platform.externalUrl}/storage/v1/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${platform.keys.serviceRoleKey}`,
      ...(path === 'bucket' ? { 'content-type': 'application/json' } : {}),
    },
    ...(body === undefined ? {} : { body }),
  })
  return response.text()
}

const backedUp = (atLeast: number) =>
  vi.waitFor(
    async () => {
      const { backups } = await listLocalBackups({ workdir, config })
      expect(backups.length).toBeGreaterThanOrEqual(atLeast)
    },
    { timeout: 20_000, interval: 100 },
  )

async function restoreTo(wish: RestoreWish): Promise<void> {
  await stop()
  await restoreLocal({ workdir, config, wish, force: false, ...quiet })
}

test('a restore goes to a time, on to before a migration, and to all that was stored', async () => {
  await backedUp(1)
  await run('insert into public.notes values (1)')
  await send('POST', 'bucket', '{"name":"files"}')
  await send('POST', 'object/files/a.txt', 'bytes')
  const first = await now()
  // its bytes were not copied yet: they are kept until they are
  await send('DELETE', 'object/files/a.txt')
  await run('insert into public.notes values (2)')
  const second = await now()
  await run('delete from public.notes')
  await vi.waitFor(async () => expect(await metric('backup_rpo_seconds')).toBeLessThan(1))
  expect(await metric('backup_last_success_timestamp_seconds')).toBeGreaterThan(0)

  await restoreTo({ kind: 'time', ms: first })
  await start()
  expect(await ids()).toEqual([1])
  expect(await send('GET', 'object/authenticated/files/a.txt')).toBe('bytes')
  // a new timeline has a backup of its own
  await backedUp(2)

  // what was undone can be had: the time belongs to the timeline before
  await restoreTo({ kind: 'time', ms: second })
  migration('20260102000000', 'truncate public.notes')
  await start({ 'basalt.backup.enabled': true })
  await backedUp(3)
  expect(await ids()).toEqual([])
}, 60_000)

test('before a migration, and nothing later than what is stored', async () => {
  migration('20260103000000', 'insert into public.notes values (30)')
  await run('insert into public.notes values (20)')
  const { id } = await createLocalBackup({
    workdir,
    config,
    runningPort: config['db.port'],
    ...quiet,
  })
  await run('insert into public.notes values (21)')
  await stop()
  await start()
  expect(await ids()).toEqual([20, 21, 30])
  await restoreTo({ kind: 'migration', version: '20260103000000' })
  await start({ 'basalt.backup.enabled': false, 'db.seed.enabled': false })
  expect(id).not.toBe('')
  expect((await ids()).filter((one) => one < 30)).toEqual([20, 21])
  const future = restoreLocal({
    workdir,
    config,
    wish: { kind: 'time', ms: Date.now() },
    into: join(workdir, 'aside'),
    force: false,
    ...quiet,
  })
  await expect(future).rejects.toThrow('is behind what is stored')
}, 60_000)

test('to a time behind the last commit; not where the log has a gap, and all of it is told to be less', async () => {
  await stop()
  await start()
  const { backups } = await listLocalBackups({ workdir, config })
  await backedUp(backups.length + 1)
  await run('insert into public.notes values (40)')
  const last = await now()
  await vi.waitFor(async () => {
    const behind = await metric('backup_rpo_seconds')
    expect(Date.now() - 1_000 * (behind ?? Number.NaN)).toBeGreaterThan(last)
  })
  await stop()
  const aside = join(workdir, 'aside')
  const warnings: string[] = []
  const restore = (wish: RestoreWish) =>
    restoreLocal({
      workdir,
      config,
      wish,
      into: aside,
      force: false,
      onProgress: () => {},
      onWarning: (message) => void warnings.push(message),
    })
  await restore({ kind: 'time', ms: last })
  expect(warnings).toEqual([])
  rmSync(aside, { recursive: true })

  const target = join(workdir, 'supabase/.temp/backups')
  const [system] = readdirSync(target)
  const logs = join(target, system as string, 'wal')
  const timeline = join(logs, readdirSync(logs).toSorted().at(-1) as string)
  const segments = readdirSync(timeline).toSorted()
  rmSync(join(timeline, segments.at(-1) as string))
  await expect(restore({ kind: 'time', ms: last })).rejects.toThrow('has a gap, or ends, before')
  expect(existsSync(aside)).toBe(false)
  await restore({ kind: 'latest' })
  expect(warnings).toEqual([expect.stringContaining('has a gap')])
}, 60_000)

test('of a restored database there is a backup without its log, in a place of its own', async () => {
  await start({ 'basalt.backup.enabled': false })
  const apart = { ...config, 'basalt.backup.target': join(workdir, 'apart') }
  const manifest = await createLocalBackup({
    workdir,
    config: apart,
    runningPort: config['db.port'],
    ...quiet,
  })
  expect(manifest.timeline).toBeGreaterThan(1)
  const { verification } = await verifyLocalBackup({ workdir, config: apart, ...quiet })
  expect(verification).toMatchObject({ ok: true })
  const other = join(workdir, 'other')
  mkdirSync(join(other, 'supabase'), { recursive: true })
  const port = await freePort()
  const onOther = { workdir: other, config: { ...apart, 'db.port': port } }
  await restoreLocal({ ...onOther, wish: { kind: 'latest' }, force: false, ...quiet })
  const copy = await openLocalPlatform({
    ...onOther,
    config: { ...onOther.config, 'basalt.backup.enabled': false },
  })
  const second = await createLocalBackup({ ...onOther, runningPort: port, ...quiet })
  await copy.close()
  // both go on: neither is taken for the other
  expect(second.system).not.toBe(manifest.system)
  expect(second.system.split('-')[0]).toBe(manifest.system.split('-')[0])
}, 60_000)
