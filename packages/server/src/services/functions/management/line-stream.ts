/** A body of JSON lines that come when they come: progress of a deployment, logs as they are written. */
import type { StreamedBody } from '#base/http'
import type { Cancellation } from '#base/kernel'

const encoder = new TextEncoder()
/** A reader so far behind gets no more than these, and is told. */
const maxQueued = 2_000
/** So that nobody in between takes the connection for a dead one. */
const beatMs = 15_000

export class LineStream implements StreamedBody {
  #lines: string[] = []
  #lost = 0
  #isOver = false
  #wake: () => void = () => {}
  readonly #onEnd: () => void

  /** `onEnd` is called once, whoever ends it. */
  constructor(cancellation: Cancellation, onEnd: () => void = () => {}) {
    this.#onEnd = onEnd
    cancellation.onCancel(() => this.end())
  }

  push(value: unknown): void {
    if (this.#isOver) return
    if (this.#lines.length >= maxQueued) this.#lost++
    else this.#lines.push(JSON.stringify(value))
    this.#wake()
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#wake()
    this.#onEnd()
  }

  finish(): void {
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const beat = setInterval(() => {
      if (this.#lines.length === 0) this.#lines.push('')
      this.#wake()
    }, beatMs)
    beat.unref()
    try {
      while (this.#lines.length > 0 || !this.#isOver) {
        if (this.#lines.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
        const lines = this.#lines
        this.#lines = []
        if (this.#lost > 0) lines.push(JSON.stringify({ lost: this.#lost }))
        this.#lost = 0
        if (lines.length > 0) yield encoder.encode(`${lines.join('\n')}\n`)
      }
    } finally {
      clearInterval(beat)
      this.end()
    }
  }
}

export const jsonLines = 'application/x-ndjson'
