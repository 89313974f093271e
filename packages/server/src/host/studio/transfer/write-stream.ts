/** A body that is written by work which waits while nobody reads. */

export interface Pace {
  /** What a reader may keep the work waiting for, all in all … */
  readonly graceMs: number
  /** … and longer, as long as they read so much. */
  readonly bytesPerMs: number
}

/** 64 kB a second, behind a minute: who works holds a session, its locks, and one of few turns. */
const defaultPace: Pace = { graceMs: 60_000, bytesPerMs: 64 }

/** What `work` writes, as it is read; ending the reading early, or reading too slowly, makes the next write fail. */
export async function* writtenBy(
  work: (write: (text: string) => Promise<void>) => Promise<void>,
  pace: Pace = defaultPace,
): AsyncGenerator<Uint8Array> {
  const line = new Handover(pace)
  const done = work((text) => line.give(text)).then(
    () => line.end(null),
    (error: unknown) => line.end(error),
  )
  try {
    for (;;) {
      const text = await line.take()
      if (text === null) return
      if (text !== '') yield Buffer.from(text)
    }
  } finally {
    line.abandon()
    await done
  }
}

/** One text at a time. */
class Handover {
  #text: string | null = null
  #ended: { readonly error: unknown } | null = null
  #isAbandoned = false
  #msLeft: number
  readonly #pace: Pace
  #wakeReader: () => void = () => {}
  #wakeWriter: () => void = () => {}

  constructor(pace: Pace) {
    this.#pace = pace
    this.#msLeft = pace.graceMs
  }

  async give(text: string): Promise<void> {
    if (this.#text !== null && !this.#isAbandoned) await this.#untilTaken()
    if (this.#isAbandoned) throw new Error('nobody reads any more')
    if (this.#text !== null) throw new Error('the reader is too slow')
    this.#msLeft += text.length / this.#pace.bytesPerMs
    this.#text = text
    this.#wakeReader()
  }

  async #untilTaken(): Promise<void> {
    const begun = performance.now()
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wakeWriter = resolve
      timer = setTimeout(resolve, Math.max(0, this.#msLeft))
    })
    clearTimeout(timer)
    this.#msLeft -= performance.now() - begun
  }

  async take(): Promise<string | null> {
    while (this.#text === null && this.#ended === null)
      await new Promise<void>((resolve) => (this.#wakeReader = resolve))
    const text = this.#text
    this.#text = null
    this.#wakeWriter()
    if (text !== null) return text
    if (this.#ended?.error != null) throw this.#ended.error
    return null
  }

  end(error: unknown): void {
    this.#ended = { error }
    this.#wakeReader()
  }

  abandon(): void {
    this.#isAbandoned = true
    this.#wakeWriter()
  }
}
