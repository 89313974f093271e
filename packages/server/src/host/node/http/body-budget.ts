/** What request bodies may hold in memory at the same time, all connections of a server together. */

/** Of each body not counted: ordinary requests pass whatever others send. */
const freeBytes = 16 * 1024

export class BodyBudget {
  readonly maxBytes: number
  #usedBytes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** The account of one body. */
  open(): BodyAccount {
    return new BodyAccount(this)
  }

  /** False when there is no room; nothing is taken then. */
  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.maxBytes) return false
    this.#usedBytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
  }
}

/** One body, from its first byte to the answer of its request. */
export class BodyAccount {
  readonly #budget: BodyBudget
  #takenBytes = 0

  constructor(budget: BodyBudget) {
    this.#budget = budget
  }

  /** The body holds so many bytes by now. False when there is no room for them. */
  grow(length: number): boolean {
    const more = length - freeBytes - this.#takenBytes
    if (more <= 0) return true
    if (!this.#budget.take(more)) return false
    this.#takenBytes += more
    return true
  }

  close(): void {
    this.#budget.give(this.#takenBytes)
    this.#takenBytes = 0
  }
}
