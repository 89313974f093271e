/** HTTP with a worker over its Unix socket: `undici` for calls, `ws` for WebSockets, both loaded with the first. */
import { Readable } from 'node:stream'
import type { Pool } from 'undici'
import { httpErrors } from '#base/http'
import type { HttpRequest, HttpResponse, RequestBody, StreamedBody } from '#base/http'
import type { Limits } from '#services/functions/core'
import { CallFailure } from './call-failure.ts'

/** What a worker is asked. */
export interface WorkerCall {
  readonly request: HttpRequest
  /** `/hello/sub?x=1` */
  readonly target: string
  /** All that goes to the function, lower-case. */
  readonly headers: Readonly<Record<string, string>>
}

/** Bodies up to here are read whole: one write instead of a stream. */
const smallBytes = 64 * 1024
const bodylessMethods = new Set(['GET', 'HEAD'])

export class WorkerClient {
  readonly #pool: Pool
  readonly #limits: Limits

  static async open(socketPath: string, limits: Limits): Promise<WorkerClient> {
    const { Pool } = await import('undici')
    const pool = new Pool('http://function', {
      socketPath,
      connections: limits.concurrency,
      pipelining: 1,
      headersTimeout: limits.responseMs,
      // the end of a call is the caller's to say
      bodyTimeout: 0,
      keepAliveTimeout: 60_000,
    })
    return new WorkerClient(pool, limits)
  }

  private constructor(pool: Pool, limits: Limits) {
    this.#pool = pool
    this.#limits = limits
  }

  /** `onEnd` is called once, when the last of the answer has gone or failed. */
  async call({ request, target, headers }: WorkerCall, onEnd: () => void): Promise<HttpResponse> {
    const abort = new AbortController()
    const stop = request.cancellation.onCancel(() => abort.abort())
    const wall = setTimeout(
      () => abort.abort(new CallFailure('limit', this.#wallText())),
      this.#limits.wallMs,
    )
    const end = (): void => {
      clearTimeout(wall)
      stop()
      onEnd()
    }
    try {
      const answer = await this.#pool.request({
        path: target,
        method: request.method as 'GET',
        headers,
        body: bodylessMethods.has(request.method)
          ? null
          : await bodyOf(request, headers, this.#limits.requestBytes),
        signal: abort.signal,
      })
      const length = Number(answer.headers['content-length'] ?? -1)
      const isSmall = length >= 0 && length <= smallBytes
      const head = { status: answer.statusCode, headers: textHeaders(answer.headers) }
      if (!isSmall && answer.statusCode !== 204 && answer.statusCode !== 304)
        return {
          ...head,
          body: new AnswerBody(answer.body, length, this.#limits.responseBytes, abort, end),
        }
      const body = isSmall && length > 0 ? await answer.body.bytes() : null
      if (body === null) await answer.body.dump()
      end()
      return { ...head, body }
    } catch (error) {
      end()
      throw abort.signal.reason instanceof CallFailure ? abort.signal.reason : error
    }
  }

  #wallText(): string {
    return `time: a call may take ${this.#limits.wallMs / 1000} s`
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }
}

/** The answer's body on its way: counted, and cut where it is too long. */
class AnswerBody implements StreamedBody {
  readonly length: number | null
  readonly #chunks: AsyncIterable<Uint8Array>
  readonly #maxBytes: number
  readonly #abort: AbortController
  readonly #end: () => void

  constructor(
    chunks: AsyncIterable<Uint8Array>,
    length: number,
    maxBytes: number,
    abort: AbortController,
    end: () => void,
  ) {
    this.#chunks = chunks
    this.#maxBytes = maxBytes
    this.#abort = abort
    this.#end = end
    this.length = length < 0 || length > maxBytes ? null : length
  }

  /** Of events without an end: the client hears that it is over, not an error. */
  finish(): void {
    this.#abort.abort(new Finished())
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let bytes = 0
    try {
      for await (const chunk of this.#chunks) {
        bytes += chunk.length
        if (bytes > this.#maxBytes)
          throw new CallFailure('limit', `response: ${this.#maxBytes} bytes may be sent`)
        yield chunk
      }
    } catch (error) {
      const { reason } = this.#abort.signal
      if (reason instanceof Finished) return
      throw reason instanceof CallFailure ? reason : error
    } finally {
      this.#abort.abort()
      this.#end()
    }
  }
}

class Finished extends Error {}

/** What is small and said to be so is read whole; the rest flows, as long as it is not too much. */
async function bodyOf(
  { body }: HttpRequest,
  headers: WorkerCall['headers'],
  maxBytes: number,
): Promise<Buffer | Readable> {
  const length = Number(headers['content-length'] ?? -1)
  if (length > maxBytes) throw httpErrors.body_too_large({ maxBytes })
  if (length < 0 || length > smallBytes)
    return Readable.from(limited(body, maxBytes), { objectMode: false })
  const bytes = await body.read(smallBytes)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

async function* limited(body: RequestBody, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of body.stream()) {
    bytes += chunk.length
    if (bytes > maxBytes) throw httpErrors.body_too_large({ maxBytes })
    yield chunk
  }
}

function textHeaders(
  given: Readonly<Record<string, string | string[] | undefined>>,
): HttpResponse['headers'] {
  const headers: HttpResponse['headers'] = {}
  for (const name in given) {
    const value = given[name]
    if (value !== undefined) headers[name] = value
  }
  return headers
}
