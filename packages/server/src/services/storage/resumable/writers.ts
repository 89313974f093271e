/** One writer an upload: who comes later takes over, for the client that came before is gone without our having been told. */
import { resumableErrors } from './errors.ts'

export class Writers {
  readonly #writing = new Map<string, { stop: () => void; done: Promise<void> }>()

  /** Ends who writes `id`, waits for what it keeps, then runs `work` with a stream that the next one can end. */
  async run<T>(
    id: string,
    body: AsyncIterable<Uint8Array>,
    work: (body: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<T> {
    const before = this.#writing.get(id)
    let stop = (): void => {}
    const stopped = new Promise<never>((_, reject) => {
      stop = () => reject(resumableErrors.takenOver())
    })
    stopped.catch(() => {})
    let finished = (): void => {}
    const done = new Promise<void>((resolve) => (finished = resolve))
    const writer = { stop, done }
    this.#writing.set(id, writer)
    try {
      before?.stop()
      await before?.done
      return await work(until(stopped, body))
    } finally {
      finished()
      if (this.#writing.get(id) === writer) this.#writing.delete(id)
    }
  }
}

async function* until(
  stopped: Promise<never>,
  body: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), stopped])
      if (next.done === true) return
      yield next.value
    }
  } finally {
    // not waited for: of one that is stopped the next bytes may never come
    iterator.return?.().catch(() => {})
  }
}
