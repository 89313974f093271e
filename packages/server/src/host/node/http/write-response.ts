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
  stallMs = maxStallMs,
): Promise<void> | undefined {
  const { status, body } = response
  if (!isFinalStatus(status)) throw new TypeError(`${status} is no status of an answer`)
  const headers = frameHeaders(response.headers)
  const bodyless = isBodyless(status) || method === 'HEAD'
  // 205 alone is read as having a body unless its length says otherwise
  if (status === 205) headers['content-length'] = '0'
  if (isStream(body)) {
    if (!bodyless) return writeStream(outgoing, { status, headers }, body, cancellation, stallMs)
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

/** A client that reads nothing for so long has gone, or means to hold a file or a cursor; a paused video asks again with a range. */
const maxStallMs = 300_000

/** The producer waits while the client does not read, and is ended when the client goes away. A body of another length than was said ends the connection: its rest, or what follows it, would be read as something else. */
async function writeStream(
  outgoing: Outgoing,
  { status, headers }: Pick<HttpResponse, 'status' | 'headers'>,
  body: StreamedBody,
  cancellation: Cancellation,
  stallMs: number,
): Promise<void> {
  if (typeof body.length === 'number') headers['content-length'] = String(body.length)
  outgoing.begin(status, headers)
  let size = 0
  for await (const chunk of body) {
    if (cancellation.cancelled) return
    size += chunk.length
    if (size > (body.length ?? Infinity)) break
    const onSent = body.release === undefined ? undefined : () => body.release?.(chunk)
    if (!outgoing.write(chunk, onSent)) await drained(outgoing, cancellation, stallMs)
  }
  if (size !== (body.length ?? size))
    throw new Error(`the body has ${size} bytes instead of ${body.length}`)
  outgoing.end()
}

function drained(outgoing: Outgoing, cancellation: Cancellation, stallMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the client reads nothing any more')), stallMs)
    timer.unref()
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    const stopListening = cancellation.onCancel(done)
    outgoing.onDrain(() => {
      stopListening()
      done()
    })
  })
}
