/** The S3 store against an S3 server that is our own: the real SDK between two platforms' worth of code. */
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { blobSuite } from '@basalt/server/testing/suites'
import { openS3 } from './s3-client.ts'
import type { S3Options } from './s3-client.ts'
import { copyObject } from './s3-copy.ts'
import { checkS3, createS3Store } from './s3-store.ts'

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({
    config: {
      'storage.s3_protocol.access_key_id': 'key',
      'storage.s3_protocol.secret_access_key': 'secret',
    },
  })
  await server.script(`insert into storage.buckets (id, name) values ('blobs', 'blobs')`)
})
afterAll(() => server.close())

const options = (over: Partial<S3Options> = {}): S3Options => ({
  endpoint: `${server.url}/storage/v1/s3`,
  region: 'local',
  bucket: 'blobs',
  prefix: 'tenant',
  accessKeyId: 'key',
  secretAccessKey: 'secret',
  forcePathStyle: true,
  maxBytes: 52_428_800,
  ...over,
})

blobSuite('S3', () => createS3Store(options()))

const facts = { contentType: 'text/plain', cacheControl: 'max-age=60' }
async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

test('keys are as supabase/storage lays them out, with and without a version', async () => {
  const store = createS3Store(options())
  const key = { bucketId: 'photos', name: 'a/b.txt', version: randomUUID() }
  await store.put(key, once(Buffer.from('new')), facts)
  await store.put({ ...key, version: '' }, once(Buffer.from('old')), facts)
  const names = `select count(*)::int8 as n from storage.objects where bucket_id = 'blobs' and name in ('tenant/photos/a/b.txt', 'tenant/photos/a/b.txt/${key.version}')`
  expect(await server.count(names)).toBe(2)
  expect(store.nameOf(key)).toBe(`photos/a/b.txt/${key.version}`)
  await store.close()
})

test('an upload goes on on another node, and is finished by a third, whatever its pieces', async () => {
  const id = randomUUID()
  const bytes = randomBytes(20_000_000)
  const node = () => createS3Store(options())
  await node().uploads.begin(id)
  let offset = 0
  for (const size of [1, 6_291_456, 3_000_000, 2_500_000, 8_208_543]) {
    const { uploads } = node()
    expect(await uploads.size(id)).toBe(offset)
    const piece = bytes.subarray(offset, offset + size)
    const appended = await uploads.append(id, offset, once(piece))
    offset += size
    expect(appended).toEqual({ size: offset, failure: null })
  }
  const store = node()
  const key = { bucketId: 'b', name: 'pieces', version: randomUUID() }
  const listed: string[] = []
  for await (const { name } of store.uploads.list()) listed.push(name)
  expect(new Set(listed)).toEqual(new Set([id]))
  expect((await store.uploads.finish(id, key, facts)).size).toBe(bytes.length)
  const parts: Uint8Array[] = []
  for await (const part of (await store.get(key, null))?.body ?? []) parts.push(part)
  expect(Buffer.concat(parts).equals(bytes)).toBe(true)
  for await (const left of store.uploads.list()) expect.fail(left.name)
})

test('a copy that is too large for one request goes in parts', async () => {
  const store = createS3Store(options())
  const key = { bucketId: 'b', name: 'large', version: randomUUID() }
  const bytes = randomBytes(12_000_000)
  await store.put(key, once(bytes), facts)
  const s3 = await openS3(options())
  const from = `tenant/${store.nameOf(key)}`
  const sizes = { max: 1_000_000, part: 6_000_000 }
  const copied = await copyObject(s3, from, 'tenant/b/copy/v', facts, sizes)
  expect(copied).toMatchObject({ size: bytes.length, etag: expect.stringMatching(/-2"$/) })
})

test('what is wrong with the server is said', async () => {
  const port = new URL(server.url).port
  await expect(checkS3(options())).resolves.toBeUndefined()
  await expect(checkS3(options({ bucket: 'none' }))).rejects.toThrow('There is no bucket "none"')
  await expect(checkS3(options({ secretAccessKey: 'wrong' }))).rejects.toThrow(
    /refuses the bucket "blobs" \(SignatureDoesNotMatch\): check storage.s3.access_key_id/,
  )
  await expect(
    checkS3(options({ endpoint: `http://127.0.0.1:${port === '1' ? 2 : 1}/` })),
  ).rejects.toThrow('cannot be reached')
})
