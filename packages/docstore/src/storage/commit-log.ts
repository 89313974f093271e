/** Keys of recent commits, kept as long as a transaction is open that began before them: what conflicts are found by. */
import { failure } from '#kernel'
import type { ReadSet } from './read-set.ts'

/** 1 M keys of some 50 bytes: what a forgotten transaction may cost. Older ones fail with `transaction_conflict`. */
const maxKeys = 1_000_000

interface Commit {
  seq: number
  keys: readonly string[]
}

export class CommitLog {
  #commits: Commit[] = []
  #keys = 0
  /** Commits up to here are forgotten. */
  #floor = 0
  readonly #open = new Map<object, number>()

  /** `owner` reads the state of commit `seq` until `close`. */
  open(owner: object, seq: number): void {
    this.#open.set(owner, seq)
  }

  close(owner: object): void {
    if (!this.#open.delete(owner) || this.#commits.length === 0) return
    const oldest = Math.min(...this.#open.values())
    let gone = 0
    while (gone < this.#commits.length && (this.#commits[gone] as Commit).seq <= oldest) gone++
    this.#forget(gone)
  }

  add(seq: number, keys: readonly string[]): void {
    if (this.#open.size === 0) {
      this.#floor = seq
      return
    }
    this.#commits.push({ seq, keys })
    this.#keys += keys.length
    while (this.#keys > maxKeys && this.#commits.length > 1) this.#forget(1)
  }

  #forget(count: number): void {
    for (const { seq, keys } of this.#commits.splice(0, count)) {
      this.#keys -= keys.length
      this.#floor = seq
    }
  }

  /** Throws `transaction_conflict` when a commit behind `since` wrote what was read. */
  check(reads: ReadSet, since: number): void {
    if (reads.isEmpty) return
    if (since < this.#floor) throw failure('transaction_conflict', {})
    for (let at = this.#commits.length - 1; at >= 0; at--) {
      const { seq, keys } = this.#commits[at] as Commit
      if (seq <= since) return
      if (keys.some((key) => reads.has(key))) throw failure('transaction_conflict', {})
    }
  }
}
