/** Request bodies: from bytes or a stream, read within a limit, parsed as JSON. */
import { parseJson } from '#base/kernel'
import { httpErrors } from './errors.ts'
import type { HttpRequest, RequestBody } from './message.ts'

/** A body whose bytes are known, for requests made in process. */
export function bytesBody(bytes: Uint8Array): RequestBody {
  return {
    read: (maxBytes) =>
      bytes.length > maxBytes
        ? Promise.reject(httpErrors.body_too_large({ maxBytes }))
        : Promise.resolve(bytes),
    stream: async function* () {
      if (bytes.length > 0) yield bytes
    },
  }
}

/** A body that arrives in chunks; reading stops at the limit. */
export function streamBody(open: () => AsyncIterable<Uint8Array>): RequestBody {
  return { stream: open, read: (maxBytes) => collect(open(), maxBytes) }
}

async function collect(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > maxBytes) throw httpErrors.body_too_large({ maxBytes })
    parts.push(chunk)
  }
  return concatBytes(parts, length)
}

/** One array from many; a single part is handed on as it is. */
export function concatBytes(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The body as JSON; an empty one is `undefined`.
 * @throws PlatformError 413 `body_too_large`, 400 `invalid_json` (invalid UTF-8 and too many values included).
 */
export async function readJson(request: HttpRequest, maxBytes: number): Promise<unknown> {
  const bytes = await request.body.read(maxBytes)
  if (bytes.length === 0) return undefined
  try {
    return parseJson(strictUtf8.decode(bytes))
  } catch (error) {
    throw httpErrors.invalid_json({ reason: error instanceof Error ? error.message : '' }, error)
  }
}
