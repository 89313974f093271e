/** Several ranges of an object as one body, `multipart/byteranges` (RFC 9110 section 14.6). */
import type { StreamedBody } from '#base/http'
import type { Blob, BlobKey, BlobStore, ByteRange } from '#base/blob'

interface Part {
  readonly head: Uint8Array
  readonly length: number
  readonly body: AsyncIterable<Uint8Array>
}

/** All are opened before the first is read: what is replaced meanwhile is read to its end. Null where the bytes are gone. */
export async function openRanges(
  blobs: BlobStore,
  key: BlobKey,
  ranges: readonly ByteRange[],
  { contentType, boundary }: { readonly contentType: string; readonly boundary: string },
): Promise<StreamedBody | null> {
  const parts: Part[] = []
  try {
    for (const range of ranges) {
      const blob = await blobs.get(key, range)
      if (blob === null) {
        await close(parts)
        return null
      }
      parts.push(partOf(blob, range, contentType, boundary))
    }
  } catch (error) {
    await close(parts)
    throw error
  }
  return joined(parts, Buffer.from(`\r\n--${boundary}--\r\n`))
}

function partOf(
  { size, body }: Blob,
  { start, end }: ByteRange,
  contentType: string,
  boundary: string,
): Part {
  const head = `\r\n--${boundary}\r\ncontent-type: ${contentType}\r\ncontent-range: bytes ${start}-${end}/${size}\r\n\r\n`
  return { head: Buffer.from(head), length: end - start + 1, body }
}

function joined(parts: readonly Part[], end: Uint8Array): StreamedBody {
  const length = parts.reduce((sum, part) => sum + part.head.length + part.length, end.length)
  return {
    length,
    [Symbol.asyncIterator]: () => {
      const chunks = chunksOf(parts, end)
      return {
        next: () => chunks.next(),
        return: async () => {
          // where it has not begun it closes nothing itself
          await chunks.return(undefined)
          await close(parts)
          return { done: true, value: undefined }
        },
      }
    },
  }
}

async function* chunksOf(parts: readonly Part[], end: Uint8Array): AsyncGenerator<Uint8Array> {
  try {
    for (const { head, body } of parts) {
      yield head
      yield* body
    }
    yield end
  } finally {
    await close(parts)
  }
}

async function close(parts: readonly Part[]): Promise<void> {
  for (const { body } of parts) await body[Symbol.asyncIterator]().return?.()
}
