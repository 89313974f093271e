/** The bytes of an upload, out of whatever frames them, checked against what was signed and against checksums: the last chunk is given only when all is right. */
import { createHash } from 'node:crypto'
import type { StorageContext } from '#services/storage/core'
import type { S3Caller } from './authorize.ts'
import { openChecksum } from './checksums.ts'
import type { Checksum } from './checksums.ts'
import { decodeChunks } from './chunked-body.ts'
import { s3Errors } from './errors.ts'

export interface S3Body {
  /** Of the object, where it is said. */
  readonly length: number | null
  readonly bytes: AsyncIterable<Uint8Array>
}

const hexDigest = /^[0-9a-f]{64}$/
const byHeader = [
  'content-md5',
  'x-amz-checksum-crc32',
  'x-amz-checksum-crc32c',
  'x-amz-checksum-sha1',
  'x-amz-checksum-sha256',
]

export function readBodyOf(context: StorageContext, { claim, key }: S3Caller): S3Body {
  const { headers, body } = context.request
  const isFramed =
    claim.payload.startsWith('STREAMING-') ||
    (headers['content-encoding'] ?? '').includes('aws-chunked')
  const trailers = new Map<string, string>()
  const length = headers[isFramed ? 'x-amz-decoded-content-length' : 'content-length']
  const given = length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null
  const source = isFramed ? decodeChunks(body.stream(), { claim, key, trailers }) : body.stream()
  const checks = checksOf(headers, trailers)
  const digest = hexDigest.test(claim.payload) ? claim.payload : null
  const isCut = (): boolean => isFramed && missingTrailer(headers, trailers)
  return { length: given, bytes: checked(source, { length: given, digest, checks, isCut }) }
}

/** What is announced to come behind the body has to. */
function missingTrailer(
  headers: StorageContext['request']['headers'],
  trailers: ReadonlyMap<string, string>,
): boolean {
  return (headers['x-amz-trailer'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .some((name) => name !== '' && !trailers.has(name))
}

interface Check {
  readonly checksum: Checksum
  /** Known at the end, where a trailer says it. */
  readonly wanted: () => string | undefined
}

function checksOf(
  headers: StorageContext['request']['headers'],
  trailers: ReadonlyMap<string, string>,
): Check[] {
  const announced = (headers['x-amz-trailer'] ?? '').split(',').map((name) => name.trim())
  const names = [...byHeader.filter((name) => headers[name] !== undefined), ...announced]
  return names.flatMap((name) => {
    const checksum = openChecksum(name.toLowerCase())
    const wanted = (): string | undefined => headers[name] ?? trailers.get(name.toLowerCase())
    return checksum === null ? [] : [{ checksum, wanted }]
  })
}

interface Wanted {
  readonly length: number | null
  readonly digest: string | null
  readonly checks: readonly Check[]
  readonly isCut: () => boolean
}

async function* checked(
  source: AsyncIterable<Uint8Array>,
  { length, digest, checks, isCut }: Wanted,
): AsyncIterable<Uint8Array> {
  const hash = digest === null ? null : createHash('sha256')
  let size = 0
  for await (const chunk of source) {
    size += chunk.length
    hash?.update(chunk)
    for (const { checksum } of checks) checksum.update(chunk)
    yield chunk
  }
  if (isCut() || (length !== null && size !== length)) throw s3Errors.IncompleteBody()
  if (hash !== null && hash.digest('hex') !== digest) throw s3Errors.XAmzContentSHA256Mismatch()
  for (const { checksum, wanted } of checks) {
    const given = wanted()
    if (given !== undefined && checksum.digest() !== given) throw s3Errors.BadDigest()
  }
}
