/** Bytes that are there as the body of a blob. */

export async function* chunkBody(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
