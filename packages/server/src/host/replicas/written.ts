/** How far a replica must be for whom: what each caller has written lately. Bounded, and never less than it was. */
import { BoundedCache } from '#base/kernel'

const capacity = 10_000

interface Mark {
  readonly position: number
  /** In ms of the caller's clock; replicas that are further behind are not asked. */
  readonly until: number
}

export class Written {
  readonly #marks: BoundedCache<string, Mark>
  readonly #keptMs: number
  /** Of everybody: those who were forgotten, and changes of the schema. */
  #floor: Mark = { position: 0, until: 0 }

  /** Marks are kept for longer than any replica that is asked may be behind. */
  constructor(keptMs: number) {
    this.#keptMs = keptMs
    this.#marks = new BoundedCache(capacity, (_, mark) => this.#raise(mark))
  }

  note(key: string, position: number, nowMs: number): void {
    const before = this.#marks.get(key)
    if (before !== undefined && before.position > position && before.until > nowMs) return
    this.#marks.set(key, { position, until: nowMs + this.#keptMs })
  }

  noteAll(position: number, nowMs: number): void {
    this.#raise({ position, until: nowMs + this.#keptMs })
  }

  /** Takes back what was noted for all while it was not known better. */
  settle(from: number, to: number, nowMs: number): void {
    if (this.#floor.position === from) this.#floor = { position: to, until: nowMs + this.#keptMs }
  }

  needed(keys: readonly string[], nowMs: number): number {
    let position = this.#floor.until > nowMs ? this.#floor.position : 0
    for (const key of keys) {
      const mark = this.#marks.get(key)
      if (mark !== undefined && mark.until > nowMs && mark.position > position)
        position = mark.position
    }
    return position
  }

  #raise({ position, until }: Mark): void {
    const { position: before, until: beforeUntil } = this.#floor
    this.#floor = { position: Math.max(before, position), until: Math.max(beforeUntil, until) }
  }
}
