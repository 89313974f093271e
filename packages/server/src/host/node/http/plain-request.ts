/**
 * Reads the requests that every reader of HTTP/1.1 reads alike; whatever else comes is left to node:http (docs/decisions/0008).
 */
import type { HttpHeaders } from '#base/http'
import { decodeValue, encodeTarget } from './header-text.ts'

export interface PlainRequest {
  readonly method: string
  /** In origin form: `/path?query`. */
  readonly target: string
  /** The object of the connection's request before, when the same headers were sent again. */
  readonly headers: HttpHeaders
  /** Empty when there is none. */
  readonly body: Uint8Array
}

interface HeaderBlock {
  /** From behind the request line to the empty line, both line ends included. */
  readonly bytes: Uint8Array
  readonly headers: HttpHeaders
  readonly bodyLength: number
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'])
/** No space, control character or fragment. Bytes beyond ASCII are taken as if they were percent-encoded. */
const plainTarget = /^\/[\x21\x22\x24-\x7e\x80-\xff]*$/
const version = ' HTTP/1.1'
const carriageReturn = 0x0d
const endOfHead = Buffer.from('\r\n\r\n')
const noBody = new Uint8Array(0)
const noBlock: HeaderBlock = { bytes: noBody, headers: {}, bodyLength: 0 }
/** A body that has not arrived whole with this much is read as a stream, by node:http. */
const maxBodyBytes = 262_144

/** Reads the requests of one connection. */
export class PlainRequestReader {
  readonly #maxHeadBytes: number
  #block = noBlock

  constructor(maxHeadBytes: number) {
    this.#maxHeadBytes = maxHeadBytes
  }

  /** `incomplete`: plain so far, but the body has not all come. Null: not plain, or not one request and nothing more. */
  read(chunk: Buffer): PlainRequest | 'incomplete' | null {
    const lineEnd = chunk.indexOf(carriageReturn)
    const line = lineEnd === -1 ? null : readRequestLine(chunk.toString('latin1', 0, lineEnd))
    if (line === null || !this.#findBlock(chunk, lineEnd)) return null
    const { bytes, headers, bodyLength } = this.#block
    const bodyStart = lineEnd + bytes.length
    if (bodyStart > this.#maxHeadBytes) return null
    const missing = bodyStart + bodyLength - chunk.length
    if (missing > 0) return 'incomplete'
    if (missing < 0) return null
    const body = bodyLength === 0 ? noBody : chunk.subarray(bodyStart)
    return { method: line.method, target: line.target, headers, body }
  }

  /** A client mostly sends the headers it sent before: comparing them is cheaper than reading them. */
  #findBlock(chunk: Buffer, start: number): boolean {
    const { bytes } = this.#block
    const end = start + bytes.length
    if (
      bytes.length > 0 &&
      end <= chunk.length &&
      chunk.compare(bytes, 0, bytes.length, start, end) === 0
    ) {
      return true
    }
    const emptyLine = chunk.indexOf(endOfHead, start)
    const block = emptyLine === -1 ? null : readBlock(chunk, start, emptyLine)
    if (block !== null) this.#block = block
    return block !== null
  }
}

function readRequestLine(line: string): { method: string; target: string } | null {
  if (!line.endsWith(version)) return null
  const space = line.indexOf(' ')
  const method = line.slice(0, space)
  const target = line.slice(space + 1, -version.length)
  return methods.has(method) && plainTarget.test(target)
    ? { method, target: encodeTarget(target) }
    : null
}

const field = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/
/** Those that change how the connection or the body is read; `__proto__` is no name for an object's property. */
const notPlain = new Set([
  '__proto__',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const digits = /^\d{1,9}$/

function readBlock(chunk: Buffer, start: number, emptyLine: number): HeaderBlock | null {
  const lines = chunk.toString('latin1', start + 2, emptyLine).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, given = '', value = ''] = field.exec(line) ?? []
    const name = given.toLowerCase()
    // a header that is sent twice is joined, overrides or is refused: node:http knows which
    if (name === '' || notPlain.has(name) || name in headers) return null
    headers[name] = decodeValue(value)
  }
  if (headers['host'] === undefined) return null
  if ((headers['connection'] ?? 'keep-alive').toLowerCase() !== 'keep-alive') return null
  const length = headers['content-length'] ?? '0'
  if (!digits.test(length) || Number(length) > maxBodyBytes) return null
  return {
    // a copy: a view would keep the whole chunk, 64 kB, for as long as the connection
    bytes: Buffer.from(chunk.subarray(start, emptyLine + 4)),
    headers,
    bodyLength: Number(length),
  }
}
