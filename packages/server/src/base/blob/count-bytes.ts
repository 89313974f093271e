/** A store that counts what goes in and what comes out. */
import type { StreamedBody } from '#base/http'
import type { BlobStore } from './blob-store.ts'

export interface BlobCounts {
  in: number
  out: number
}

export function countBytes(store: BlobStore, counts: BlobCounts): BlobStore {
  async function* incoming(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      counts.in += chunk.length
      yield chunk
    }
  }
  return {
    ...store,
    put: (key, body, options) => store.put(key, incoming(body), options),
    get: async (key, range) => {
      const blob = await store.get(key, range)
      if (blob === null) return null
      if (blob.bytes === undefined) return { ...blob, body: outgoing(blob.body, counts) }
      counts.out += blob.bytes.length
      return blob
    },
    // asked each time: tests put something in the way
    copy: (from, to) => store.copy(from, to),
    uploads: {
      ...store.uploads,
      append: (id, offset, body) => store.uploads.append(id, offset, incoming(body)),
    },
  }
}

function outgoing(body: StreamedBody, counts: BlobCounts): StreamedBody {
  return {
    ...(body.length === undefined ? {} : { length: body.length }),
    release: (chunk) => body.release?.(chunk),
    [Symbol.asyncIterator]: () => {
      const chunks = body[Symbol.asyncIterator]()
      return {
        next: async () => {
          const next = await chunks.next()
          if (next.done !== true) counts.out += next.value.length
          return next
        },
        return: async () => (await chunks.return?.()) ?? { done: true, value: undefined },
      }
    },
  }
}
