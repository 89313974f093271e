/** So many at once, so many waiting; further ones are refused. */
import { managementErrors } from './errors.ts'

export class Line {
  #free: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []

  constructor(places: number, maxWaiting: number) {
    this.#free = places
    this.#maxWaiting = maxWaiting
  }

  /** @throws functions_busy */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else if (this.#waiting.length >= this.#maxWaiting) throw managementErrors.functions_busy()
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      // who waits takes the place over
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
