/** What is kept: a way to every time within the days to keep, the newest, and what those need. */
import { mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { putFile } from './base-files.ts'
import { objectPieceName } from './copy-objects.ts'
import { folderTarget } from './folder-target.ts'
import { folderOfBackup, listBackups, writeSealed } from './manifest.ts'
import type { BackupManifest } from './manifest.ts'
import { removeOldBackups } from './remove-old.ts'
import type { BackupTarget } from './target.ts'
import { walPieceName } from './wal-names.ts'

const system = '7401'
const dayMs = 24 * 60 * 60_000
const nowMs = Date.parse('2026-11-29T12:00:00Z')
const segmentBytes = 16_777_216
let root: string
let target: BackupTarget
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'basalt-old-'))
  target = folderTarget(root)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** As written so many days ago. */
function age(name: string, days: number): void {
  const seconds = (nowMs - days * dayMs) / 1_000
  utimesSync(join(root, name), seconds, seconds)
}

async function backup(days: number, segment: number, objects: readonly string[] = []) {
  const startedAt = new Date(nowMs - days * dayMs).toISOString()
  const id = `${startedAt.replace(/[-:]|\.\d+/g, '')}-0000`
  const folder = folderOfBackup(system, id)
  const list = await putFile(
    { target, key: null, folder },
    'objects',
    Buffer.from(objects.join('\n')),
  )
  const manifest: Partial<BackupManifest> = {
    format: 1,
    id,
    system,
    timeline: 1,
    segmentBytes,
    start: String(segment * segmentBytes),
    startedAt,
    endedAt: startedAt,
    files: [list],
    migrations: [],
  }
  await writeSealed(target, `${folder}manifest`, manifest, null)
  return id
}

async function log(segment: number, days: number): Promise<string> {
  const name = `${system}/${walPieceName({ timeline: 1, segment, from: 0, to: segmentBytes, tag: '' })}`
  await target.put(name, Buffer.from('x'))
  age(name, days)
  return name
}

async function object(letter: string, days: number): Promise<string> {
  const name = objectPieceName(system, letter.repeat(64), 0, 1, null)
  await target.put(name, Buffer.from('x'))
  age(name, days)
  return name
}

const remove = (keepDays: number) =>
  removeOldBackups({ target, key: null, system, keepMs: keepDays * dayMs, nowMs })
const names = async (folder: string) =>
  (await target.list(`${system}/${folder}/`)).map(({ name }) => name)

test('the last one before the time to keep stays, older ones go with their log and objects', async () => {
  const oldest = await backup(10, 1, ['a'.repeat(64)])
  const before = await backup(8, 3, ['b'.repeat(64)])
  const newer = await backup(2, 5, ['c'.repeat(64)])
  const logs = [await log(1, 10), await log(3, 8), await log(4, 5), await log(5, 2)]
  const objects = [
    await object('a', 10),
    await object('b', 9),
    await object('c', 3),
    await object('d', 5),
  ]
  expect(await remove(7)).toEqual([oldest])
  expect((await listBackups(target, null, system)).map(({ id }) => id)).toEqual([before, newer])
  expect(await names('wal')).toEqual(logs.slice(1))
  // d was deleted between the two: a restore to then needs it
  expect(await names('objects')).toEqual(objects.slice(1))
})

test('the newest stays however old it is, and so does the newest that was restored for a try', async () => {
  const tried = await backup(30, 1)
  await writeSealed(
    target,
    `${folderOfBackup(system, tried)}verified`,
    { verifiedAt: '', seconds: 1, ok: true, message: '' },
    null,
  )
  const middle = await backup(25, 2)
  const newest = await backup(20, 3)
  expect(await remove(7)).toEqual([middle])
  const kept = (await listBackups(target, null, system)).map(({ id }) => id)
  expect(kept).toEqual([tried, newest])
})

test('what a killed process has left goes after a day; while one cannot be read nothing it may need does', async () => {
  const kept = await backup(1, 1)
  const name = `${folderOfBackup(system, '20261101T000000Z-dead')}base/000000`
  await target.put(name, Buffer.from('x'))
  age(name, 0)
  await remove(7)
  expect(await target.get(name)).not.toBeNull()
  age(name, 2)
  await remove(7)
  expect(await target.get(name)).toBeNull()
  const old = await log(0, 20)
  await target.put(`${folderOfBackup(system, kept)}manifest`, Buffer.from('spoiled'))
  await backup(0, 2)
  await remove(7)
  expect(await names('wal')).toEqual([old])
})
