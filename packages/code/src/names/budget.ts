/** How much one search may look at, and how much of it in one go: others are answered in between. */
import { setImmediate } from 'node:timers/promises'

/** In looks at a list; a name that is read is four. A microsecond is some 100 of them. */
export const unitsAtOnce = 50_000

export class Budget {
  #left: number

  constructor(units: number) {
    this.#left = units
  }

  get isSpent(): boolean {
    return this.#left < 0
  }

  spend(units: number): void {
    this.#left -= units
  }
}

/** Runs to the end; lets others go whenever it yields. */
export async function inSlices<T>(steps: Iterator<null, T>): Promise<T> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await setImmediate()
  }
}
