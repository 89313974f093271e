/** Adapters to the web-standard Request and Response, both ways; for embedding and tests. */
import { neverCancelled } from '#base/kernel'
import type { Cancellation } from '#base/kernel'
import { bytesBody, concatBytes, streamBody } from './body.ts'
import { frameHeaders, isBodyless, isFinalStatus } from './frame-headers.ts'
import type { HttpRequest, HttpResponse, ResponseBody } from './message.ts'

/** A web-standard request as ours. */
export function fromWebRequest(request: Request): HttpRequest {
  const url = request.url
  const pathStart = url.indexOf('/', url.indexOf('//') + 2)
  const target = pathStart === -1 ? '/' : url.slice(pathStart).replace(/#.*$/, '')
  const mark = target.indexOf('?')
  const headers: Record<string, string> = {}
  request.headers.forEach((value, name) => (headers[name] = value))
  const { body } = request
  return {
    method: request.method.toUpperCase(),
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? '' : target.slice(mark + 1),
    headers,
    remoteAddress: '',
    cancellation: fromSignal(request.signal),
    body: body === null ? bytesBody(new Uint8Array(0)) : streamBody(() => chunksOf(body)),
  }
}

/** Our response as a web-standard one. */
export function toWebResponse(response: HttpResponse): Response {
  if (!isFinalStatus(response.status))
    throw new TypeError(`${response.status} is no status of an answer`)
  const headers = new Headers()
  for (const [name, value] of Object.entries(frameHeaders(response.headers)))
    for (const item of Array.isArray(value) ? value : [value]) headers.append(name, item)
  return new Response(isBodyless(response.status) ? null : webBody(response.body), {
    status: response.status,
    headers,
  })
}

type WebBody = ConstructorParameters<typeof Response>[0]

function webBody(body: ResponseBody): WebBody {
  if (body === null || typeof body === 'string') return body
  if (body instanceof Uint8Array) return ownBytes(body)
  if (Symbol.asyncIterator in body) return streamOf(body)
  return ownBytes(
    concatBytes(
      body,
      body.reduce((length, part) => length + part.length, 0),
    ),
  )
}

/** Response copies the bytes, whatever memory they lie in. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}

function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next()
      if (next.done === true) controller.close()
      else controller.enqueue(next.value)
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}

function fromSignal(signal: AbortSignal | undefined): Cancellation {
  if (signal === undefined) return neverCancelled
  return {
    get cancelled() {
      return signal.aborted
    },
    onCancel(listener) {
      if (signal.aborted) listener()
      else signal.addEventListener('abort', listener, { once: true })
      return () => signal.removeEventListener('abort', listener)
    },
  }
}
