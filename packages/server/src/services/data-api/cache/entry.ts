/** An answer as it is kept: its bytes, what it was made of, and when. */
import { createHash } from 'node:crypto'
import { concatBytes } from '#base/http'
import type { HttpResponse } from '#base/http'

export interface Entry {
  readonly headers: HttpResponse['headers']
  readonly headerBytes: number
  readonly body: Uint8Array
  /** Statements saw every change up to this position of the log. */
  readonly lsn: bigint
  readonly tables: readonly number[]
  /** Milliseconds since 1970. */
  readonly storedAt: number
}

/** Of this request alone, not of the answer. */
const ofRequest = new Set(['server-timing', 'x-request-id', 'age', 'cache-status', 'date'])

/** Null where the answer is not to be kept. */
export function createEntry(
  response: HttpResponse,
  made: Pick<Entry, 'lsn' | 'tables' | 'storedAt'>,
  maxBytes: number,
): Entry | null {
  const { status, headers } = response
  if (status !== 200 || headers['set-cookie'] !== undefined) return null
  // what SQL says of caches is for ours too
  if (headers['cache-control'] !== undefined || !isOurs(headers['vary'])) return null
  const body = bytesOf(response.body, maxBytes)
  if (body === null) return null
  const kept: HttpResponse['headers'] = {}
  for (const [name, value] of Object.entries(headers)) if (!ofRequest.has(name)) kept[name] = value
  kept['etag'] ??=
    `"${createHash('sha256').update(body).update(JSON.stringify(kept)).digest('base64url').slice(0, 27)}"`
  return { ...made, headers: kept, headerBytes: JSON.stringify(kept).length, body }
}

/** Whether it varies by what answers are told apart by. */
function isOurs(vary: string | string[] | undefined): boolean {
  if (vary === undefined) return true
  const known = /^(?:accept|accept-profile|prefer|range|range-unit|authorization|apikey)$/
  return String(vary)
    .split(',')
    .every((name) => known.test(name.trim().toLowerCase()))
}

function bytesOf(body: HttpResponse['body'], maxBytes: number): Uint8Array | null {
  if (body === null) return new Uint8Array(0)
  if (typeof body === 'string') return body.length > maxBytes ? null : Buffer.from(body)
  if (body instanceof Uint8Array) return body.length > maxBytes ? null : new Uint8Array(body)
  if (Symbol.asyncIterator in body) return null
  const length = body.reduce((sum, part) => sum + part.length, 0)
  return length > maxBytes ? null : new Uint8Array(concatBytes(body, length))
}

/** A head as JSON behind its length, then the body. */
export function encodeEntry({ headers, body, lsn, tables, storedAt }: Entry): Buffer {
  const head = Buffer.from(JSON.stringify({ headers, lsn: String(lsn), tables, storedAt }))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(head.length)
  return Buffer.concat([length, head, body])
}

/** Null for what is none. */
export function decodeEntry(bytes: Buffer): Entry | null {
  try {
    const length = bytes.readUInt32BE(0)
    const head = JSON.parse(bytes.toString('utf8', 4, 4 + length)) as Omit<Entry, 'lsn'> & {
      lsn: string
    }
    const { headers, tables, storedAt } = head
    if (typeof headers !== 'object' || !Array.isArray(tables) || typeof storedAt !== 'number')
      return null
    const body = bytes.subarray(4 + length)
    return { headers, headerBytes: length, body, lsn: BigInt(head.lsn), tables, storedAt }
  } catch {
    return null
  }
}
