/** Indexes. https://w3c.github.io/IndexedDB/#index-interface */
import { domError } from './dom-error.ts'
import type { IDBRequest } from './idb-request.ts'
import { countOf, getMany, getOne, openCursor, type SourceHandle } from './idb-source.ts'
import type { IndexMeta, StoreMeta } from './metadata.ts'
import type { TransactionCore } from './transaction-core.ts'
import { assertInternal, defineInterface, internal, toDomString } from './webidl.ts'

export class IDBIndex {
  readonly #store: object
  readonly #meta: IndexMeta
  readonly #handle: SourceHandle
  readonly #storeMeta: StoreMeta
  #keyPath: unknown
  /** As it was when the transaction ended. */
  #kept: string | undefined

  constructor(...args: unknown[]) {
    assertInternal(args[0])
    const [, store, storeMeta, meta, transaction] = args as [
      unknown,
      object,
      StoreMeta,
      IndexMeta,
      TransactionCore,
    ]
    this.#store = store
    this.#meta = meta
    this.#storeMeta = storeMeta
    this.#handle = {
      object: this,
      source: { store: storeMeta, index: meta },
      transaction,
      isDeleted: () => meta.deleted || storeMeta.deleted,
    }
    transaction.onEnd(() => {
      this.#kept = meta.name
    })
  }

  get name(): string {
    return this.#kept ?? this.#meta.name
  }
  set name(value: string) {
    const { transaction } = this.#handle
    const name = toDomString(value)
    if (transaction.mode !== 'versionchange')
      throw domError('InvalidStateError', 'Only an upgrade can rename.')
    transaction.assertActive()
    if (this.#handle.isDeleted()) throw domError('InvalidStateError')
    if (this.#meta.name === name) return
    if (this.#storeMeta.indexes.has(name))
      throw domError('ConstraintError', `There is an index "${name}".`)
    this.#storeMeta.indexes.delete(this.#meta.name)
    this.#storeMeta.indexes.set(name, this.#meta)
    this.#meta.name = name
  }
  get objectStore(): object {
    return this.#store
  }
  get keyPath(): unknown {
    const { keyPath } = this.#meta
    this.#keyPath ??= typeof keyPath === 'string' ? keyPath : [...keyPath]
    return this.#keyPath
  }
  get multiEntry(): boolean {
    return this.#meta.multiEntry
  }
  get unique(): boolean {
    return this.#meta.unique
  }

  get(_query: unknown): IDBRequest {
    return getOne(this.#handle, arguments, 'value')
  }
  getKey(_query: unknown): IDBRequest {
    return getOne(this.#handle, arguments, 'key')
  }
  getAll(queryOrOptions: unknown = undefined, count: unknown = undefined): IDBRequest {
    return getMany(this.#handle, queryOrOptions, count, 'values')
  }
  getAllKeys(queryOrOptions: unknown = undefined, count: unknown = undefined): IDBRequest {
    return getMany(this.#handle, queryOrOptions, count, 'keys')
  }
  getAllRecords(options: unknown = undefined): IDBRequest {
    return getMany(this.#handle, options ?? {}, undefined, 'records')
  }
  count(query: unknown = undefined): IDBRequest {
    return countOf(this.#handle, query)
  }
  openCursor(query: unknown = undefined, direction: unknown = 'next'): IDBRequest {
    return openCursor(this.#handle, query, direction, true)
  }
  openKeyCursor(query: unknown = undefined, direction: unknown = 'next'): IDBRequest {
    return openCursor(this.#handle, query, direction, false)
  }
}
defineInterface(IDBIndex, 'IDBIndex')

/** The handle of an index in a transaction: always the same. */
export function indexHandle(
  store: object,
  storeMeta: StoreMeta,
  meta: IndexMeta,
  transaction: TransactionCore,
): IDBIndex {
  const known = transaction.handles.get(meta) as IDBIndex | undefined
  if (known !== undefined) return known
  const created = new IDBIndex(internal, store, storeMeta, meta, transaction)
  transaction.handles.set(meta, created)
  return created
}
