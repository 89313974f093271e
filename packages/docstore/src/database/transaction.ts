/** A transaction over several stores: one state to read, all or nothing to write, conflicts found when it commits. */
import { failure, type Maybe } from '#kernel'
import type { Access, OpenStore } from '#document'
import type { ReadView, StorageTransaction, WriteView } from '#storage'
import { DocumentMethods, type Host } from './document-methods.ts'
import type { StoreRef, Stores } from './types.ts'

export type TransactionMode = 'readonly' | 'readwrite'

export class Transaction<S extends Stores = Stores> extends DocumentMethods<S> {
  readonly #inner: StorageTransaction
  readonly #scope: ReadonlySet<string>
  readonly #mode: TransactionMode
  #finished = false
  /** Writes one after another: each sees what those before it wrote. */
  #writing: Promise<unknown> = Promise.resolve()

  constructor(
    host: Host,
    access: Access | undefined,
    inner: StorageTransaction,
    scope: ReadonlySet<string>,
    mode: TransactionMode,
  ) {
    super(host, access)
    this.#inner = inner
    this.#scope = scope
    this.#mode = mode
  }

  protected override store(ref: StoreRef<S>): OpenStore {
    const store = super.store(ref)
    if (this.#scope.has(store.name)) return store
    throw failure('transaction_scope', { store: store.name, scope: [...this.#scope] })
  }

  #assertOpen(): void {
    if (this.#finished) throw failure('transaction_finished', {})
  }

  protected override async openView(): Promise<{ view: ReadView; done: () => Promise<void> }> {
    this.#assertOpen()
    return { view: this.#inner, done: async () => undefined }
  }

  protected override getText(key: string): Maybe<string | undefined> {
    this.#assertOpen()
    return this.#inner.getText(key)
  }

  protected override write<T>(method: string, work: (view: WriteView) => Maybe<T>): Promise<T> {
    return this.#run(method, work)
  }

  protected override writeMany<T>(
    method: string,
    work: (view: WriteView) => Promise<T>,
  ): Promise<T> {
    return this.#run(method, work)
  }

  async #run<T>(method: string, work: (view: WriteView) => Maybe<T>): Promise<T> {
    this.#assertOpen()
    if (this.#mode === 'readonly') throw failure('transaction_readonly', { method })
    const before = this.#writing
    const writing = before.then(() => {
      this.#assertOpen()
      return this.#inner.atomically(work)
    })
    this.#writing = writing.catch(() => undefined)
    return writing
  }

  /** All of it or nothing. Throws `transaction_conflict` when what was read has changed since. */
  async commit(): Promise<void> {
    this.#assertOpen()
    await this.#writing
    await this.host.barrier()
    this.#assertOpen()
    this.#finished = true
    await this.#inner.commit()
  }

  /** Forgets all its writes. Without effect once it is finished. */
  async abort(): Promise<void> {
    if (this.#finished) return
    this.#finished = true
    await this.#inner.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort()
  }
}
