/** An object as a response: conditions, ranges, and headers that keep what users uploaded from acting as a page of the project's. */
import { emptyResponse, jsonResponse } from '#base/http'
import type { HttpResponse, StreamedBody } from '#base/http'
import type { BlobKey, ByteRange } from '#base/blob'
import { newVersion, storageErrors } from '#services/storage/core'
import type { StorageContext } from '#services/storage/core'
import { openRanges } from './byte-ranges.ts'
import { setCaching } from './caching.ts'
import { isRangeWanted, isUnchanged } from './conditional.ts'
import { parseRanges } from './range.ts'
import type { ObjectRow } from './statements.ts'

type Headers = Record<string, string>

/** `expires` stands in the place of cache-control: until when a signed URL is good. */
export async function serveObject(
  context: StorageContext,
  row: ObjectRow,
  expires: Date | null = null,
): Promise<HttpResponse> {
  const { request } = context
  const etag = row.metadata?.eTag ?? `"${row.version}"`
  const modified = new Date(row.metadata?.lastModified ?? row.updated_at)
  const headers = objectHeaders(context, row, { etag, modified, expires })
  if (isUnchanged(request.headers, etag, modified)) return emptyResponse(304, headers)
  if (request.method === 'HEAD') return headResponse(row, headers)
  const wanted = isRangeWanted(request.headers, etag, modified)
    ? request.headers['range']
    : undefined
  // how long it is decides which ranges those are; the row knows
  const ranges = wanted === undefined ? null : parseRanges(wanted, row.metadata?.size ?? 0)
  return sendBytes(context, row, headers, ranges)
}

async function sendBytes(
  context: StorageContext,
  row: ObjectRow,
  headers: Headers,
  ranges: readonly ByteRange[] | null,
): Promise<HttpResponse> {
  const { blobs } = context
  const key: BlobKey = { bucketId: row.bucket_id, name: row.name, version: row.version }
  if (ranges !== null && ranges.length > 1) {
    const boundary = newVersion(context)
    const contentType = headers['content-type'] ?? ''
    const body = await openRanges(blobs, key, ranges, { contentType, boundary })
    if (body === null) throw storageErrors.BytesMissing()
    headers['content-type'] = `multipart/byteranges; boundary=${boundary}`
    return { status: 206, headers, body }
  }
  const range = ranges?.[0] ?? null
  const blob = await blobs.get(key, range)
  if (blob === null) throw storageErrors.BytesMissing()
  const length = range === null ? blob.size : range.end - range.start + 1
  if (range !== null) headers['content-range'] = `bytes ${range.start}-${range.end}/${blob.size}`
  const status = range === null ? 200 : 206
  // with its head in one write
  if (blob.bytes?.length === length) return { status, headers, body: blob.bytes }
  return { status, headers, body: withLength(blob.body, length) }
}

function withLength(body: StreamedBody, length: number): StreamedBody {
  return {
    length,
    release: (chunk) => body.release?.(chunk),
    [Symbol.asyncIterator]: () => body[Symbol.asyncIterator](),
  }
}

/** A body that is never read: the length a GET would have. */
function headResponse(row: ObjectRow, headers: Headers): HttpResponse {
  const length = row.metadata?.size ?? 0
  const body = { length, [Symbol.asyncIterator]: nothing }
  return { status: 200, headers, body }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

interface Facts {
  readonly etag: string
  readonly modified: Date
  readonly expires: Date | null
}

export function objectHeaders(
  context: StorageContext,
  row: ObjectRow,
  { etag, modified, expires }: Facts,
): Headers {
  const type = row.metadata?.mimetype ?? 'application/octet-stream'
  const headers: Headers = {
    'accept-ranges': 'bytes',
    'content-type': type,
    etag,
    'last-modified': modified.toUTCString(),
    'x-robots-tag': row.metadata?.xRobotsTag ?? 'none',
    'x-content-type-options': 'nosniff',
  }
  setCaching(headers, context, row, expires)
  const download = context.query.get('download')
  if (download !== null) headers['content-disposition'] = dispositionOf(download)
  keepFromActing(headers)
  return headers
}

/**
 * What users uploaded acts as no page of the project's, whatever type was said: HTML is text, and what browsers might run,
 * opened by itself, runs nowhere. To be called last: of a list of types browsers take the last, and XML has many names.
 */
export function keepFromActing(headers: Headers): void {
  const type = headers['content-type'] ?? ''
  if (/text\/html/i.test(type)) headers['content-type'] = 'text/plain'
  if (!inert.test(type) || active.test(type))
    headers['content-security-policy'] = "default-src 'none'; sandbox"
}

/** The policy would keep the browser's own viewers from showing these. */
const inert =
  /^(?:(?:image|video|audio|font)\/|application\/(?:pdf|json|octet-stream)|text\/(?:plain|css|csv))/i
const active = /html|svg|xml|xsl|script|multipart|message/i

/** `?download=` saves the object under its own name, `?download=name` under another. */
export function dispositionOf(name: string): string {
  if (name === '') return 'attachment;'
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename=${encoded}; filename*=UTF-8''${encoded}`
}

/** `publicUrl` of an object anybody may see, where a CDN shows it. */
export function describeObject(row: ObjectRow, publicUrl: string | null): HttpResponse {
  const { metadata } = row
  return jsonResponse(200, {
    id: row.id,
    name: row.name,
    version: row.version,
    bucket_id: row.bucket_id,
    size: metadata?.size ?? null,
    content_type: metadata?.mimetype ?? null,
    cache_control: metadata?.cacheControl ?? null,
    etag: metadata?.eTag ?? null,
    // an empty object where there is none, as supabase/storage's serialiser has it
    metadata: row.user_metadata ?? {},
    last_modified: metadata?.lastModified ?? null,
    created_at: row.created_at,
    ...(publicUrl === null ? {} : { public_url: publicUrl }),
  })
}
