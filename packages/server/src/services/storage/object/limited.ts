/** A stream of bytes that ends with an error where it grows too long. */
import { storageErrors } from '#services/storage/core'

export async function* limited(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<Uint8Array> {
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) throw storageErrors.EntityTooLarge()
    yield chunk
  }
}
