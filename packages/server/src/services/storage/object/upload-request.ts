/** What an upload says of its object: from headers and a raw body, or from the fields of a form. The bytes stay a stream. */
import { TooMuchJson, isJsonObject, parseJson } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { storageErrors } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { readForm } from './multipart.ts'
import { checkRobotsTag } from './robots-tag.ts'

export interface UploadRequest {
  readonly contentType: string
  readonly cacheControl: string
  readonly robotsTag: string | null
  readonly userMetadata: JsonObject | null
  /** Of the object, where it is known beforehand. */
  readonly contentLength: number | null
  readonly body: AsyncIterable<Uint8Array>
  /** To be called when nobody reads on. */
  discard(): void
}

const maxMetadataBytes = 1024 * 1024

export async function readUpload(context: StorageContext): Promise<UploadRequest> {
  const { headers } = context.request
  const type = headers['content-type']
  if (type !== undefined && !/^[\x20-\x7e]*$/.test(type)) throw storageErrors.InvalidContentType()
  const robotsTag = checkRobotsTag(headers['x-robots-tag'])
  if (/^multipart\/form-data\b/i.test(type ?? '')) {
    const form = await readForm(context.request)
    const seconds = form.fields.get('cacheControl') ?? ''
    return {
      contentType: form.fields.get('contentType') ?? form.contentType,
      cacheControl: seconds === '' ? 'no-cache' : cacheControlOf(seconds),
      robotsTag,
      userMetadata: parseMetadata(form.fields.get('metadata') ?? form.fields.get('userMetadata')),
      contentLength: null,
      body: form.body,
      discard: () => form.discard(),
    }
  }
  return {
    contentType: type === undefined || type === '' ? 'application/octet-stream' : type,
    cacheControl: headers['cache-control'] ?? 'no-cache',
    robotsTag,
    userMetadata: metadataHeader(context),
    contentLength: contentLengthOf(headers['content-length']),
    body: context.request.body.stream(),
    // a body that nobody has begun to read is dropped by itself, and one that somebody has left
    discard: () => {},
  }
}

/** `3600` → `max-age=3600`; a whole directive stays one. */
function cacheControlOf(given: string): string {
  return /^\d+$/.test(given) ? `max-age=${given}` : given
}

function contentLengthOf(header: string | undefined): number | null {
  return header === undefined || !/^\d+$/.test(header) ? null : Number(header)
}

/** The header `x-metadata`: base64 of JSON; what is not is left out. */
export function metadataHeader({ request }: StorageContext): JsonObject | null {
  const header = request.headers['x-metadata']
  return header === undefined ? null : parseMetadata(Buffer.from(header, 'base64').toString('utf8'))
}

export function parseMetadata(text: string | undefined): JsonObject | null {
  if (text === undefined || text === '') return null
  if (Buffer.byteLength(text) > maxMetadataBytes) throw storageErrors.EntityTooLarge()
  try {
    const value = parseJson(text)
    return isJsonObject(value) ? value : null
  } catch (cause) {
    if (!(cause instanceof TooMuchJson)) return null
    throw storageErrors.Malformed({ message: `metadata: ${cause.message}` }, cause)
  }
}
