/** Requests that wait for a connection: bounded, first come first served, each with its time limits. */
import type { Use } from './connection-shares.ts'
import { ConnectionError } from './errors.ts'
import type { Slot } from './slot.ts'

export interface Waiter {
  readonly use: Use
  readonly role: string
  /** In `performance.now()` ms. */
  readonly since: number
  readonly deadlineAt: number
  place(slot: Slot): void
  fail(error: Error): void
}

/** A line for each use, of long ones for each role: who may not be served yet does not stand in another's way. */
export class WaitingLine {
  readonly #capacity: number
  readonly #lines = new Map<string, Set<Waiter>>()
  #length = 0
  #shared = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get length(): number {
    return this.#length
  }

  get exclusiveLength(): number {
    return this.#length - this.#shared
  }

  /** False when the line is full. */
  add(waiter: Waiter): boolean {
    if (this.#length >= this.#capacity) return false
    const key = keyOf(waiter)
    let line = this.#lines.get(key)
    if (line === undefined) this.#lines.set(key, (line = new Set()))
    line.add(waiter)
    this.#count(waiter, 1)
    return true
  }

  /** The one that has waited longest of those that may be served. */
  first(mayServe: (use: Use, role: string) => boolean): Waiter | undefined {
    let oldest: Waiter | undefined
    for (const line of this.#lines.values())
      for (const waiter of line) {
        const isOlder = oldest === undefined || waiter.since < oldest.since
        if (isOlder && mayServe(waiter.use, waiter.role)) oldest = waiter
        break
      }
    return oldest
  }

  remove(waiter: Waiter): boolean {
    const key = keyOf(waiter)
    const line = this.#lines.get(key)
    if (line?.delete(waiter) !== true) return false
    if (line.size === 0) this.#lines.delete(key)
    this.#count(waiter, -1)
    return true
  }

  /** Fails those that have waited for `patienceMs` or longer. */
  failImpatient(patienceMs: number, error: Error): void {
    const since = performance.now() - patienceMs
    for (const waiter of this.#all())
      if (waiter.since <= since) {
        this.remove(waiter)
        waiter.fail(error)
      }
  }

  failExpired(now: number, acquireTimeoutMs: number): void {
    for (const waiter of this.#all()) {
      const late = now >= waiter.deadlineAt
      if (!late && now - waiter.since < acquireTimeoutMs) continue
      this.remove(waiter)
      waiter.fail(
        late
          ? new ConnectionError('deadline', 'The time allowed ran out before a connection was free')
          : new ConnectionError(
              'pool-timeout',
              `No database connection became free within ${acquireTimeoutMs} ms`,
            ),
      )
    }
  }

  #all(): Waiter[] {
    return [...this.#lines.values()].flatMap((line) => [...line])
  }

  #count({ use }: Waiter, change: number): void {
    this.#length += change
    if (use === 'shared') this.#shared += change
  }
}

function keyOf({ use, role }: Waiter): string {
  return use === 'long' ? `long ${role}` : use
}
