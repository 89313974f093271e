/** An answer that goes on for as long as who asked may have it. */
import type { HttpResponse, ResponseBody, StreamedBody } from '#base/http'

const askedEveryMs = 5_000

/** A stream is ended within seconds of `mayStill` saying no; where it cannot be asked, it goes on. */
export function guardStream(
  response: HttpResponse,
  mayStill: () => Promise<boolean>,
  everyMs = askedEveryMs,
): HttpResponse {
  const { body } = response
  return isStream(body)
    ? { ...response, body: new GuardedStream(body, mayStill, everyMs).shared }
    : response
}

function isStream(body: ResponseBody): body is StreamedBody {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

class GuardedStream {
  /** With the members that its body has, and no others: each of them means something. */
  readonly shared: StreamedBody
  readonly #body: StreamedBody
  readonly #iterator: AsyncIterator<Uint8Array>
  #timer: NodeJS.Timeout | undefined
  #fail: (error: Error) => void = () => {}
  #isRefused = false

  constructor(body: StreamedBody, mayStill: () => Promise<boolean>, everyMs: number) {
    this.#body = body
    this.#iterator = body[Symbol.asyncIterator]()
    this.shared = {
      ...(body.length === undefined ? {} : { length: body.length }),
      ...('release' in body ? { release: (chunk) => body.release?.(chunk) } : {}),
      ...('finish' in body ? { finish: () => body.finish?.() } : {}),
      [Symbol.asyncIterator]: () => this.#begin(mayStill, everyMs),
    }
  }

  #begin(mayStill: () => Promise<boolean>, everyMs: number): AsyncIterator<Uint8Array> {
    this.#timer = setInterval(() => {
      mayStill().then(
        (may) => may || this.#refuse(),
        () => {},
      )
    }, everyMs)
    this.#timer.unref()
    return {
      next: () => this.#next(),
      return: async () => {
        clearInterval(this.#timer)
        await this.#iterator.return?.()
        return { done: true, value: undefined }
      },
    }
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        this.#fail = reject
        if (this.#isRefused) reject(refused())
        else this.#iterator.next().then(resolve, reject)
      })
      if (next.done === true) clearInterval(this.#timer)
      return next
    } catch (error) {
      clearInterval(this.#timer)
      throw error
    }
  }

  /** Also where nothing is being read: who makes it is let go. */
  #refuse(): void {
    clearInterval(this.#timer)
    this.#isRefused = true
    this.#fail(refused())
    this.#body.finish?.()
    this.#iterator.return?.().catch(() => {})
  }
}

const refused = (): Error => new Error('who asked for this may not have it any more')
