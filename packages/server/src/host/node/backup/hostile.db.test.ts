/** Backups that are not whole, not ours or not for us: each is told, and what ran is untouched. */
import { copyFileSync, cpSync, mkdirSync, existsSync, readFileSync, readdirSync } from 'node:fs'
import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestFolder } from '#testing'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import type { BackupManifest } from '#host/backup'
import { startEmbeddedPostgres } from '#host/node/postgres'
import { createLocalBackup } from './create-local.ts'
import { listLocalBackups } from './list-local.ts'
import { restoreLocal } from './restore-local.ts'

const folder = makeTestFolder()
const quiet = { onProgress: () => {}, onWarning: () => {} }
const key = 'k'.repeat(32)
let manifest: BackupManifest
let port = 0
let stop: () => Promise<void> = async () => {}

function place(name: string, more: Partial<Config> = {}): { workdir: string; config: Config } {
  const config = defineConfig({
    'basalt.backup.target': join(folder, name),
    'auth.enabled': false,
    ...more,
  })
  return { workdir: join(folder, 'project'), config }
}

beforeAll(async () => {
  const dataDir = join(folder, 'project/supabase/.temp/pgdata')
  const postgres = await startEmbeddedPostgres({ dataDir })
  ;({ port } = postgres)
  stop = () => postgres.stop()
  manifest = await createLocalBackup({ ...place('plain'), runningPort: port, ...quiet })
})
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A copy of the good backup, spoiled. */
function spoiled(name: string, spoil: (root: string) => void, from = 'plain'): string {
  cpSync(join(folder, from), join(folder, name), { recursive: true })
  spoil(join(folder, name, manifest.system, 'backups', idOf(from)))
  return name
}

const idOf = (name: string) =>
  readdirSync(join(folder, name, manifest.system, 'backups')).at(-1) as string

function restore(name: string, more: Partial<Config> = {}): Promise<unknown> {
  return restoreLocal({
    ...place(name, more),
    wish: { kind: 'latest' },
    into: join(folder, 'into'),
    force: false,
    ...quiet,
  })
}

const damages: Readonly<Record<string, readonly [(root: string) => void, RegExp]>> = {
  'a file cut off': [
    (root) => truncateSync(join(root, 'base/000000'), 5_000),
    /is not what was stored/,
  ],
  'a file altered': [(root) => flip(join(root, 'base/000000'), 5_000), /is not what was stored/],
  'a file missing': [(root) => rmSync(join(root, 'base/000000')), /is missing/],
  'files swapped': [
    (root) => {
      const [wal] = readdirSync(join(root, 'wal/00000001'))
      copyFileSync(join(root, 'base/000000'), join(root, 'wal/00000001', wal as string))
    },
    /is not what was stored/,
  ],
  'a manifest altered': [(root) => flip(join(root, 'manifest'), 100), /checksum is another/],
  'a manifest of another backup': [
    (root) => writeFileSync(join(root, 'manifest'), 'BSB1'),
    /cut off/,
  ],
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(file, bytes)
}

test.each(Object.entries(damages))('%s', async (name, [spoil, message]) => {
  await expect(restore(spoiled(name, spoil))).rejects.toThrow(message)
  expect(existsSync(join(folder, 'into'))).toBe(false)
})

test('without its manifest, as a killed process leaves it, a backup is none', async () => {
  const name = spoiled('killed', (root) => rmSync(join(root, 'manifest')))
  expect((await listLocalBackups(place(name))).backups).toEqual([])
  await expect(restore(name)).rejects.toThrow('There is no backup')
})

test('an encrypted backup needs its key, and says so', async () => {
  await createLocalBackup({
    ...place('sealed', { 'basalt.backup.key': key }),
    runningPort: port,
    ...quiet,
  })
  await expect(restore('sealed')).rejects.toThrow('BASALT_BACKUP_KEY')
  await expect(restore('sealed', { 'basalt.backup.key': 'x'.repeat(32) })).rejects.toThrow(
    'the key is not the one it was made with',
  )
  await expect(restore('sealed', { 'basalt.backup.key': 'short' })).rejects.toThrow('fewer than 32')
  const [listed] = (await listLocalBackups(place('sealed'))).backups
  expect(listed?.problem).toContain('BASALT_BACKUP_KEY')
  const moved = spoiled('moved', (root) => flip(join(root, 'base/000000'), 9_000), 'sealed')
  await expect(restore(moved, { 'basalt.backup.key': key })).rejects.toThrow('not what was stored')
  const stored = readFileSync(
    join(folder, 'sealed', manifest.system, 'backups', idOf('sealed'), 'base/000000'),
  )
  expect(stored.includes('PG_VERSION')).toBe(false)
  await restore('sealed', { 'basalt.backup.key': key })
  expect(existsSync(join(folder, 'into/PG_VERSION'))).toBe(true)
  rmSync(join(folder, 'into'), { recursive: true })
})

test('of two at once one is refused, and a backup of another database is not put in the place of this one', async () => {
  const both = await Promise.allSettled(
    ['plain', 'plain'].map((name) =>
      createLocalBackup({ ...place(name), runningPort: port, ...quiet }),
    ),
  )
  const failures = both.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
  for (const failure of failures) expect(failure).toContain('Another backup of this database')
  expect(both.some(({ status }) => status === 'fulfilled')).toBe(true)
  const other = join(folder, 'other')
  const control = join(other, 'supabase/.temp/pgdata/global/pg_control')
  mkdirSync(dirname(control), { recursive: true })
  writeFileSync(control, 'another system')
  const wrong = restoreLocal({
    ...place('plain'),
    workdir: other,
    wish: { kind: 'latest' },
    force: false,
    ...quiet,
  })
  await expect(wrong).rejects.toThrow('is of another database')
  expect(existsSync(control)).toBe(true)
  expect(readdirSync(join(other, 'supabase/.temp')).filter((one) => /restore/.test(one))).toEqual(
    [],
  )
})
