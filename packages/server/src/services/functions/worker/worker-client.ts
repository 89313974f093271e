/** HTTP with a worker over its Unix socket: `undici` for calls, `ws` for WebSockets, both loaded with the first. */
import { Readable } from 'node:stream'
import type { Pool } from 'undici'
import { httpErrors } from '#base/http'
import type { HttpRequest, HttpResponse, RequestBody } from '#base/http'
import type { Limits } from '#services/functions/core'
import { CallFailure } from '#services/functions/core'
import { smallBytes, WorkerAnswer } from './worker-answer.ts'

/** What a worker is asked. */
export interface WorkerCall {
  readonly request: HttpRequest
  /** `/hello/sub?x=1` */
  readonly target: string
  /** All that goes to the function, lower-case. */
  readonly headers: Readonly<Record<string, string>>
}

const bodylessMethods = new Set(['GET', 'HEAD'])

export class WorkerClient {
  readonly #pool: Pool
  readonly #limits: Limits
  readonly #now: () => number
  readonly #deadlines = new Map<WorkerAnswer, number>()

  static async open(socketPath: string, limits: Limits, now: () => number): Promise<WorkerClient> {
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
    return new WorkerClient(pool, limits, now)
  }

  private constructor(pool: Pool, limits: Limits, now: () => number) {
    this.#now = now
    this.#pool = pool
    this.#limits = limits
  }

  /** `onEnd` is called once, when the last of the answer has come or it has failed. */
  async call({ request, target, headers }: WorkerCall, onEnd: () => void): Promise<HttpResponse> {
    const { requestBytes, responseBytes, wallMs } = this.#limits
    const ending = (): void => {
      this.#deadlines.delete(answer)
      stop()
      onEnd()
    }
    const answer = new WorkerAnswer({
      maxBytes: responseBytes,
      isHead: request.method === 'HEAD',
      onEnd: ending,
    })
    const stop = request.cancellation.onCancel(() =>
      answer.abort(new CallFailure('gone', 'The client has gone away')),
    )
    this.#deadlines.set(answer, this.#now() + wallMs)
    const isBodyless = bodylessMethods.has(request.method)
    let body: Buffer | Readable | null
    try {
      body = isBodyless ? null : await bodyOf(request, headers, requestBytes)
    } catch (error) {
      ending()
      throw error
    }
    this.#pool.dispatch({ path: target, method: request.method as 'GET', headers, body }, answer)
    return answer.response
  }

  /** Ends calls that have taken all their time. */
  watch(nowMs: number): void {
    for (const [answer, deadlineMs] of this.#deadlines) {
      // in the order they began
      if (deadlineMs > nowMs) return
      this.#deadlines.delete(answer)
      answer.abort(
        new CallFailure('limit', `time: a call may take ${this.#limits.wallMs / 1000} s`),
      )
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }
}

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
