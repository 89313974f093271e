/** Bytes on their way from Postgres to whoever reads them: a short queue that tells its source when to wait. */
import { ConnectionError } from './errors.ts'

/** The source waits above this; it is what a stream holds in memory, give or take one read. */
const fullBytes = 256 * 1024
/** A reader that takes nothing for so long holds a connection for nothing: it is cut. */
const stallMs = 30_000

export interface ByteSource {
  /** Nothing more should be pushed until `more`. */
  wait(): void
  more(): void
  /** The reader is gone, or stalled: nobody wants the rest. */
  abandon(reason: string): void
}

/** Read once. Ending the iteration early abandons the source; a failure in the middle is thrown to the reader. */
export class ByteStream implements AsyncIterable<Uint8Array> {
  /** How many there will be; null when that is not known before the end. */
  readonly length: number | null
  readonly #source: ByteSource
  #chunks: Uint8Array[] = []
  #held = 0
  #state: 'open' | 'ended' | 'abandoned' | Error = 'open'
  #wake: (() => void) | null = null
  #stall: NodeJS.Timeout | null = null

  constructor(source: ByteSource, length: number | null) {
    this.#source = source
    this.length = length
  }

  /** All of it, if it has arrived whole and nobody has read of it yet. */
  takeWhole(): readonly Uint8Array[] | null {
    return this.#state === 'ended' ? this.#chunks.splice(0) : null
  }

  push(bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    this.#chunks.push(bytes)
    this.#held += bytes.length
    if (this.#held >= fullBytes && this.#stall === null) {
      this.#stall = setTimeout(() => this.#abandon('the reader took nothing'), stallMs)
      this.#stall.unref()
      this.#source.wait()
    }
    this.#notify()
  }

  /** All has arrived, and waits to be read; the source is free to do something else. */
  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    if (this.#stall !== null) this.#source.more()
    this.#settle()
  }

  fail(error: Error): void {
    if (this.#state === 'open') this.#state = error
    this.#settle()
  }

  /** Nobody will read it. */
  cancel(): void {
    this.#abandon('the reader went away')
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => this.#next(),
      return: () => {
        this.cancel()
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        this.#held -= chunk.length
        if (this.#held === 0 && this.#stall !== null) this.#resume()
        return { done: false, value: chunk }
      }
      if (this.#state === 'ended') return { done: true, value: undefined }
      if (this.#state === 'abandoned')
        throw new ConnectionError('cancelled', 'The answer was not read in time')
      if (this.#state !== 'open') throw this.#state
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  #resume(): void {
    this.#clearStall()
    if (this.#state === 'open') this.#source.more()
  }

  #abandon(reason: string): void {
    const wasOpen = this.#state === 'open'
    this.#chunks = []
    this.#held = 0
    if (wasOpen) this.#state = 'abandoned'
    this.#settle()
    if (wasOpen) this.#source.abandon(reason)
  }

  #settle(): void {
    this.#clearStall()
    this.#notify()
  }

  #clearStall(): void {
    if (this.#stall !== null) clearTimeout(this.#stall)
    this.#stall = null
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }
}
