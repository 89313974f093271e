/** The stores that need no other server. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { BlobKey, ByteRange } from '#base/blob'
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
