/** Whether there is a project of a name: names come from hosts and headers, and whoever makes some up should cost next to nothing. */

interface Asked {
  readonly ref: string
  readonly resolve: (isKnown: boolean) => void
  readonly reject: (error: unknown) => void
}

const mostAtOnce = 1_000

/** One question at a time: names that are asked for meanwhile are in the next one, together. */
export class KnownRefs {
  /** Those of `refs` that there are. */
  readonly #find: (refs: readonly string[]) => Promise<readonly string[]>
  readonly #asked: Asked[] = []
  #isAsking = false

  constructor(find: (refs: readonly string[]) => Promise<readonly string[]>) {
    this.#find = find
  }

  has(ref: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ ref, resolve, reject })
      if (!this.#isAsking) void this.#askAll()
    })
  }

  async #askAll(): Promise<void> {
    this.#isAsking = true
    // those of the same turn of the event loop are asked for together
    await Promise.resolve()
    while (this.#asked.length > 0) await this.#ask(this.#asked.splice(0, mostAtOnce))
    this.#isAsking = false
  }

  async #ask(batch: readonly Asked[]): Promise<void> {
    try {
      const known = new Set(await this.#find(batch.map(({ ref }) => ref)))
      for (const { ref, resolve } of batch) resolve(known.has(ref))
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
