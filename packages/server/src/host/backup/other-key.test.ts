/** A target before and after its key was changed, and with files that somebody without the key has put there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseRestore } from './choose-restore.ts'
import { copyObjects, listStoredObjects, readObject } from './copy-objects.ts'
import { folderTarget } from './folder-target.ts'
import { folderOfBackup, listBackups, readSealed, writeSealed } from './manifest.ts'
import type { BackupManifest } from './manifest.ts'
import { removeOldBackups } from './remove-old.ts'
import { seal, sealKey } from './seal.ts'
import type { SealKey } from './seal.ts'
import type { BackupTarget } from './target.ts'

const system = '7401'
const dayMs = 86_400_000
const nowMs = Date.parse('2026-11-29T12:00:00Z')
const digest = 'a'.repeat(64)
const before = sealKey('b'.repeat(32)) as SealKey
const after = sealKey('c'.repeat(32)) as SealKey
let root: string
let target: BackupTarget
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'basalt-key-'))
  target = folderTarget(join(root, 'target'))
  writeFileSync(join(root, 'object'), 'bytes')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

async function backup(days: number, key: SealKey | null): Promise<string> {
  const endedAt = new Date(nowMs - days * dayMs).toISOString()
  const id = `${endedAt.replace(/[-:]|\.\d+/g, '')}-0000`
  const manifest: Partial<BackupManifest> = {
    format: 1,
    id,
    system,
    timeline: 1,
    segmentBytes: 16_777_216,
    start: '0',
    startedAt: endedAt,
    endedAt,
    files: [],
    migrations: [],
  }
  await writeSealed(target, `${folderOfBackup(system, id)}manifest`, manifest, key)
  return id
}

const source = {
  hold: () => Promise.resolve({ release: () => Promise.resolve() }),
  list: async function* () {
    yield { digest, path: join(root, 'object'), size: 5 }
  },
}

async function readAll(key: SealKey | null): Promise<string> {
  const count = (await listStoredObjects(target, key, system)).get(digest) ?? 0
  const parts: Buffer[] = []
  for await (const part of readObject(target, key, system, digest, count)) parts.push(part)
  return Buffer.concat(parts).toString()
}

test.each([
  ['one key for another', before, after],
  ['encryption turned on', null, after],
  ['encryption turned off', before, null],
] as const)('objects are there under each: %s', async (_, first, second) => {
  await copyObjects(source, target, first, system)
  await copyObjects(source, target, second, system)
  expect(await readAll(first)).toBe('bytes')
  expect(await readAll(second)).toBe('bytes')
})

test('backups of a key that is gone are removed when their time is over', async () => {
  const old = await backup(20, before)
  const young = await backup(3, before)
  const base = await backup(8, after)
  const newest = await backup(0, after)
  const removed = await removeOldBackups({ target, key: after, system, keepMs: 7 * dayMs, nowMs })
  expect(removed).toEqual([old])
  const left = (await listBackups(target, after, system)).map(({ id }) => id)
  expect(left).toEqual([base, young, newest])
})

test('where there is a key, what is not encrypted is not taken', async () => {
  const good = await backup(2, after)
  const put = await backup(1, null)
  const listed = await listBackups(target, after, system)
  expect(listed.map(({ id, manifest }) => [id, manifest !== null])).toEqual([
    [good, true],
    [put, false],
  ])
  expect(listed[1]?.problem).toContain('is not encrypted')
  const [name] = await (await copyObjects(source, target, after, system), listObjects())
  await target.put(name as string, await seal(name as string, Buffer.from('other'), null))
  await expect(readAll(after)).rejects.toThrow('is not encrypted')
})

const listObjects = async () => (await target.list(`${system}/objects/`)).map(({ name }) => name)

test('with the key of before, all that is stored is not taken to be what was stored then', async () => {
  const old = await backup(2, before)
  const newest = await backup(1, after)
  const latest = chooseRestore(target, before, system, { kind: 'latest' })
  await expect(latest).rejects.toThrow(newest)
  const named = await chooseRestore(target, before, system, { kind: 'backup', id: old })
  expect(named.manifest.id).toBe(old)
})

test.each([
  ['of another backup', { id: '20261101T000000Z-0000' }],
  ['of another database', { system: '../../etc' }],
  ['of a timeline that leads out of the folder', { timeline: '../../../../tmp/x' }],
])('a manifest %s, where nothing is encrypted, is none', async (_, part) => {
  const id = await backup(1, null)
  const name = `${folderOfBackup(system, id)}manifest`
  const good = (await readSealed(target, name, null)) as object
  await writeSealed(target, name, { ...good, ...part }, null)
  const [listed] = await listBackups(target, null, system)
  expect(listed).toMatchObject({
    manifest: null,
    problem: expect.stringContaining('another backup'),
  })
})
