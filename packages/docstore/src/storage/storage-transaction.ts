/** A transaction: a snapshot, its own writes laid over it, and what it has read, checked when it commits. */
import type { Maybe } from '#kernel'
import {
  convertValue,
  MergedIterator,
  Overlay,
  type EngineIterator,
  type Entry,
  type IterateOptions,
  type Range,
  type Value,
  type WriteOp,
} from '#engine'
import { ReadSet } from './read-set.ts'
import type { SnapshotView } from './snapshot-view.ts'
import type { CommitLog } from './commit-log.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { WriteView } from './view.ts'

/** What a transaction needs of its database. */
export interface TransactionHost {
  readonly queue: CommitQueue
  readonly log: CommitLog
  snapshot(): SnapshotView
  commit<T>(ops: WriteOp[], reads: ReadSet, since: number, owner: object, result: T): Promise<T>
}

export class StorageTransaction implements WriteView {
  readonly #storage: TransactionHost
  readonly #base: SnapshotView
  readonly #since: number
  readonly #reads = new ReadSet()
  readonly #own = new Overlay()

  constructor(storage: TransactionHost) {
    this.#storage = storage
    this.#since = storage.queue.written
    this.#base = storage.snapshot()
    storage.log.open(this, this.#since)
  }

  getText(key: string): Maybe<string | undefined> {
    if (this.#own.has(key)) return convertValue(this.#own.get(key), 'text') as string | undefined
    this.#reads.addKey(key)
    return this.#base.getText(key)
  }

  getBytes(key: string): Maybe<Uint8Array | undefined> {
    if (this.#own.has(key))
      return convertValue(this.#own.get(key), 'bytes') as Uint8Array | undefined
    this.#reads.addKey(key)
    return this.#base.getBytes(key)
  }

  iterate(options: IterateOptions): EngineIterator {
    const base = this.#base.iterate(options)
    const recorded = new RecordedIterator(base, options, this.#reads)
    return new MergedIterator(recorded, this.#own, options, options.reverse === true)
  }

  set(key: string, value: Value | undefined): void {
    this.#own.set(key, value)
  }

  /** Runs work whose writes count only if all of it succeeds: a refused document leaves no half of itself. */
  async atomically<T>(work: (view: WriteView) => Maybe<T>): Promise<T> {
    const nested = new NestedView(this)
    const result = await work(nested)
    for (const [key, value] of nested.own.entries()) this.#own.set(key, value)
    return result
  }

  get writes(): number {
    return this.#own.size
  }

  /** Rejects with `transaction_conflict` when what was read has changed since; a reader that wrote nothing never does. */
  async commit(): Promise<void> {
    try {
      if (this.#own.size === 0) return
      const room = this.#storage.queue.room()
      if (room) await room
      const ops = Array.from(this.#own.entries(), ([key, value]) => ({ key, value }))
      await this.#storage.commit(ops, this.#reads, this.#since, this, undefined)
    } finally {
      await this.abort()
    }
  }

  async abort(): Promise<void> {
    this.#storage.log.close(this)
    await this.#base.close()
  }
}

class NestedView implements WriteView {
  readonly own = new Overlay()
  readonly #outer: WriteView

  constructor(outer: WriteView) {
    this.#outer = outer
  }

  getText(key: string): Maybe<string | undefined> {
    return this.own.has(key)
      ? (convertValue(this.own.get(key), 'text') as string | undefined)
      : this.#outer.getText(key)
  }

  getBytes(key: string): Maybe<Uint8Array | undefined> {
    return this.own.has(key)
      ? (convertValue(this.own.get(key), 'bytes') as Uint8Array | undefined)
      : this.#outer.getBytes(key)
  }

  iterate(options: IterateOptions): EngineIterator {
    return new MergedIterator(
      this.#outer.iterate(options),
      this.own,
      options,
      options.reverse === true,
    )
  }

  set(key: string, value: Value | undefined): void {
    this.own.set(key, value)
  }
}

/** Notes the part of a range that was really read: up to the last entry given, or all of it at the end. */
class RecordedIterator implements EngineIterator {
  readonly #base: EngineIterator
  readonly #whole: Range
  readonly #read: Range
  readonly #reverse: boolean
  readonly #reads: ReadSet
  #noted = false

  constructor(base: EngineIterator, options: IterateOptions, reads: ReadSet) {
    this.#base = base
    this.#whole = { gte: options.gte, lt: options.lt }
    this.#reverse = options.reverse === true
    this.#reads = reads
    this.#read = this.#reverse
      ? { gte: options.lt, lt: options.lt }
      : { gte: options.gte, lt: options.gte }
  }

  async next(count: number): Promise<Entry[]> {
    const entries = await this.#base.next(count)
    const reached = entries.length < count ? undefined : entries.at(-1)?.[0]
    if (this.#reverse) this.#read.gte = reached ?? this.#whole.gte
    else this.#read.lt = reached === undefined ? this.#whole.lt : `${reached}\0`
    if (!this.#noted) {
      this.#noted = true
      this.#reads.addRange(this.#read)
    }
    return entries
  }

  close(): Promise<void> {
    return this.#base.close()
  }
}
