/** A stream as the body of a blob. */
import type { Readable } from 'node:stream'

/** Ended before it is read it lets go of its file or connection too: a stream's own iterator does so only once it has begun. */
export function streamBody(stream: Readable): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
      return {
        next: () => chunks.next(),
        return: async () => {
          stream.destroy()
          await chunks.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
}
