/** Our response onto an Outgoing: lengths, HEAD, streams with backpressure. */
import { frameHeaders, isBodyless, isFinalStatus } from '#base/http'
import type { HttpResponse, ResponseBody, StreamedBody } from '#base/http'
import type { Cancellation } from '#base/kernel'
import type { FixedBody, Outgoing } from './outgoing.ts'

/** Resolves when everything is handed to the socket; undefined (nothing to wait for) unless the body is a stream. */
export function writeResponse(
  outgoing: Outgoing,
  method: string,
  response: HttpResponse,
  cancellation: Cancellation,
): Promise<void> | undefined {
  const { status, body } = response
  if (!isFinalStatus(status)) throw new TypeError(`${status} is no status of an answer`)
  const headers = frameHeaders(response.headers)
  const bodyless = isBodyless(status) || method === 'HEAD'
  // 205 alone is read as having a body unless its length says otherwise
  if (status === 205) headers['content-length'] = '0'
  if (isStream(body)) {
    if (!bodyless) return writeStream(outgoing, { status, headers }, body, cancellation)
    if (method === 'HEAD' && typeof body.length === 'number')
      headers['content-length'] ??= String(body.length)
    outgoing.send(status, headers, null)
    return discard(body)
  }
  // of a HEAD without a body we do not know what GET's length would be
  const unknown = isBodyless(status) || (method === 'HEAD' && body === null)
  if (!unknown) headers['content-length'] = String(lengthOf(body))
  outgoing.send(status, headers, bodyless ? null : body)
  return undefined
}

function lengthOf(body: FixedBody): number {
  if (body === null) return 0
  if (typeof body === 'string') return Buffer.byteLength(body)
  if (body instanceof Uint8Array) return body.length
  return body.reduce((length, part) => length + part.length, 0)
}

function isStream(body: ResponseBody): body is StreamedBody {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

async function discard(body: StreamedBody): Promise<void> {
  await body[Symbol.asyncIterator]().return?.()
}

/** The producer waits while the client does not read, and is ended when the client goes away. */
async function writeStream(
  outgoing: Outgoing,
  { status, headers }: Pick<HttpResponse, 'status' | 'headers'>,
  body: StreamedBody,
  cancellation: Cancellation,
): Promise<void> {
  if (typeof body.length === 'number') headers['content-length'] = String(body.length)
  outgoing.begin(status, headers)
  for await (const chunk of body) {
    if (cancellation.cancelled) return
    if (!outgoing.write(chunk)) await drained(outgoing, cancellation)
  }
  outgoing.end()
}

function drained(outgoing: Outgoing, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    const stopListening = cancellation.onCancel(resolve)
    outgoing.onDrain(() => {
      stopListening()
      resolve()
    })
  })
}
