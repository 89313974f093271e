/** An open database: documents, transactions, handles of callers, schemas, expiry. */
import { isPromise, type Clock, type Histogram, type Maybe } from '#kernel'
import { Access, Catalog, catalogKey, type Caller, type StoreDefinition } from '#document'
import { isConflict, type ReadView, type Storage, type WriteView } from '#storage'
import { checkDatabase, type CheckResult } from './check-database.ts'
import { AutoCounters } from './auto-counters.ts'
import { DocumentMethods, type Host } from './document-methods.ts'
import { SchemaChanger } from './schema-changer.ts'
import { sweepExpired } from './sweep-expired.ts'
import { Transaction, type TransactionMode } from './transaction.ts'
import type { StoreRef, Stores } from './types.ts'

export interface DocstoreOptions {
  now: Clock
  /** How often expired documents are removed; reads never see them. 0: only by `sweep()`. */
  sweepIntervalMs: number
}

/** Figures since opening; durations in milliseconds. */
export interface DocstoreStats {
  commits: number
  /** Batches written: commits ÷ groups is how many shared one sync. */
  groups: number
  pendingBytes: number
  writeMs: { count: number; p50: number; p90: number; p99: number }
  groupMs: { count: number; p50: number; p90: number; p99: number }
}

/** Attempts of `run` before the conflict is the caller's. */
const defaultAttempts = 20

/** The documents API under one identity: what `db.as(caller)` gives, and what the database itself is for the service. */
export class Handle<S extends Stores = Stores> extends DocumentMethods<S> {
  protected readonly storage: Storage

  constructor(host: Host, access: Access | undefined, storage: Storage) {
    super(host, access)
    this.storage = storage
  }

  protected override async openView(): Promise<{ view: ReadView; done: () => Promise<void> }> {
    const view = this.storage.snapshot()
    return { view, done: () => view.close() }
  }

  protected override getText(key: string): Maybe<string | undefined> {
    return this.storage.get(key, 'text') as Maybe<string | undefined>
  }

  protected override write<T>(_: string, work: (view: WriteView) => Maybe<T>): Promise<T> {
    const waiting = this.host.barrier() ?? this.storage.queue.room()
    if (isPromise(waiting)) return waiting.then(() => this.write(_, work))
    if (this.storage.engine.answersAtOnce) return this.storage.update(work)
    // where reads take turns, a schema change may come in between
    return this.storage.update(async (view) => {
      await view.getText(catalogKey)
      return work(view)
    })
  }

  protected override async writeMany<T>(
    _: string,
    work: (view: WriteView) => Promise<T>,
  ): Promise<T> {
    return retry(defaultAttempts, async () => {
      await this.host.barrier()
      const inner = this.storage.begin()
      try {
        const result = await work(inner)
        await inner.commit()
        return result
      } finally {
        await inner.abort()
      }
    })
  }

  /** Begins a transaction over these stores. End it with `commit` or `abort`. */
  async transaction(
    stores: readonly StoreRef<S>[],
    mode: TransactionMode = 'readwrite',
  ): Promise<Transaction<S>> {
    await this.host.barrier()
    const scope = new Set(stores.map((ref) => this.store(ref).name))
    const inner = this.storage.begin()
    // a schema change is a conflict for whoever began before it
    await inner.getText(catalogKey)
    return new Transaction<S>(this.host, this.access, inner, scope, mode)
  }

  /** Runs `work` in a transaction, commits, and runs it again after a conflict. What it throws aborts. */
  run<T>(
    stores: readonly StoreRef<S>[],
    work: (tx: Transaction<S>) => Promise<T>,
    options: { mode?: TransactionMode; attempts?: number } = {},
  ): Promise<T> {
    return retry(options.attempts ?? defaultAttempts, async () => {
      const tx = await this.transaction(stores, options.mode)
      try {
        const result = await work(tx)
        await tx.commit()
        return result
      } finally {
        await tx.abort()
      }
    })
  }
}

async function retry<T>(attempts: number, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!isConflict(error) || attempt >= attempts) throw error
      // lets the winner's batch be written, so that the next snapshot has it
      await new Promise((resolve) => setTimeout(resolve, Math.random() * attempt))
    }
  }
}

export class Docstore<S extends Stores = Stores> extends Handle<S> {
  readonly #catalog: Catalog
  readonly #counters: AutoCounters
  readonly #changer: SchemaChanger
  readonly #changes: { running: Promise<void> | undefined }
  readonly #now: Clock
  #sweeper: ReturnType<typeof setInterval> | undefined
  #sweeping: Promise<number> | undefined
  #closing: Promise<void> | undefined

  private constructor(storage: Storage, catalog: Catalog, options: DocstoreOptions) {
    const counters = new AutoCounters(storage)
    const changes: { running: Promise<void> | undefined } = { running: undefined }
    const host = { catalog, counters, now: options.now, barrier: () => changes.running }
    super(host, undefined, storage)
    this.#catalog = catalog
    this.#counters = counters
    this.#changes = changes
    this.#now = options.now
    this.#changer = new SchemaChanger(storage, catalog, counters, options.now)
    if (options.sweepIntervalMs > 0) this.#startSweeping(options.sweepIntervalMs)
  }

  /** Opens on a storage, which it owns from then on. */
  static async open<S extends Stores>(
    storage: Storage,
    options: DocstoreOptions,
  ): Promise<Docstore<S>> {
    const catalog = new Catalog((await storage.get(catalogKey, 'text')) as string | undefined)
    const db = new Docstore<S>(storage, catalog, options)
    await db.#changer.removeDropped()
    return db
  }

  /** The engine's side, shared with time series and IndexedDB. */
  get internals(): { storage: Storage; catalog: Catalog; now: Clock } {
    return { storage: this.storage, catalog: this.#catalog, now: this.#now }
  }

  get storeNames(): string[] {
    return this.#catalog.names
  }

  /**
   * Brings the database to what is declared: creates stores and indexes (filled from what is there), drops indexes that are
   * gone, migrates documents, refuses conflicts. Again without effect. Stores not named stay, unless `dropStores`.
   */
  applySchemas(
    definitions: readonly StoreDefinition<never>[],
    options: { dropStores?: boolean } = {},
  ): Promise<void> {
    return this.#change(() => this.#changer.apply(definitions, options.dropStores === true))
  }

  /** Drops a store and its documents. */
  dropStore(ref: StoreRef<S>): Promise<void> {
    return this.#change(() => this.#changer.drop(this.store(ref).name))
  }

  /** One change at a time; writers wait for it. */
  async #change(work: () => Promise<void>): Promise<void> {
    while (this.#changes.running) await this.#changes.running
    const working = Promise.resolve(this.#sweeping?.catch(() => undefined)).then(work)
    const running = working.then(
      () => undefined,
      () => undefined,
    )
    this.#changes.running = running
    await running
    this.#changes.running = undefined
    await working
  }

  /** The same methods under the policies, for a caller with these claims. Stores without policies are closed to it. */
  as(caller: Caller): Handle<S> {
    return new Handle<S>(this.host, new Access(caller), this.storage)
  }

  /** Removes expired documents; gives how many. Also runs by itself. */
  sweep(): Promise<number> {
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = undefined
    })
    return this.#sweeping
  }

  async #sweep(): Promise<number> {
    await this.#changes.running
    return sweepExpired(this.storage, this.#catalog, this.#now, () => this.#closing !== undefined)
  }

  #startSweeping(intervalMs: number): void {
    this.#sweeper = setInterval(() => void this.sweep().catch(() => undefined), intervalMs)
    ;(this.#sweeper as { unref?: () => void }).unref?.()
  }

  /** Walks all documents and index entries, both ways, and tells what does not agree. */
  check(): Promise<CheckResult> {
    return checkDatabase(this.storage, this.#catalog)
  }

  /** Resolves when everything written so far is on stable storage. */
  flush(): Promise<void> {
    return this.storage.queue.flush()
  }

  stats(): DocstoreStats {
    const { accepted, groups, pendingBytes, commitMs, groupMs } = this.storage.queue
    return {
      commits: accepted,
      groups,
      pendingBytes,
      writeMs: summary(commitMs),
      groupMs: summary(groupMs),
    }
  }

  /** Waits for what was accepted, then closes the files. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweeper)
    await this.#changes.running
    await this.#sweeping?.catch(() => undefined)
    await this.#counters.close().catch(() => undefined)
    await this.storage.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function summary(histogram: Histogram): { count: number; p50: number; p90: number; p99: number } {
  const { count } = histogram
  return {
    count,
    p50: histogram.quantile(0.5),
    p90: histogram.quantile(0.9),
    p99: histogram.quantile(0.99),
  }
}
