/** Which timelines there were: what is restored begins another. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseRestore } from './choose-restore.ts'
import { folderTarget } from './folder-target.ts'
import { folderOfBackup, writeSealed } from './manifest.ts'
import type { BackupTarget } from './target.ts'
import { readTimelines, timelineName } from './timelines.ts'

const id = '20261101T000000Z-0000'
const at = '2026-11-01T00:00:00.000Z'
let root: string
let target: BackupTarget
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'basalt-timelines-'))
  target = folderTarget(root)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

async function mark(system: string, timeline: number, told = timeline): Promise<void> {
  const value = { timeline: told, startedAt: at, history: null }
  await writeSealed(target, timelineName(system, timeline), value, null)
}

async function backup(system: string, timeline: number): Promise<void> {
  const name = `${folderOfBackup(system, id)}manifest`
  const facts = { timeline, segmentBytes: 1, start: '0', files: [], migrations: [] }
  const times = { startedAt: at, endedAt: at, history: null }
  await writeSealed(target, name, { format: 1, id, system, ...facts, ...times }, null)
}

test('those of this database and of the one that it goes on as are taken', async () => {
  const wish = { kind: 'backup', id } as const
  await backup('1-a', 1)
  expect((await chooseRestore(target, null, '1-a', wish)).taken).toBe(1)
  await mark('1-a', 1)
  await mark('1-a', 3)
  expect((await chooseRestore(target, null, '1-a', wish)).taken).toBe(3)
  await mark('1-b', 4)
  await backup('1-b', 5)
  expect((await chooseRestore(target, null, '1-a', wish, '1-b')).taken).toBe(5)
})

test('a mark that tells of another timeline is not believed', async () => {
  await mark('1-a', 2, 70_000)
  await expect(readTimelines(target, '1-a')).rejects.toThrow('of another timeline')
})
