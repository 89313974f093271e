/** Keys of recent commits, kept as long as a transaction is open that began before them: what conflicts are found by. */
import { failure } from '#kernel'
import type { ReadSet } from './read-set.ts'

/** 1 M keys of some 50 bytes: what a forgotten transaction may cost. Older ones fail with `transaction_conflict`. */
const defaultMaxKeys = 1_000_000

type Written = readonly { readonly key: string }[]

interface Commit {
  seq: number
  ops: Written
}

export class CommitLog {
  readonly #maxKeys: number
  #commits: Commit[] = []
  #keys = 0
  /** Commits up to here are forgotten. */
  #floor = 0
  readonly #open = new Map<object, number>()

  constructor(maxKeys: number = defaultMaxKeys) {
    this.#maxKeys = maxKeys
  }

  /** `owner` reads the state of commit `seq` until `close`. */
  open(owner: object, seq: number): void {
    this.#open.set(owner, seq)
  }

  close(owner: object): void {
    this.#open.delete(owner)
  }

  /** `written`: what a transaction that begins now would see; whatever is newer may still conflict with it. */
  add(seq: number, ops: Written, written: number): void {
    this.#commits.push({ seq, ops })
    this.#keys += ops.length
    let oldest = written
    for (const since of this.#open.values()) if (since < oldest) oldest = since
    let gone = 0
    while ((this.#commits[gone]?.seq ?? Number.POSITIVE_INFINITY) <= oldest) gone++
    // a tenth at a time: forgetting one by one would move the whole list with every commit
    if (this.#keys > this.#maxKeys) gone = Math.max(gone, Math.ceil(this.#commits.length / 10))
    if (gone > 0) this.#forget(gone)
  }

  #forget(count: number): void {
    for (const { seq, ops } of this.#commits.splice(0, count)) {
      this.#floor = seq
      this.#keys -= ops.length
    }
  }

  /** Throws `transaction_conflict` when a commit behind `since` wrote what was read. */
  check(reads: ReadSet, since: number): void {
    if (reads.isEmpty) return
    if (since < this.#floor) throw failure('transaction_conflict', {})
    for (let at = this.#commits.length - 1; at >= 0; at--) {
      const { seq, ops } = this.#commits[at] as Commit
      if (seq <= since) return
      if (ops.some(({ key }) => reads.has(key))) throw failure('transaction_conflict', {})
    }
  }
}
