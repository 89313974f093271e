/** Orphans of each kind are found and removed, and nothing else, on disk and on S3. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase, parseConnectionUrl } from '#base/db'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { createDiskStore, createS3Store } from '#base/blob'
import type { BlobStore } from '#base/blob'
import { sweepStorage } from './sweep-storage.ts'
import type { Orphan } from './sweep-storage.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-sweep-'))
const hourMs = 3_600_000
let keeper: TestPlatform
beforeAll(async () => {
  const keys = {
    'storage.s3_protocol.access_key_id': 'key',
    'storage.s3_protocol.secret_access_key': 'secret',
  }
  keeper = await startTestPlatform({ config: keys })
  await keeper.script(`insert into storage.buckets (id, name) values ('kept', 'kept')`)
})
afterAll(async () => {
  await keeper.close()
  rmSync(folder, { recursive: true })
})

const stores: Readonly<Record<string, () => BlobStore>> = {
  disk: () => createDiskStore(join(folder, 'objects')),
  s3: () =>
    createS3Store({
      endpoint: `${keeper.url}/storage/v1/s3`,
      region: 'local',
      bucket: 'kept',
      prefix: '',
      accessKeyId: 'key',
      secretAccessKey: 'secret',
      forcePathStyle: true,
      maxBytes: 52_428_800,
    }),
}

const options = { contentType: 'text/plain', cacheControl: 'no-cache' }
async function* bytes(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text)
}

/** An object and an upload under way; then an object without bytes, bytes without an object, and two uploads nobody knows. */
async function leaveOrphans(server: TestPlatform, blobs: BlobStore): Promise<void> {
  const headers = { authorization: `Bearer ${server.platform.keys.serviceRoleKey}` }
  const send = (path: string, more: RequestInit) =>
    fetch(`${server.url}/storage/v1${path}`, { method: 'POST', ...more })
  const json = { ...headers, 'content-type': 'application/json' }
  await send('/bucket', { headers: json, body: '{"name":"files"}' })
  for (const name of ['good', 'lost']) await send(`/object/files/${name}`, { headers, body: name })
  const metadata = `bucketName ${btoa('files')},objectName ${btoa('later')}`
  const begun = await send('/upload/resumable', {
    headers: {
      ...headers,
      'tus-resumable': '1.0.0',
      'upload-length': '10',
      'upload-metadata': metadata,
      'content-type': 'application/offset+octet-stream',
    },
    body: 'half',
  })
  expect([begun.status, begun.headers.get('upload-offset')]).toEqual([201, '4'])
  const version = await fetch(`${server.url}/storage/v1/object/info/files/lost`, { headers })
  const { version: lost } = (await version.json()) as { version: string }
  await blobs.delete([{ bucketId: 'files', name: 'lost', version: lost }])
  await blobs.put(
    { bucketId: 'files', name: 'stray', version: randomUUID() },
    bytes('stray'),
    options,
  )
  for (const text of ['', 'left']) {
    const id = randomUUID()
    await blobs.uploads.begin(id)
    if (text !== '') await blobs.uploads.append(id, 0, bytes(text))
  }
}

test.each(Object.keys(stores))('orphans on %s', async (name) => {
  const blobs = (stores[name] as () => BlobStore)()
  const server = await startTestPlatform({ blobs })
  const db = openDatabase({ connection: parseConnectionUrl(server.databaseUrl), maxConnections: 2 })
  const sweep = async (nowMs: number, deletes: boolean) => {
    const found: Orphan[] = []
    const onOrphan = (orphan: Orphan) => void found.push(orphan)
    const report = await sweepStorage({ db, blobs, nowMs, deletes, onOrphan })
    return { report, kinds: found.map(({ kind }) => kind), found }
  }
  try {
    await leaveOrphans(server, blobs)
    const young = await sweep(Date.now(), true)
    expect(young.report).toEqual({ bytes: 0, uploads: 0, rows: 0, size: 0 })
    const later = Date.now() + 2 * hourMs
    const dry = await sweep(later, false)
    expect(dry.kinds).toEqual(['bytes', 'row', 'upload', 'upload'])
    expect(dry.found[1]).toEqual({ kind: 'row', name: 'files/lost', size: 0, kept: null })
    const removed = await sweep(later, true)
    expect(removed.report).toEqual(dry.report)
    const none = await sweep(later, true)
    expect(none.report).toEqual({ bytes: 0, uploads: 0, rows: 0, size: 0 })
    const headers = { authorization: `Bearer ${server.platform.keys.serviceRoleKey}` }
    const good = await fetch(`${server.url}/storage/v1/object/files/good`, { headers })
    expect(await good.text()).toBe('good')
    expect(await server.count('select count(*)::int8 as n from storage.objects')).toBe(1)
  } finally {
    await db.close()
    await server.close()
  }
})
