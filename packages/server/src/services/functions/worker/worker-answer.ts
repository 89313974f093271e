/** One answer of a worker as it arrives: small ones whole, others chunk by chunk, at the pace of who reads. */
import type { Dispatcher } from 'undici'
import type { HttpResponse, StreamedBody } from '#base/http'
import { concatBytes, isBodyless } from '#base/http'
import { CallFailure } from '#services/functions/core'

export interface AnswerOptions {
  readonly maxBytes: number
  /** The answer to HEAD has the length of another one's body. */
  readonly isHead: boolean
  /** Called once, when the last of the answer has come or it has failed. */
  readonly onEnd: () => void
}

/** Bodies up to here are read whole: one write instead of a stream. */
export const smallBytes = 64 * 1024
/** Of a stream nobody reads: the worker is not heard meanwhile. */
const maxQueuedBytes = 256 * 1024
/** How the worker frames its messages is not passed on. */
const framing = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
  'trailer',
  'upgrade',
])

/** An event without an end: the client hears that it is over, not an error. */
class Finished extends Error {}

export class WorkerAnswer implements Dispatcher.DispatchHandler, StreamedBody {
  length: number | null = null
  readonly response: Promise<HttpResponse>
  readonly #options: AnswerOptions
  #resolve: (response: HttpResponse) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #controller: Dispatcher.DispatchController | null = null
  #reason: Error | null = null
  #head: Omit<HttpResponse, 'body'> | null = null
  #isStreamed = false
  #bytes = 0
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #isDone = false
  #failure: unknown = null
  #wake: (() => void) | null = null

  constructor(options: AnswerOptions) {
    this.#options = options
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Ends it now, for this reason. */
  abort(reason: Error): void {
    if (this.#isDone) return
    this.#reason ??= reason
    this.#controller?.abort(this.#reason)
  }

  finish(): void {
    this.abort(new Finished())
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#reason !== null) controller.abort(this.#reason)
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    given: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // 103 and the like
    if (status < 200) return
    const headers: HttpResponse['headers'] = {}
    for (const name in given) {
      const value = given[name]
      if (value !== undefined && !framing.has(name)) headers[name] = textOf(value)
    }
    this.#head = { status, headers }
    const length = Number(given['content-length'] ?? -1)
    this.#isStreamed =
      !this.#options.isHead && !isBodyless(status) && (length < 0 || length > smallBytes)
    if (!this.#isStreamed) return
    this.length = length < 0 || length > this.#options.maxBytes ? null : length
    this.#resolve({ status, headers, body: this })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#options.maxBytes) {
      this.abort(new CallFailure('limit', `response: ${this.#options.maxBytes} bytes may be sent`))
      return
    }
    this.#queue.push(chunk)
    this.#queuedBytes += chunk.length
    if (this.#isStreamed && this.#queuedBytes > maxQueuedBytes) controller.pause()
    this.#wake?.()
  }

  onResponseEnd(): void {
    this.#isDone = true
    this.#options.onEnd()
    if (this.#isStreamed) this.#wake?.()
    else {
      const body = this.#bytes === 0 ? null : concatBytes(this.#queue, this.#bytes)
      this.#resolve({ ...(this.#head as Omit<HttpResponse, 'body'>), body })
    }
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#isDone = true
    this.#failure = this.#reason ?? error
    this.#options.onEnd()
    this.#reject(this.#failure)
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#queue.shift()
        if (chunk !== undefined) {
          this.#queuedBytes -= chunk.length
          if (this.#queuedBytes <= maxQueuedBytes && this.#controller?.paused === true)
            this.#controller.resume()
          yield chunk
        } else if (this.#isDone) {
          if (this.#failure === null || this.#failure instanceof Finished) return
          throw this.#failure as Error
        } else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      this.abort(new CallFailure('gone', 'The client reads no more'))
    }
  }
}

const notAscii = /[\x80-\xff]/

/** `undici` hands on bytes as Latin-1; they are UTF-8 everywhere else here. */
function textOf(value: string | string[]): string | string[] {
  if (typeof value !== 'string') return value.map((one) => textOf(one) as string)
  return notAscii.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value
}
