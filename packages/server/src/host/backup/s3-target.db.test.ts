/** A bucket keeps backups as a folder does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { folderTarget } from './folder-target.ts'
import { s3Target } from './s3-target.ts'
import type { BackupTarget } from './target.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-target-'))
let server: TestPlatform
beforeAll(async () => {
  const config = {
    'storage.s3_protocol.access_key_id': 'key',
    'storage.s3_protocol.secret_access_key': 'secret',
  }
  server = await startTestPlatform({ config })
  await server.script(`insert into storage.buckets (id, name) values ('kept', 'kept')`)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const s3 = (bucket: string): BackupTarget =>
  s3Target({
    endpoint: `${server.url}/storage/v1/s3`,
    region: 'local',
    bucket,
    prefix: 'backups',
    accessKeyId: 'key',
    secretAccessKey: 'secret',
    forcePathStyle: true,
  })

test.each([
  ['folder', () => folderTarget(folder)],
  ['s3', () => s3('kept')],
])('%s: files are put, replaced, listed in order and removed', async (_, open) => {
  const target = open()
  expect(await target.list('')).toEqual([])
  await target.put('7401/wal/00000001/b', Buffer.alloc(200_000, 1))
  await target.put('7401/wal/00000001/a', Buffer.from('old'))
  await target.put('7401/wal/00000001/a', Buffer.from('new'))
  await target.put('7401/coverage', Buffer.alloc(0))
  expect((await target.get('7401/wal/00000001/a'))?.toString()).toBe('new')
  expect((await target.get('7401/wal/00000001/b'))?.length).toBe(200_000)
  expect((await target.get('7401/coverage'))?.length).toBe(0)
  expect(await target.get('7401/wal/none')).toBeNull()
  const listed = (await target.list('7401/wal/')).map(({ name, size }) => [name, size])
  expect(listed).toEqual([
    ['7401/wal/00000001/a', 3],
    ['7401/wal/00000001/b', 200_000],
  ])
  expect((await target.list('')).map(({ name }) => name)).toContain('7401/coverage')
  await target.delete(['7401/wal/00000001/a', '7401/wal/none'])
  expect((await target.list('7401/wal/')).length).toBe(1)
  await target.close()
})

test('a place that is none is told', async () => {
  await expect(s3('nowhere').list('')).rejects.toThrow(
    /s3:\/\/nowhere\/backups: There is no bucket/,
  )
  writeFileSync(join(folder, 'file'), '')
  const inFile = folderTarget(join(folder, 'file'))
  await expect(inFile.put('a/b', Buffer.from('x'))).rejects.toThrow(/file: E(NOTDIR|EXIST)/)
})
