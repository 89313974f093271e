/** So many at once, of all and of each kind: what is slow of one kind leaves room for the others. */

interface Waiting {
  readonly kind: string
  readonly start: () => void
}

export class Lanes {
  readonly #most: { readonly all: number; readonly ofKind: number }
  readonly #running = new Map<string, number>()
  readonly #waiting: Waiting[] = []
  #all = 0

  constructor(most: { readonly all: number; readonly ofKind: number }) {
    this.#most = most
  }

  async run<T>(kind: string, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ kind, start })
      this.#next()
    })
    try {
      return await work()
    } finally {
      this.#all--
      const left = (this.#running.get(kind) ?? 1) - 1
      if (left === 0) this.#running.delete(kind)
      else this.#running.set(kind, left)
      this.#next()
    }
  }

  #next(): void {
    while (this.#all < this.#most.all) {
      const at = this.#waiting.findIndex(
        ({ kind }) => (this.#running.get(kind) ?? 0) < this.#most.ofKind,
      )
      const [next] = at === -1 ? [] : this.#waiting.splice(at, 1)
      if (next === undefined) return
      this.#all++
      this.#running.set(next.kind, (this.#running.get(next.kind) ?? 0) + 1)
      next.start()
    }
  }
}
