/** Our response onto node:http's: lengths, HEAD, streams with backpressure. */
import type { ServerResponse } from 'node:http'
import type { HttpResponse, ResponseBody } from '#http'
import type { Cancellation } from '#kernel'

type Fixed = Exclude<ResponseBody, AsyncIterable<Uint8Array>>

/** Resolves when everything is handed to the socket; undefined (nothing to wait for) unless the body is a stream. */
export function writeResponse(
  outgoing: ServerResponse,
  method: string,
  response: HttpResponse,
  cancellation: Cancellation,
): Promise<void> | undefined {
  const { status, headers, body } = response
  const bodyless = status === 204 || status === 304 || method === 'HEAD'
  if (isStream(body)) {
    outgoing.writeHead(status, headers)
    if (!bodyless) return writeStream(outgoing, body, cancellation)
    outgoing.end()
    return discard(body)
  }
  const length = lengthOf(body)
  // of a HEAD without a body we do not know what GET's length would be
  const unknown = status === 204 || status === 304 || (method === 'HEAD' && body === null)
  if (!unknown) headers['content-length'] ??= String(length)
  outgoing.writeHead(status, headers)
  if (bodyless || body === null) outgoing.end()
  else writeFixed(outgoing, body, length)
  return undefined
}

/** Up to here it is cheaper to copy a body behind the head, for one write() of one string, than to hand over chunks; at 15 kB it is 8 % dearer. */
const copiedBytes = 4_096

function writeFixed(outgoing: ServerResponse, body: Exclude<Fixed, null>, length: number): void {
  if (typeof body === 'string') outgoing.end(body)
  else if (length <= copiedBytes) endWith(outgoing, latin1(body))
  else if (body instanceof Uint8Array) outgoing.end(body)
  else {
    // corked: head and parts leave in one writev
    outgoing.cork()
    for (const part of body) outgoing.write(part)
    outgoing.end()
    outgoing.uncork()
  }
}

/**
 * `end(body)` sends body and an empty chunk as two, by a costly writev(); head and body as one text leave in one write()
 * (measured: 4 to 10 %). `_header` is what node:http keeps the finished head in; where it is not, `end` does it all.
 */
function endWith(outgoing: ServerResponse, body: string): void {
  const internal = outgoing as unknown as { _header?: unknown }
  if (typeof internal._header !== 'string') {
    outgoing.end(body, 'latin1')
    return
  }
  internal._header += body
  outgoing.end()
}

/** Bytes as the string whose characters are those bytes; node:http appends it to the head. */
function latin1(body: Uint8Array | readonly Uint8Array[]): string {
  if (body instanceof Uint8Array) {
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  }
  let text = ''
  for (const part of body) text += latin1(part)
  return text
}

function lengthOf(body: Fixed): number {
  if (body === null) return 0
  if (typeof body === 'string') return Buffer.byteLength(body)
  if (body instanceof Uint8Array) return body.length
  return body.reduce((length, part) => length + part.length, 0)
}

function isStream(body: ResponseBody): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

async function discard(body: AsyncIterable<Uint8Array>): Promise<void> {
  await body[Symbol.asyncIterator]().return?.()
}

/** The producer waits while the client does not read, and is ended when the client goes away. */
async function writeStream(
  outgoing: ServerResponse,
  body: AsyncIterable<Uint8Array>,
  cancellation: Cancellation,
): Promise<void> {
  for await (const chunk of body) {
    if (cancellation.cancelled) return
    if (!outgoing.write(chunk)) await drained(outgoing, cancellation)
  }
  outgoing.end()
}

function drained(outgoing: ServerResponse, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    const stopListening = cancellation.onCancel(resolve)
    outgoing.once('drain', () => {
      stopListening()
      resolve()
    })
  })
}
