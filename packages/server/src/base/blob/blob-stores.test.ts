/** The stores that need no other server. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { blobSuite } from '@basalt/server/testing/suites'
import { createDiskStore } from './disk-store.ts'
import { createMemoryStore } from './memory-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-blobs-'))
afterAll(() => rmSync(folder, { recursive: true }))

blobSuite('memory', () => createMemoryStore())
blobSuite('disk', () => createDiskStore(join(folder, 'objects')))

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
