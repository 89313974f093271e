/** Object stores. https://w3c.github.io/IndexedDB/#object-store-interface */
import { domError } from './dom-error.ts'
import { sortedNames, type IdbStringList } from './string-list.ts'
import { indexHandle, type IDBIndex } from './idb-index.ts'
import { convertKey, decodeKey, requireIdbKey } from './idb-key.ts'
import { toBounds } from './idb-key-range.ts'
import type { IDBRequest } from './idb-request.ts'
import {
  assertUsable,
  countOf,
  getMany,
  getOne,
  openCursor,
  type SourceHandle,
} from './idb-source.ts'
import { canInject, evaluate, requireKeyPath, type KeyPath } from './key-path.ts'
import { removalPrefix, indexPrefix, type IndexMeta, type StoreMeta } from './metadata.ts'
import { clearStore, deleteRecords, populateIndex, storeRecord } from './records.ts'
import type { TransactionCore } from './transaction-core.ts'
import {
  assertInternal,
  defineInterface,
  internal,
  requireArguments,
  toDictionary,
  toDomString,
  toStringOrSequence,
} from './webidl.ts'

export class IDBObjectStore {
  readonly #meta: StoreMeta
  readonly #transaction: TransactionCore
  readonly #handle: SourceHandle
  #keyPath: unknown
  /** As it was when the transaction ended; later upgrades are not its own. */
  #kept: { name: string; indexNames: readonly string[] } | undefined

  constructor(...args: unknown[]) {
    assertInternal(args[0])
    const [, meta, transaction] = args as [unknown, StoreMeta, TransactionCore]
    this.#meta = meta
    this.#transaction = transaction
    this.#handle = {
      object: this,
      source: { store: meta, index: undefined },
      transaction,
      isDeleted: () => meta.deleted,
    }
    transaction.onEnd(() => {
      this.#kept = { name: meta.name, indexNames: [...meta.indexes.keys()] }
    })
  }

  get name(): string {
    return this.#kept?.name ?? this.#meta.name
  }
  set name(value: string) {
    const transaction = this.#transaction
    const name = toDomString(value)
    if (this.#meta.deleted) throw domError('InvalidStateError')
    if (transaction.mode !== 'versionchange')
      throw domError('InvalidStateError', 'Only an upgrade can rename.')
    transaction.assertActive()
    const { stores } = transaction.connection.meta
    if (this.#meta.name === name) return
    if (stores.has(name)) throw domError('ConstraintError', `There is a store "${name}".`)
    stores.delete(this.#meta.name)
    stores.set(name, this.#meta)
    this.#meta.name = name
  }
  get keyPath(): unknown {
    const { keyPath } = this.#meta
    this.#keyPath ??= keyPath === null || typeof keyPath === 'string' ? keyPath : [...keyPath]
    return this.#keyPath
  }
  get indexNames(): IdbStringList {
    return sortedNames(this.#kept?.indexNames ?? this.#meta.indexes.keys())
  }
  get transaction(): unknown {
    return this.#transaction.object
  }
  get autoIncrement(): boolean {
    return this.#meta.autoIncrement
  }

  put(value: unknown, key: unknown = undefined): IDBRequest {
    requireArguments(arguments.length, 1)
    return this.#store(value, key, false)
  }
  add(value: unknown, key: unknown = undefined): IDBRequest {
    requireArguments(arguments.length, 1)
    return this.#store(value, key, true)
  }

  #assertWritable(): void {
    assertUsable(this.#handle)
    if (this.#transaction.mode === 'readonly') throw domError('ReadOnlyError')
  }

  #store(value: unknown, key: unknown, noOverwrite: boolean): IDBRequest {
    this.#assertWritable()
    const { keyPath, autoIncrement } = this.#meta
    if (keyPath !== null && key !== undefined)
      throw domError('DataError', 'The store takes keys from its values.')
    if (keyPath === null && !autoIncrement && key === undefined)
      throw domError('DataError', 'The store needs a key.')
    let encoded = key === undefined ? undefined : requireIdbKey(key)
    const cloned = this.#transaction.cloneIn(value)
    this.#transaction.assertActive()
    if (keyPath !== null) encoded = this.#keyOf(cloned, keyPath)
    const used = encoded === undefined ? undefined : decodeKey(encoded)
    const number = typeof used === 'number' ? used : undefined
    return this.#transaction.place(this, async (work) =>
      decodeKey(
        await storeRecord(work, {
          store: this.#meta,
          value: cloned,
          key: encoded,
          number,
          noOverwrite,
        }),
      ),
    )
  }

  /** The key in a value; undefined is to be generated. */
  #keyOf(cloned: unknown, keyPath: KeyPath): string | undefined {
    const found = evaluate(cloned, keyPath)
    if (found !== undefined) {
      const key = convertKey(found)
      if (key === undefined) throw domError('DataError', 'The key in the value is not valid.')
      return key
    }
    if (!this.#meta.autoIncrement) throw domError('DataError', 'The value has no key.')
    if (!canInject(cloned, keyPath as string))
      throw domError('DataError', 'The value has no place for a generated key.')
    return undefined
  }

  delete(query: unknown): IDBRequest {
    requireArguments(arguments.length, 1)
    this.#assertWritable()
    const bounds = toBounds(query, false)
    return this.#transaction.place(this, (work) => deleteRecords(work, this.#meta, bounds))
  }
  clear(): IDBRequest {
    this.#assertWritable()
    return this.#transaction.place(this, (work) => clearStore(work, this.#meta))
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

  index(name: string): IDBIndex {
    requireArguments(arguments.length, 1)
    if (this.#meta.deleted || this.#transaction.state === 'finished')
      throw domError('InvalidStateError')
    const index = this.#meta.indexes.get(toDomString(name))
    if (index === undefined) throw domError('NotFoundError', `There is no index "${name}".`)
    return indexHandle(this, this.#meta, index, this.#transaction)
  }

  #assertUpgrade(): void {
    if (this.#transaction.mode !== 'versionchange')
      throw domError('InvalidStateError', 'Only an upgrade can change indexes.')
    if (this.#meta.deleted) throw domError('InvalidStateError', 'The store was deleted.')
    this.#transaction.assertActive()
  }

  createIndex(name: string, keyPath: unknown, options: unknown = undefined): IDBIndex {
    requireArguments(arguments.length, 2)
    const path = toStringOrSequence(keyPath)
    const { unique, multiEntry } = toDictionary(options, 'options')
    const wanted = toDomString(name)
    this.#assertUpgrade()
    if (this.#meta.indexes.has(wanted))
      throw domError('ConstraintError', `There is an index "${wanted}".`)
    requireKeyPath(path)
    if (Array.isArray(path) && multiEntry)
      throw domError('InvalidAccessError', 'A multi-entry index has one path.')
    const { meta } = this.#transaction.connection
    const index: IndexMeta = {
      id: meta.nextId++,
      name: wanted,
      keyPath: path,
      unique: Boolean(unique),
      multiEntry: Boolean(multiEntry),
      deleted: false,
    }
    this.#meta.indexes.set(wanted, index)
    this.#transaction.placeWork((work) => populateIndex(work, this.#meta, index))
    return indexHandle(this, this.#meta, index, this.#transaction)
  }

  deleteIndex(name: string): void {
    requireArguments(arguments.length, 1)
    const wanted = toDomString(name)
    this.#assertUpgrade()
    const index = this.#meta.indexes.get(wanted)
    if (index === undefined) throw domError('NotFoundError', `There is no index "${wanted}".`)
    this.#meta.indexes.delete(wanted)
    index.deleted = true
    const { id } = this.#transaction.connection.meta
    this.#transaction.placeWork(async (work) => {
      this.#meta.live.delete(index)
      work.storage.set(removalPrefix + indexPrefix(id, index.id), '')
    })
  }
}
defineInterface(IDBObjectStore, 'IDBObjectStore')

/** The handle of a store in a transaction: always the same. */
export function storeHandle(meta: StoreMeta, transaction: TransactionCore): IDBObjectStore {
  const known = transaction.handles.get(meta) as IDBObjectStore | undefined
  if (known !== undefined) return known
  const created = new IDBObjectStore(internal, meta, transaction)
  transaction.handles.set(meta, created)
  return created
}
