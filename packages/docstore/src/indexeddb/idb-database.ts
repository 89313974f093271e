/** Connections to a database. https://w3c.github.io/IndexedDB/#database-interface */
import type { ConnectionCore } from './database-core.ts'
import { IdbEventTarget } from './dom-event.ts'
import { defineHandlers } from './event-handlers.ts'
import { sortedNames, type IdbStringList } from './string-list.ts'
import { domError } from './dom-error.ts'
import { storeHandle, type IDBObjectStore } from './idb-object-store.ts'
import { newTransaction, type IDBTransaction } from './idb-transaction.ts'
import { requireKeyPath } from './key-path.ts'
import {
  generatorKey,
  indexPrefix,
  removalPrefix,
  storePrefix,
  type StoreMeta,
} from './metadata.ts'
import { TransactionCore } from './transaction-core.ts'
import {
  assertInternal,
  defineInterface,
  internal,
  requireArguments,
  toDictionary,
  toDomString,
  toEnum,
  toStringOrSequence,
} from './webidl.ts'

export class IDBDatabase extends IdbEventTarget {
  readonly #core: ConnectionCore

  constructor(...args: unknown[]) {
    assertInternal(args[0])
    super()
    this.#core = args[1] as ConnectionCore
  }

  get name(): string {
    return this.#core.meta.name
  }
  get version(): number {
    return this.#core.version
  }
  get objectStoreNames(): IdbStringList {
    return sortedNames(this.#core.closedNames ?? this.#core.meta.stores.keys())
  }

  transaction(
    storeNames: unknown,
    mode: unknown = 'readonly',
    options: unknown = undefined,
  ): IDBTransaction {
    requireArguments(arguments.length, 1)
    const core = this.#core
    const wanted = toStringOrSequence(storeNames)
    const kind = toEnum(
      mode,
      ['readonly', 'readwrite', 'versionchange'] as const,
      'IDBTransactionMode',
    )
    const { durability = 'default' } = toDictionary(options, 'options')
    const kept = toEnum(
      durability,
      ['default', 'strict', 'relaxed'] as const,
      'IDBTransactionDurability',
    )
    if (core.upgrade !== undefined) throw domError('InvalidStateError', 'An upgrade is running.')
    if (core.closePending) throw domError('InvalidStateError', 'The connection is closed.')
    const scope = new Set(typeof wanted === 'string' ? [wanted] : wanted)
    for (const name of scope)
      if (!core.meta.stores.has(name))
        throw domError('NotFoundError', `There is no store "${name}".`)
    if (scope.size === 0) throw domError('InvalidAccessError', 'No store is named.')
    if (kind === 'versionchange') throw new TypeError('A transaction is readonly or readwrite.')
    const transaction = new TransactionCore(core, scope, kind, kept)
    const object = newTransaction(transaction)
    transaction.activateNow()
    core.database.add(transaction)
    return object
  }

  close(): void {
    this.#core.close()
  }

  #upgrade(): TransactionCore {
    const { upgrade } = this.#core
    if (upgrade === undefined)
      throw domError('InvalidStateError', 'Only an upgrade can change stores.')
    upgrade.assertActive()
    return upgrade
  }

  createObjectStore(name: string, options: unknown = undefined): IDBObjectStore {
    requireArguments(arguments.length, 1)
    const core = this.#core
    const wanted = toDomString(name)
    const dictionary = toDictionary(options, 'options')
    const autoIncrement = Boolean(dictionary['autoIncrement'])
    const given = dictionary['keyPath']
    const keyPath = given === undefined || given === null ? null : toStringOrSequence(given)
    const upgrade = this.#upgrade()
    if (keyPath !== null) requireKeyPath(keyPath)
    if (core.meta.stores.has(wanted))
      throw domError('ConstraintError', `There is a store "${wanted}".`)
    if (autoIncrement && (keyPath === '' || Array.isArray(keyPath)))
      throw domError(
        'InvalidAccessError',
        'Generated keys need a key path that is one name or path.',
      )
    const meta: StoreMeta = {
      id: core.meta.nextId++,
      name: wanted,
      keyPath,
      autoIncrement,
      indexes: new Map(),
      live: new Set(),
      deleted: false,
    }
    core.meta.stores.set(wanted, meta)
    return storeHandle(meta, upgrade)
  }

  deleteObjectStore(name: string): void {
    requireArguments(arguments.length, 1)
    const core = this.#core
    const wanted = toDomString(name)
    const upgrade = this.#upgrade()
    const store = core.meta.stores.get(wanted)
    if (store === undefined) throw domError('NotFoundError', `There is no store "${wanted}".`)
    core.meta.stores.delete(wanted)
    store.deleted = true
    const { id } = core.meta
    const gone = [
      storePrefix(id, store.id),
      generatorKey(id, store.id),
      ...[...store.indexes.values()].map((index) => indexPrefix(id, index.id)),
    ]
    for (const index of store.indexes.values()) index.deleted = true
    store.indexes = new Map()
    upgrade.placeWork(async (work) => {
      for (const prefix of gone) work.storage.set(removalPrefix + prefix, '')
    })
  }
}
defineHandlers(IDBDatabase, ['abort', 'close', 'error', 'versionchange'])
defineInterface(IDBDatabase, 'IDBDatabase')

export function newDatabase(core: ConnectionCore): IDBDatabase {
  const object = new IDBDatabase(internal, core)
  core.object = object
  return object
}
