/** Events a second, as the mean of the last ten seconds: a burst passes, a flood does not. */
import type { Clock } from '#base/kernel'

const windowSeconds = 10

export class RateCounter {
  readonly #clock: Clock
  readonly #counts = Array.from({ length: windowSeconds }, () => 0)
  #second = 0
  #total = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts one, and says whether there are more than `limit` a second. */
  isOver(limit: number, count = 1): boolean {
    this.#forget(Math.floor(this.#clock.now() / 1000))
    const at = this.#second % windowSeconds
    this.#counts[at] = (this.#counts[at] as number) + count
    this.#total += count
    return this.#total > limit * windowSeconds
  }

  get perSecond(): number {
    return this.#total / windowSeconds
  }

  #forget(second: number): void {
    const passed = second - this.#second
    if (passed <= 0) return
    for (let i = 1; i <= Math.min(passed, windowSeconds); i++) {
      const at = (this.#second + i) % windowSeconds
      this.#total -= this.#counts[at] as number
      this.#counts[at] = 0
    }
    this.#second = second
  }
}
