/** AWS Signature Version 4: what a request claims, and what it would have to say (docs.aws.amazon.com, "Signature calculations"). Pure. */
import { createHash, createHmac } from 'node:crypto'
import type { HttpHeaders } from '#base/http'
import { s3Errors } from './errors.ts'

/** What a request says of its signature. */
export interface Claimed {
  readonly accessKeyId: string
  /** `20260101` */
  readonly date: string
  readonly region: string
  readonly service: string
  /** `20260101T000000Z` */
  readonly time: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** As it went into the signature: a digest, `UNSIGNED-PAYLOAD`, `STREAMING-…`. */
  readonly payload: string
  readonly sessionToken: string | null
  /** Seconds a presigned URL is good for; null for a signed request. */
  readonly expiresSeconds: number | null
}

const algorithm = 'AWS4-HMAC-SHA256'

/** Null where a request has no signature at all. */
export function readClaim(headers: HttpHeaders, query: URLSearchParams): Claimed | null {
  if (query.get('X-Amz-Algorithm') !== null) return presigned(query)
  const authorization = headers['authorization']
  if (authorization === undefined) return null
  const [, parameters] = /^AWS4-HMAC-SHA256\s+(.*)$/.exec(authorization) ?? []
  if (parameters === undefined) return null
  const fields = new Map(
    parameters.split(',').map((part) => {
      const [name = '', ...value] = part.trim().split('=')
      return [name, value.join('=')] as const
    }),
  )
  return {
    ...credentialOf(fields.get('Credential') ?? ''),
    time: headers['x-amz-date'] ?? '',
    signedHeaders: (fields.get('SignedHeaders') ?? '').split(';'),
    signature: fields.get('Signature') ?? '',
    payload: headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
    sessionToken: headers['x-amz-security-token'] ?? null,
    expiresSeconds: null,
  }
}

function presigned(query: URLSearchParams): Claimed {
  if (query.get('X-Amz-Algorithm') !== algorithm) throw malformed('X-Amz-Algorithm')
  const expires = Number(query.get('X-Amz-Expires'))
  if (!Number.isInteger(expires) || expires < 1 || expires > 604_800)
    throw malformed('X-Amz-Expires is from 1 to 604800')
  return {
    ...credentialOf(query.get('X-Amz-Credential') ?? ''),
    time: query.get('X-Amz-Date') ?? '',
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'),
    signature: query.get('X-Amz-Signature') ?? '',
    payload: query.get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD',
    sessionToken: query.get('X-Amz-Security-Token'),
    expiresSeconds: expires,
  }
}

export function credentialOf(credential: string) {
  const parts = credential.split('/')
  const [date = '', region = '', service = '', end = ''] = parts.slice(-4)
  if (parts.length < 5 || end !== 'aws4_request') throw malformed('Credential')
  return { accessKeyId: parts.slice(0, -4).join('/'), date, region, service }
}

function malformed(reason: string) {
  return s3Errors.AuthorizationHeaderMalformed({ reason })
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest()

/** The key that signs one day's requests, and their chunks. */
export function signingKey(claim: Claimed, secret: string): Buffer {
  const day = hmac(`AWS4${secret}`, claim.date)
  return hmac(hmac(hmac(day, claim.region), claim.service), 'aws4_request')
}

export interface SignedRequest {
  readonly method: string
  /** As the client sent it, prefix included, percent-encoded. */
  readonly path: string
  readonly query: string
  readonly headers: HttpHeaders
}

/** The signature the request has to have. */
export function signatureOf(request: SignedRequest, claim: Claimed, key: Buffer): string {
  const headers = claim.signedHeaders
    .map((name) => `${name}:${headerOf(request, name).trim().replace(/ +/g, ' ')}\n`)
    .join('')
  const canonical = [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    headers,
    claim.signedHeaders.join(';'),
    claim.payload,
  ].join('\n')
  const text = [algorithm, claim.time, scopeOf(claim), sha256(canonical)].join('\n')
  return createHmac('sha256', key).update(text).digest('hex')
}

/** Names come from the request: `constructor` is no header. */
function headerOf({ headers }: SignedRequest, name: string): string {
  return Object.hasOwn(headers, name) ? (headers[name] ?? '') : ''
}

export function scopeOf({ date, region, service }: Claimed): string {
  return `${date}/${region}/${service}/aws4_request`
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Clients encode more or less of a path: both become the one form that is signed. */
function canonicalPath(path: string): string {
  return path
    .split('/')
    .map((segment) => encode(decode(segment)))
    .join('/')
}

function canonicalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.replaceAll('+', '%20').split('=')
      return [encode(decode(name)), encode(decode(value.join('=')))] as const
    })
    .filter(([name]) => name !== 'X-Amz-Signature')
  return pairs
    .toSorted(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}
