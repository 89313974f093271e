/** The stores that need no other server. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { blobSuite } from '#services/storage/testing'
import { createDiskStore } from './disk-store.ts'
import { createMemoryStore } from './memory-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-blobs-'))
afterAll(() => rmSync(folder, { recursive: true }))

blobSuite('memory', () => createMemoryStore())
blobSuite('disk', () => createDiskStore(join(folder, 'objects')))
