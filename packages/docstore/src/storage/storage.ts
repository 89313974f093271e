/** One open database: its engine, its commit queue, and the views on it. */
import { DocstoreError, failure, isPromise, type Maybe } from '#kernel'
import {
  convertValue,
  type Encoding,
  type Engine,
  type EngineIterator,
  type Range,
  type Value,
  type WriteOp,
} from '#engine'
import { CommitLog } from './commit-log.ts'
import { CommitQueue, type CommitQueueOptions } from './commit-queue.ts'
import { ReadSet } from './read-set.ts'
import { StorageTransaction } from './storage-transaction.ts'
import { SnapshotView } from './snapshot-view.ts'
import type { WriteView } from './view.ts'

/** Retries of work whose reads were overtaken by transactions. */
const maxAttempts = 100

export class Storage {
  readonly engine: Engine
  readonly queue: CommitQueue
  readonly log: CommitLog = new CommitLog()
  #closed: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(engine: Engine, options: CommitQueueOptions) {
    this.engine = engine
    this.queue = new CommitQueue(engine, options)
  }

  assertOpen(): void {
    if (this.#closed) throw failure('database_closed', {})
  }

  /** What is written, without a snapshot: right for a single read. */
  get(key: string, encoding: Encoding): Maybe<Value | undefined> {
    this.assertOpen()
    return this.engine.get(key, encoding)
  }

  snapshot(): SnapshotView {
    this.assertOpen()
    return new SnapshotView(this.engine)
  }

  begin(): StorageTransaction {
    this.assertOpen()
    return new StorageTransaction(this)
  }

  /**
   * Reads points of the newest state, accepted writes included, and writes at once. Work that is done in one turn has
   * nothing come between; where reads take turns of the event loop it goes one after another, and again when overtaken.
   */
  update<T>(work: (view: WriteView) => Maybe<T>): Promise<T> {
    if (!this.engine.answersAtOnce || this.queue.room() !== undefined)
      return this.#updateLater(work)
    try {
      const view = new LatestView(this)
      const working = work(view)
      if (isPromise(working)) return this.#updateLater(work, { view, working })
      const ops = view.ops()
      if (ops.length === 0) return Promise.resolve(working)
      return this.commit(ops, view.reads, view.since, view, working)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  async #updateLater<T>(work: (view: WriteView) => Maybe<T>, begun?: Begun<T>): Promise<T> {
    if (begun) this.log.open(begun.view, begun.view.since)
    const room = this.queue.room()
    if (room) await room
    const { result, written } = await (this.engine.answersAtOnce
      ? this.#attempt(work, begun)
      : this.#inTurn(() => this.#attempt(work)))
    await written
    return result
  }

  async #attempt<T>(work: (view: WriteView) => Maybe<T>, begun?: Begun<T>): Promise<Accepted<T>> {
    for (let attempt = 1; ; attempt++) {
      const first = attempt === 1 ? begun : undefined
      const view = first?.view ?? new LatestView(this)
      this.log.open(view, view.since)
      try {
        const working = first?.working ?? work(view)
        const result = isPromise(working) ? await working : working
        const ops = view.ops()
        const written =
          ops.length > 0 ? this.commit(ops, view.reads, view.since, view, undefined) : undefined
        return { result, written }
      } catch (error) {
        if (!isConflict(error) || attempt === maxAttempts) throw error
      } finally {
        this.log.close(view)
      }
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn
    const working = before.then(work)
    this.#turn = working.catch(() => undefined)
    return working
  }

  /** Checks and accepts in one turn, so that what is checked is what is written behind. Resolves with `result`. */
  commit<T>(
    ops: WriteOp[],
    reads: ReadSet | undefined,
    since: number,
    owner: object,
    result: T,
  ): Promise<T> {
    this.queue.assertWritable()
    if (reads !== undefined && since < this.queue.accepted) this.log.check(reads, since)
    this.log.close(owner)
    const written = this.queue.push(ops, result)
    this.log.add(this.queue.accepted, ops, this.queue.written)
    return written
  }

  /** Deletes a range that nobody reads any more. */
  clear(range: Range): Promise<void> {
    return this.engine.clear(range)
  }

  close(): Promise<void> {
    this.#closed ??= this.queue.close().then(() => this.engine.close())
    return this.#closed
  }
}

/** Work that was begun and turned out to take turns. */
interface Begun<T> {
  view: LatestView
  working: Promise<T>
}

interface Accepted<T> {
  result: T
  written: Promise<void> | undefined
}

export const isConflict = (error: unknown): boolean =>
  error instanceof DocstoreError && error.code === 'transaction_conflict'

/** Points of the newest state; its own writes first. */
class LatestView implements WriteView {
  readonly since: number
  readonly #storage: Storage
  readonly #own = new Map<string, WriteOp>()
  #reads: ReadSet | undefined

  constructor(storage: Storage) {
    storage.assertOpen()
    this.#storage = storage
    this.since = storage.queue.accepted
  }

  /** Undefined: nothing was read. */
  get reads(): ReadSet | undefined {
    return this.#reads
  }

  #get(key: string, encoding: Encoding): Maybe<Value | undefined> {
    const own = this.#own.get(key)
    if (own !== undefined) return convertValue(own.value, encoding)
    const { engine, queue } = this.#storage
    this.#reads ??= new ReadSet()
    this.#reads.addKey(key)
    const held = queue.pending(key)
    return held === undefined ? engine.get(key, encoding) : convertValue(held.value, encoding)
  }

  getText(key: string): Maybe<string | undefined> {
    return this.#get(key, 'text') as Maybe<string | undefined>
  }

  getBytes(key: string): Maybe<Uint8Array | undefined> {
    return this.#get(key, 'bytes') as Maybe<Uint8Array | undefined>
  }

  iterate(): EngineIterator {
    throw new Error('ranges are read in a transaction')
  }

  set(key: string, value: Value | undefined): void {
    this.#own.set(key, { key, value })
  }

  ops(): WriteOp[] {
    return [...this.#own.values()]
  }
}
