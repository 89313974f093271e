/** Blobs in memory, for tests and for platforms inside a process that were given no folder. */
import { createHash } from 'node:crypto'
import { concatBytes } from '#base/http'
import { pathOf } from './blob-store.ts'
import { chunkBody } from './chunk-body.ts'
import type { Appended, BlobStore, Stored, UploadStore } from './blob-store.ts'

interface Kept {
  readonly bytes: Uint8Array
  readonly modifiedMs: number
}

export function createMemoryStore(): BlobStore {
  const blobs = new Map<string, Kept>()
  const keep = (name: string, bytes: Uint8Array): Stored => {
    blobs.set(name, { bytes, modifiedMs: Date.now() })
    return { size: bytes.length, etag: `"${createHash('md5').update(bytes).digest('hex')}"` }
  }
  return {
    put: async (key, body) => keep(pathOf(key), await collect(body)),
    get: (key, range) => {
      const bytes = blobs.get(pathOf(key))?.bytes
      if (bytes === undefined) return Promise.resolve(null)
      const part = range === null ? bytes : bytes.subarray(range.start, range.end + 1)
      return Promise.resolve({ size: bytes.length, bytes: part, body: chunkBody(part) })
    },
    copy: (from, to) => {
      const kept = blobs.get(pathOf(from))
      if (kept !== undefined) keep(pathOf(to), kept.bytes)
      return Promise.resolve(kept !== undefined)
    },
    delete: (keys) => {
      for (const key of keys) blobs.delete(pathOf(key))
      return Promise.resolve()
    },
    nameOf: pathOf,
    deleteNamed: (names) => {
      for (const name of names) blobs.delete(name)
      return Promise.resolve()
    },
    uploads: memoryUploads(keep),
    list: async function* () {
      for (const [name, { bytes, modifiedMs }] of blobs)
        yield { name, size: bytes.length, modifiedMs }
    },
    close: () => Promise.resolve(),
  }
}

function memoryUploads(keep: (name: string, bytes: Uint8Array) => Stored): UploadStore {
  const uploads = new Map<string, Uint8Array[]>()
  const sizeOf = (parts: readonly Uint8Array[]): number =>
    parts.reduce((size, part) => size + part.length, 0)
  return {
    begin: (id) => Promise.resolve(void uploads.set(id, [])),
    size: (id) => {
      const parts = uploads.get(id)
      return Promise.resolve(parts === undefined ? null : sizeOf(parts))
    },
    append: async (id, _offset, body): Promise<Appended> => {
      const parts = uploads.get(id) ?? []
      let failure: unknown = null
      try {
        for await (const chunk of body) parts.push(chunk)
      } catch (error) {
        failure = error
      }
      return { size: sizeOf(parts), failure }
    },
    finish: (id, key) => {
      const parts = uploads.get(id) ?? []
      uploads.delete(id)
      return Promise.resolve(keep(pathOf(key), concatBytes(parts, sizeOf(parts))))
    },
    discard: (id) => Promise.resolve(void uploads.delete(id)),
    list: async function* () {
      for (const [name, parts] of uploads)
        yield { name, size: sizeOf(parts), modifiedMs: Date.now() }
    },
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    parts.push(chunk)
    length += chunk.length
  }
  return concatBytes(parts, length)
}
