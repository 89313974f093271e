/** The stores that need no other server. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Blob, BlobKey, ByteRange } from '#base/blob'
import { blobSuite } from '@basalt/server/testing/suites'
import { createDiskStore } from './disk-store.ts'
import { keepSmall } from './kept-store.ts'
import { createMemoryStore } from './memory-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-blobs-'))
afterAll(() => rmSync(folder, { recursive: true }))

blobSuite('memory', () => createMemoryStore())
blobSuite('disk', () => createDiskStore(join(folder, 'objects')))
blobSuite('disk, small ones kept', () =>
  keepSmall(createDiskStore(join(folder, 'kept')), 1_000_000),
)

/** Files of ours that this process has open. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`)
      return file.startsWith(folder) ? [file] : []
    } catch {
      return []
    }
  })
}

test.runIf(process.platform === 'linux')('bytes that nobody reads are let go', async () => {
  const store = createDiskStore(join(folder, 'unread'))
  const key = { bucketId: 'b', name: 'large', version: 'v' }
  const facts = { contentType: 'text/plain', cacheControl: 'no-cache' }
  const bytes = async function* (): AsyncIterable<Uint8Array> {
    yield Buffer.alloc(1_000_000)
  }
  await store.put(key, bytes(), facts)
  const blob = await store.get(key, null)
  expect(openFiles()).toHaveLength(1)
  await blob?.body[Symbol.asyncIterator]().return?.()
  await expect.poll(openFiles).toEqual([])
})

test('small blobs are read once, within the memory they may have; what has no version each time', async () => {
  const inner = createMemoryStore()
  const reads: string[] = []
  const counting = {
    ...inner,
    get: (key: BlobKey, range: ByteRange | null) => {
      reads.push(key.name)
      return inner.get(key, range)
    },
  }
  const store = keepSmall(counting, 4_000)
  const facts = { contentType: 'text/plain', cacheControl: 'no-cache' }
  const bytes = async function* (): AsyncIterable<Uint8Array> {
    yield Buffer.alloc(1_000, 'a')
  }
  const keyOf = (name: string, version = 'v'): BlobKey => ({ bucketId: 'b', name, version })
  const names = ['1', '2', '3', 'bare']
  for (const name of names) await store.put(keyOf(name, name === 'bare' ? '' : 'v'), bytes(), facts)
  await store.get(keyOf('1'), null)
  expect(await store.get(keyOf('1'), { start: 0, end: 1 })).toMatchObject({ size: 1_000 })
  expect((await store.get(keyOf('1'), { start: 0, end: 1 }))?.bytes).toHaveLength(2)
  for (const name of ['2', '1', '3', '1', '2']) await store.get(keyOf(name), null)
  // the third had to make room: the second was used longest ago
  expect(reads).toEqual(['1', '2', '3', '2'])
  for (let i = 0; i < 2; i++) await store.get(keyOf('bare', ''), null)
  expect(reads.slice(4)).toEqual(['bare', 'bare'])
  await store.delete([keyOf('1')])
  expect(await store.get(keyOf('1'), null)).toBeNull()
})

test('memory that is given back is used again, and never while a chunk of it is out', async () => {
  const store = createDiskStore(join(folder, 'again'))
  const facts = { contentType: 'text/plain', cacheControl: 'no-cache' }
  const keys = ['a', 'b'].map((name): BlobKey => ({ bucketId: 'b', name, version: 'v' }))
  for (const key of keys)
    await store.put(
      key,
      (async function* () {
        yield Buffer.alloc(3_000_000, key.name)
      })(),
      facts,
    )
  const memory = new Set<ArrayBufferLike>()
  const blobs = (await Promise.all(keys.map((key) => store.get(key, null)))) as Blob[]
  const readers = blobs.map(({ body }) => body[Symbol.asyncIterator]())
  const out: { readonly chunk: Uint8Array; readonly letter: number }[] = []
  for (let turn = 0; turn < 11; turn++)
    for (const [i, reader] of readers.entries()) {
      const { value: chunk } = (await reader.next()) as IteratorYieldResult<Uint8Array>
      memory.add(chunk.buffer)
      out.push({ chunk, letter: 97 + i })
      for (const one of out) expect(one.chunk.every((byte) => byte === one.letter)).toBe(true)
      const oldest = out.length > 3 ? out.shift() : undefined
      // a second time, and by another, is none: the memory may be somebody else's by then
      for (const { body } of [...blobs, ...blobs]) if (oldest) body.release?.(oldest.chunk)
    }
  for (const reader of readers) await reader.return?.()
  // of 22 chunks: those that were out, and those read ahead
  expect(memory.size).toBeLessThanOrEqual(8)
})
