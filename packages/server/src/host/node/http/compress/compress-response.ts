/** Answers made smaller for clients that can read them so, where that is worth it. */
import { addVary, isBodyless } from '#base/http'
import type { HttpRequest, HttpResponse, StreamedBody } from '#base/http'
import { chooseEncoding } from './choose-encoding.ts'
import type { Encoding } from './choose-encoding.ts'
import { canCompressStream, compressStream, piecesOf } from './compress-stream.ts'
import { createEncoder, encodeAtOnce, encodings } from './encoders.ts'
import { forbidsTransform, isCompressible } from './is-compressible.ts'

export interface CompressionOptions {
  /** 1 (fast) to 9. */
  readonly level: number
  /** Smaller ones are sent as they are. */
  readonly minBytes: number
}

/** Up to here it is done at once, in 0.3 ms at most; larger ones are cut into pieces and done beside other requests. */
const maxBytesAtOnce = 65_536

/** The same answer where it is small, compressed already, or not to be changed. */
export function compressResponse(
  { level, minBytes }: CompressionOptions,
  request: HttpRequest,
  response: HttpResponse,
): HttpResponse {
  const { body, status, headers } = response
  if (status === 304) nameCompressed(request, headers)
  if (body === null) return response
  const length = lengthOf(body)
  if (length < minBytes || isBodyless(status) || !isCompressible(response)) return response
  if (isVerbatim(request)) return response
  addVary(headers, 'accept-encoding')
  const accepted = request.headers['accept-encoding']
  if (accepted === undefined || request.method === 'HEAD') return response
  const encoding = chooseEncoding(accepted, encodings)
  if (encoding === null || (length > maxBytesAtOnce && !canCompressStream())) return response
  return { status, headers: encodedHeaders(headers, encoding), body: encode(encoding, body) }

  function encode(to: Encoding, given: NonNullable<HttpResponse['body']>): HttpResponse['body'] {
    const open = () => createEncoder(to, level)
    if (isStream(given)) return compressStream(given, open)
    const parts = typeof given === 'string' ? [Buffer.from(given)] : [given].flat()
    if (length > maxBytesAtOnce) return compressStream(piecesOf(parts as Uint8Array[]), open)
    const [only, ...others] = parts as Uint8Array[]
    const whole = others.length === 0 ? only : Buffer.concat(parts as Uint8Array[])
    return encodeAtOnce(to, level, whole as Uint8Array)
  }
}

/** S3's clients compare what they get with what they know of it. */
function isVerbatim({ path, headers }: HttpRequest): boolean {
  return path.startsWith('/storage/v1/s3/') || forbidsTransform(headers['cache-control'])
}

/** Other bytes than those the tag was made for, of the same thing; ranges are of those bytes too. */
function encodedHeaders(given: HttpResponse['headers'], encoding: Encoding) {
  const headers: HttpResponse['headers'] = { ...given, 'content-encoding': encoding }
  const { etag } = headers
  if (typeof etag === 'string' && etag.startsWith('"')) headers['etag'] = `W/${etag}`
  delete headers['accept-ranges']
  return headers
}

/** What a client has compressed is known to him, and to caches between us, by the tag that it came with. */
function nameCompressed({ headers: asked }: HttpRequest, headers: HttpResponse['headers']): void {
  const { etag } = headers
  if (typeof etag !== 'string' || !etag.startsWith('"')) return
  if (asked['if-none-match']?.includes(`W/${etag}`) !== true) return
  headers['etag'] = `W/${etag}`
  addVary(headers, 'accept-encoding')
}

function isStream(body: HttpResponse['body']): body is StreamedBody {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

/** Infinity where it is not known. */
function lengthOf(body: NonNullable<HttpResponse['body']>): number {
  if (typeof body === 'string' || body instanceof Uint8Array) return body.length
  if (isStream(body)) return body.length ?? Infinity
  return body.reduce((sum, part) => sum + part.length, 0)
}
