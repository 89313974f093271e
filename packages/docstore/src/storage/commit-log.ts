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
    this.#open.delete(owner)
  }

  /** `written`: what a transaction that begins now would see; whatever is newer may still conflict with it. */
  add(seq: number, keys: readonly string[], written: number): void {
    this.#commits.push({ seq, keys })
    this.#keys += keys.length
    const oldest = Math.min(written, ...this.#open.values())
    let gone = 0
    while ((this.#commits[gone]?.seq ?? Infinity) <= oldest) gone++
    while (this.#keys > maxKeys && gone < this.#commits.length - 1)
      this.#keys -= this.#commits[gone++]?.keys.length ?? 0
    if (gone > 0) this.#forget(gone)
  }

  #forget(count: number): void {
    for (const { seq } of this.#commits.splice(0, count)) this.#floor = seq
    this.#keys = 0
    for (const { keys } of this.#commits) this.#keys += keys.length
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
