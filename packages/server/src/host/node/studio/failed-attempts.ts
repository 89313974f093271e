/** Failed sign-ins by address, where no control database counts them. */
import { BoundedCache } from '#base/kernel'
import type { Clock } from '#base/kernel'

const windowMs = 60_000
const maxFailures = 10
const remembered = 10_000

interface Failures {
  readonly untilMs: number
  readonly count: number
}

export class FailedAttempts {
  readonly #clock: Clock
  readonly #byAddress = new BoundedCache<string, Failures>(remembered)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts one before it is looked at; false when it was too many. */
  begin(address: string): boolean {
    const now = this.#clock.now()
    const known = this.#byAddress.get(address)
    const isOver = known === undefined || known.untilMs <= now
    const next = isOver
      ? { untilMs: now + windowMs, count: 1 }
      : { ...known, count: known.count + 1 }
    this.#byAddress.set(address, next)
    return next.count <= maxFailures
  }

  succeed(address: string): void {
    this.#byAddress.delete(address)
  }
}
