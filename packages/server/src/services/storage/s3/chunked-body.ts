/** `aws-chunked`: `<size in hex>[;chunk-signature=…]CRLF<bytes>CRLF … 0[;…]CRLF<trailers>CRLF`, each chunk signed on top of the one before. */
import { createHash, createHmac } from 'node:crypto'
import { constantTimeEqual } from '#base/token'
import { s3Errors } from './errors.ts'
import { scopeOf } from './signature.ts'
import type { Claimed } from './signature.ts'

export interface Framing {
  readonly claim: Claimed
  readonly key: Buffer
  /** Filled when the body has ended. */
  readonly trailers: Map<string, string>
}

const maxLineBytes = 4_096
const maxTrailers = 16
const emptyDigest = createHash('sha256').digest('hex')

export async function* decodeChunks(
  source: AsyncIterable<Uint8Array>,
  framing: Framing,
): AsyncIterable<Uint8Array> {
  const reader = new FrameReader(source)
  const isSigned = framing.claim.payload.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')
  let before = framing.claim.signature
  for (;;) {
    const header = await reader.line()
    const [, hex, signature] =
      /^([0-9a-f]{1,10})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(header) ?? []
    if (hex === undefined || (isSigned && signature === undefined)) throw s3Errors.IncompleteBody()
    const size = Number.parseInt(hex, 16)
    const hash = createHash('sha256')
    for await (const piece of reader.bytes(size)) {
      if (isSigned) hash.update(piece)
      yield piece
    }
    if (isSigned) {
      const wanted = chunkSignature(framing, before, hash.digest('hex'))
      if (!constantTimeEqual(signature as string, wanted)) throw s3Errors.SignatureDoesNotMatch()
      before = wanted
    }
    if (size === 0) break
    if ((await reader.line()) !== '') throw s3Errors.IncompleteBody()
  }
  await readTrailers(reader, framing)
}

function chunkSignature({ claim, key }: Framing, before: string, digest: string): string {
  const text = [
    'AWS4-HMAC-SHA256-PAYLOAD',
    claim.time,
    scopeOf(claim),
    before,
    emptyDigest,
    digest,
  ].join('\n')
  return createHmac('sha256', key).update(text).digest('hex')
}

async function readTrailers(reader: FrameReader, { trailers }: Framing): Promise<void> {
  for (let i = 0; i < maxTrailers; i++) {
    const line = await reader.line('')
    if (line === '') return
    const colon = line.indexOf(':')
    if (colon === -1) throw s3Errors.IncompleteBody()
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
}

/** Lines and counted bytes out of a stream, without keeping more than a line of it. */
class FrameReader {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Up to CRLF. `atEnd` is what the end of the stream stands for; without it that is an error. */
  async line(atEnd?: string): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\r\n')
      if (end !== -1) {
        const line = this.#rest.toString('latin1', 0, end)
        this.#rest = this.#rest.subarray(end + 2)
        return line
      }
      if (this.#rest.length > maxLineBytes) throw s3Errors.IncompleteBody()
      if (!(await this.#more())) {
        if (atEnd !== undefined && this.#rest.length === 0) return atEnd
        throw s3Errors.IncompleteBody()
      }
    }
  }

  async *bytes(count: number): AsyncIterable<Uint8Array> {
    let missing = count
    while (missing > 0) {
      if (this.#rest.length === 0 && !(await this.#more())) throw s3Errors.IncompleteBody()
      const piece = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(piece.length)
      missing -= piece.length
      if (piece.length > 0) yield piece
    }
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next()
    if (done === true) return false
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    return true
  }
}
