/** Requests that wait for a connection: bounded, first come first served, each with its time limits. */
import { ConnectionError } from './errors.ts'
import type { Slot } from './slot.ts'

export interface Waiter {
  /** May share a connection with others in flight. */
  readonly shared: boolean
  /** In `performance.now()` ms. */
  readonly since: number
  readonly deadlineAt: number
  place(slot: Slot): void
  fail(error: Error): void
}

export class WaitingLine {
  readonly #capacity: number
  readonly #shared = new Set<Waiter>()
  readonly #exclusive = new Set<Waiter>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get length(): number {
    return this.#shared.size + this.#exclusive.size
  }

  get exclusiveLength(): number {
    return this.#exclusive.size
  }

  /** False when the line is full. */
  add(waiter: Waiter): boolean {
    if (this.length >= this.#capacity) return false
    this.#lineOf(waiter.shared).add(waiter)
    return true
  }

  first(shared: boolean): Waiter | undefined {
    for (const waiter of this.#lineOf(shared)) return waiter
    return undefined
  }

  remove(waiter: Waiter): boolean {
    return this.#lineOf(waiter.shared).delete(waiter)
  }

  /** Fails those that have waited for `patienceMs` or longer. */
  failImpatient(patienceMs: number, error: Error): void {
    const since = performance.now() - patienceMs
    for (const line of [this.#shared, this.#exclusive])
      for (const waiter of line)
        if (waiter.since <= since) {
          line.delete(waiter)
          waiter.fail(error)
        }
  }

  failExpired(now: number, acquireTimeoutMs: number): void {
    for (const line of [this.#shared, this.#exclusive])
      for (const waiter of line) {
        const late = now >= waiter.deadlineAt
        if (!late && now - waiter.since < acquireTimeoutMs) continue
        line.delete(waiter)
        waiter.fail(
          late
            ? new ConnectionError(
                'deadline',
                'The time allowed ran out before a connection was free',
              )
            : new ConnectionError(
                'pool-timeout',
                `No database connection became free within ${acquireTimeoutMs} ms`,
              ),
        )
      }
  }

  #lineOf(shared: boolean): Set<Waiter> {
    return shared ? this.#shared : this.#exclusive
  }
}
