/** What clients of S3 send by default: the AWS SDK with its own settings, and one that is not JavaScript. */
import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import * as s3 from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { createPresignedPost } from '@aws-sdk/s3-presigned-post'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'

const Bucket = 'files'
const folder = mkdtempSync(join(tmpdir(), 'basalt-s3-clients-'))
let server: TestPlatform
let client: s3.S3Client
beforeAll(async () => {
  server = await startTestPlatform({
    config: {
      'storage.s3_protocol.access_key_id': 'key',
      'storage.s3_protocol.secret_access_key': 'secret',
    },
  })
  client = new s3.S3Client({
    endpoint: `${server.url}/storage/v1/s3`,
    region: 'local',
    forcePathStyle: true,
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
  await client.send(new s3.CreateBucketCommand({ Bucket }))
})
afterAll(async () => {
  client.destroy()
  rmSync(folder, { recursive: true })
  await server.close()
})

const textOf = async (Key: string, Range?: string): Promise<string> => {
  const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key, Range }))
  return (await Body?.transformToString()) ?? ''
}
const put = (Key: string, Body: string) =>
  client.send(new s3.PutObjectCommand({ Bucket, Key, Body, ContentType: 'text/plain' }))

test('objects: put, get, range, head, copy, what is not there', async () => {
  const { ETag } = await client.send(
    new s3.PutObjectCommand({ Bucket, Key: 'a/one', Body: 'hello', Metadata: { who: 'me' } }),
  )
  expect(await textOf('a/one')).toBe('hello')
  expect(await textOf('a/one', 'bytes=1-3')).toBe('ell')
  expect(await textOf('a/one', 'bytes=-2')).toBe('lo')
  // as S3 answers several
  expect(await textOf('a/one', 'bytes=0-0,2-2')).toBe('hello')
  const head = await client.send(new s3.HeadObjectCommand({ Bucket, Key: 'a/one' }))
  expect(head).toMatchObject({ ETag, ContentLength: 5, Metadata: { who: 'me' } })
  const copy = new s3.CopyObjectCommand({ Bucket, Key: 'b/two', CopySource: `${Bucket}/a/one` })
  expect((await client.send(copy)).CopyObjectResult?.ETag).toBe(ETag)
  expect(await textOf('b/two')).toBe('hello')
  await expect(textOf('none')).rejects.toMatchObject({ name: 'NoSuchKey' })
  const none = new s3.ListObjectsV2Command({ Bucket: 'none' })
  await expect(client.send(none)).rejects.toMatchObject({ name: 'NoSuchBucket' })
  const versions = client.send(new s3.ListObjectVersionsCommand({ Bucket }))
  await expect(versions).rejects.toMatchObject({ name: 'NotImplemented' })
  for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256', 'CRC64NVME'] as const) {
    const Body = Readable.from([Buffer.from('streamed')])
    const Key = `sums/${ChecksumAlgorithm}`
    await client.send(
      new s3.PutObjectCommand({ Bucket, Key, Body, ContentLength: 8, ChecksumAlgorithm }),
    )
    expect(await textOf(Key)).toBe('streamed')
  }
})

test('lists by pages and folders, V1 and V2; many removed at once', async () => {
  for (let i = 0; i < 12; i++) await put(`list/${i % 3}/${String(i).padStart(2, '0')} +&.txt`, 'x')
  const keys: string[] = []
  const asked = { Bucket, Prefix: 'list/', MaxKeys: 5 }
  for await (const page of s3.paginateListObjectsV2({ client, pageSize: 5 }, asked))
    keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key))
  expect([keys.length, keys[0]]).toEqual([12, 'list/0/00 +&.txt'])
  const folders = await client.send(
    new s3.ListObjectsCommand({ Bucket, Prefix: 'list/', Delimiter: '/', MaxKeys: 2 }),
  )
  expect(folders.CommonPrefixes).toEqual([{ Prefix: 'list/0/' }, { Prefix: 'list/1/' }])
  const Marker = folders.NextMarker
  const rest = new s3.ListObjectsCommand({ Bucket, Prefix: 'list/', Delimiter: '/', Marker })
  expect((await client.send(rest)).CommonPrefixes).toEqual([{ Prefix: 'list/2/' }])
  const Objects = [...keys, 'list/none'].map((Key) => ({ Key }))
  const removed = await client.send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
  expect([removed.Deleted?.length, removed.Errors]).toEqual([13, undefined])
  const { KeyCount } = await client.send(new s3.ListObjectsV2Command(asked))
  expect(KeyCount).toBe(0)
})

test('uploads in parts: a stream through lib-storage, parts listed by pages, a part copied', async () => {
  const bytes = randomBytes(11_000_000)
  const Body = Readable.from([bytes])
  const upload = new Upload({ client, params: { Bucket, Key: 'large', Body } })
  expect((await upload.done()).ETag).toMatch(/-3"$/)
  const { Body: read } = await client.send(new s3.GetObjectCommand({ Bucket, Key: 'large' }))
  expect(Buffer.from((await read?.transformToByteArray()) ?? []).equals(bytes)).toBe(true)

  const Key = 'pasted'
  const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }))
  const first = bytes.subarray(0, 5_242_880)
  const part = { Bucket, Key, UploadId }
  await client.send(new s3.UploadPartCommand({ ...part, PartNumber: 1, Body: first }))
  const CopySourceRange = `bytes=${first.length}-${first.length + 99}`
  const source = { CopySource: `${Bucket}/large`, CopySourceRange }
  await client.send(new s3.UploadPartCopyCommand({ ...part, PartNumber: 2, ...source }))
  const Parts: s3.Part[] = []
  for await (const page of s3.paginateListParts({ client, pageSize: 1 }, { ...part, MaxParts: 1 }))
    Parts.push(...(page.Parts ?? []))
  expect(Parts.map(({ Size }) => Size)).toEqual([first.length, 100])
  await client.send(new s3.CompleteMultipartUploadCommand({ ...part, MultipartUpload: { Parts } }))
  expect((await textOf(Key)).length).toBeGreaterThan(0)
  const head = await client.send(new s3.HeadObjectCommand({ Bucket, Key }))
  expect(head.ContentLength).toBe(first.length + 100)
})

test('presigned: get, put and a form', async () => {
  const target = { Bucket, Key: 'presigned' }
  const at = await getSignedUrl(client, new s3.PutObjectCommand(target), { expiresIn: 60 })
  expect((await fetch(at, { method: 'PUT', body: 'by url' })).status).toBe(200)
  const from = await getSignedUrl(client, new s3.GetObjectCommand(target), { expiresIn: 60 })
  expect(await (await fetch(from)).text()).toBe('by url')
  const form = new FormData()
  const { url, fields } = await createPresignedPost(client, { Bucket, Key: 'form', Expires: 60 })
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob(['by form']))
  expect((await fetch(url, { method: 'POST', body: form })).ok).toBe(true)
  expect(await textOf('form')).toBe('by form')
})

const hasRclone = spawnSync('rclone', ['version']).status === 0
test.skipIf(!hasRclone)('rclone (in Go): copy in parts, check, list, move, remove', async () => {
  const remote = `:s3,provider=Other,access_key_id=key,secret_access_key=secret,region=local,endpoint='${server.url}/storage/v1/s3',chunk_size=5Mi,upload_cutoff=5Mi:files`
  const flags = ['--config', '', '--retries', '1']
  const run = async (...args: string[]): Promise<string> =>
    // it cannot do with a bundle of certificates that the environment names
    (await promisify(execFile)('env', ['-u', 'AWS_CA_BUNDLE', 'rclone', ...flags, ...args])).stdout
  const local = join(folder, 'tree')
  mkdirSync(join(local, 'sub folder'), { recursive: true })
  writeFileSync(join(local, 'sub folder', 'in +&.bin'), randomBytes(6_000_000))
  writeFileSync(join(local, 'small.txt'), 'small')
  await run('copy', local, `${remote}/cmd`)
  await run('check', '--download', local, `${remote}/cmd`)
  expect((await run('lsf', '-R', `${remote}/cmd`)).split('\n').toSorted()).toEqual([
    '',
    'small.txt',
    'sub folder/',
    'sub folder/in +&.bin',
  ])
  await run('moveto', `${remote}/cmd/small.txt`, `${remote}/cmd/moved.txt`)
  expect(await run('cat', `${remote}/cmd/moved.txt`)).toBe('small')
  await run('delete', `${remote}/cmd`)
  expect(await run('lsf', '-R', `${remote}/cmd`)).toBe('')
})
