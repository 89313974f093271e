/** What every blob store has to do, the same for all: `blobSuite('disk', () => createDiskStore(folder))`. */
import { randomBytes, randomUUID, createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BlobKey, BlobStore } from '#base/blob'

const options = { contentType: 'application/octet-stream', cacheControl: 'no-cache' }

async function* pieces(bytes: Uint8Array, size = 65_536): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function* broken(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
  await Promise.resolve()
  throw new Error('the client has gone')
}

async function read(store: BlobStore, key: BlobKey, range: [number, number] | null = null) {
  const blob = await store.get(key, range === null ? null : { start: range[0], end: range[1] })
  if (blob === null) return null
  const parts: Uint8Array[] = []
  for await (const part of blob.body) parts.push(part)
  return { size: blob.size, bytes: Buffer.concat(parts) }
}

const key = (name = `a/${randomUUID()}.txt`, bucketId = 'bucket'): BlobKey => ({
  bucketId,
  name,
  version: randomUUID(),
})

export function blobSuite(title: string, open: () => BlobStore | Promise<BlobStore>): void {
  describe(`blobs: ${title}`, () => {
    let store: BlobStore
    beforeAll(async () => void (store = await open()))
    afterAll(() => store.close())

    test.each([0, 1, 65_536, 65_537, 3_000_000])(
      '%d bytes come back, with size and digest',
      async (size) => {
        const bytes = randomBytes(size)
        const at = key()
        const stored = await store.put(at, pieces(bytes), options)
        expect(stored.size).toBe(size)
        expect(stored.etag).toMatch(/^"[0-9a-f]{32}(?:-\d+)?"$/)
        const whole = await read(store, at)
        expect(whole?.size).toBe(size)
        expect(whole?.bytes.equals(bytes)).toBe(true)
      },
    )

    test('ranges are both ends included', async () => {
      const bytes = randomBytes(200_000)
      const at = key()
      await store.put(at, pieces(bytes), options)
      for (const range of [
        [0, 0],
        [10, 99],
        [199_999, 199_999],
        [5, 150_000],
      ] as [number, number][]) {
        const part = await read(store, at, range)
        expect(part?.size).toBe(200_000)
        expect(part?.bytes.equals(bytes.subarray(range[0], range[1] + 1))).toBe(true)
      }
    })

    test('what is not there is null, and its removal nothing', async () => {
      expect(await store.get(key(), null)).toBeNull()
      await store.delete([key(), key()])
      expect(await store.copy(key(), key())).toBe(false)
    })

    test('a body that breaks off leaves nothing', async () => {
      const at = key()
      await expect(store.put(at, broken(randomBytes(100_000)), options)).rejects.toThrow('gone')
      expect(await store.get(at, null)).toBeNull()
    })

    describeKeeping(() => store)
    describeUploads(() => store)
  })
}

function describeUploads(open: () => BlobStore): void {
  test('an upload in pieces goes on where it broke off, and becomes a blob', async () => {
    const { uploads } = open()
    const bytes = randomBytes(14_000_000)
    const id = randomUUID()
    expect(await uploads.size(id)).toBeNull()
    await uploads.begin(id)
    expect(await uploads.size(id)).toBe(0)
    const first = await uploads.append(id, 0, broken(bytes.subarray(0, 6_291_456)))
    expect(first.failure).toMatchObject({ message: 'the client has gone' })
    expect(await uploads.size(id)).toBe(first.size)
    const second = await uploads.append(id, first.size, pieces(bytes.subarray(first.size)))
    expect(second).toEqual({ size: bytes.length, failure: null })
    const at = key()
    const stored = await uploads.finish(id, at, options)
    expect(stored.size).toBe(bytes.length)
    expect((await read(open(), at))?.bytes.equals(bytes)).toBe(true)
    expect(await uploads.size(id)).toBeNull()
  })

  test('an upload that is given up is gone', async () => {
    const id = randomUUID()
    await open().uploads.begin(id)
    await open().uploads.append(id, 0, pieces(Buffer.from('x')))
    await open().uploads.discard(id)
    expect(await open().uploads.size(id)).toBeNull()
  })
}

function describeKeeping(open: () => BlobStore): void {
  test('a copy lives on when its source is removed', async () => {
    const [from, to] = [key(), key()]
    await open().put(from, pieces(Buffer.from('same')), options)
    expect(await open().copy(from, to)).toBe(true)
    await open().delete([from])
    expect(await open().get(from, null)).toBeNull()
    expect((await read(open(), to))?.bytes.toString()).toBe('same')
  })

  test('a blob that is removed while it is read is read to its end', async () => {
    const bytes = randomBytes(2_000_000)
    const at = key()
    await open().put(at, pieces(bytes), options)
    const blob = await open().get(at, null)
    await open().delete([at])
    const hash = createHash('md5')
    for await (const part of blob?.body ?? []) hash.update(part)
    expect(hash.digest('hex')).toBe(createHash('md5').update(bytes).digest('hex'))
  })

  test('names of any kind are names, and lead nowhere else', async () => {
    const names = [
      'A.txt',
      'a.txt',
      '../up',
      '..',
      'a//b',
      'ä/ö',
      'CON',
      'x'.repeat(1000),
      'sp ace',
      'q\'u"o',
    ]
    const keys = names.map((name) => key(name))
    for (const [i, at] of keys.entries())
      await open().put(at, pieces(Buffer.from(String(i))), options)
    for (const [i, at] of keys.entries())
      expect((await read(open(), at))?.bytes.toString()).toBe(String(i))
  })

  test('all that is kept is listed', async () => {
    const at = key()
    const sizeOf = async (): Promise<number> => {
      let count = 0
      for await (const _ of open().list()) count++
      return count
    }
    const before = await sizeOf()
    await open().put(at, pieces(Buffer.from('x')), options)
    expect(await sizeOf()).toBe(before + 1)
    await open().delete([at])
    expect(await sizeOf()).toBe(before)
  })
}
