/** A body that is written by work which waits while nobody reads. */

/** What `work` writes, as it is read; ending the reading early makes the next write fail. */
export async function* writtenBy(
  work: (write: (text: string) => Promise<void>) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const line = new Handover()
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
  #wakeReader: () => void = () => {}
  #wakeWriter: () => void = () => {}

  async give(text: string): Promise<void> {
    while (this.#text !== null && !this.#isAbandoned)
      await new Promise<void>((resolve) => (this.#wakeWriter = resolve))
    if (this.#isAbandoned) throw new Error('nobody reads any more')
    this.#text = text
    this.#wakeReader()
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
