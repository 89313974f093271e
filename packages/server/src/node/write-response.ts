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
  if (status !== 204 && status !== 304) headers['content-length'] ??= String(lengthOf(body))
  outgoing.writeHead(status, headers)
  if (bodyless || body === null) outgoing.end()
  else writeFixed(outgoing, body)
  return undefined
}

function writeFixed(outgoing: ServerResponse, body: Exclude<Fixed, null>): void {
  if (!Array.isArray(body)) {
    outgoing.end(body)
    return
  }
  // corked: head and parts leave in one writev
  outgoing.cork()
  for (const part of body as readonly Uint8Array[]) outgoing.write(part)
  outgoing.end()
  outgoing.uncork()
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
