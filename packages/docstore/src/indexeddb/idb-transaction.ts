/** Transactions. https://w3c.github.io/IndexedDB/#transaction */
import { IdbEventTarget, parentOf } from './dom-event.ts'
import { defineHandlers } from './event-handlers.ts'
import { sortedNames, type IdbStringList } from './string-list.ts'
import { domError } from './dom-error.ts'
import { storeHandle, type IDBObjectStore } from './idb-object-store.ts'
import type { Mode, TransactionCore } from './transaction-core.ts'
import {
  assertInternal,
  defineInterface,
  internal,
  requireArguments,
  toDomString,
} from './webidl.ts'

export class IDBTransaction extends IdbEventTarget {
  readonly #core: TransactionCore

  constructor(...args: unknown[]) {
    assertInternal(args[0])
    super()
    this.#core = args[1] as TransactionCore
  }

  override get [parentOf](): IdbEventTarget | null {
    return this.#core.connection.object
  }

  get objectStoreNames(): IdbStringList {
    const { mode, connection, scope, lastNames } = this.#core
    if (mode !== 'versionchange') return sortedNames(scope)
    return sortedNames(lastNames ?? connection.meta.stores.keys())
  }
  get mode(): Mode {
    return this.#core.mode
  }
  get durability(): string {
    return this.#core.durability
  }
  get db(): IdbEventTarget {
    return this.#core.connection.object
  }
  get error(): DOMException | null {
    return this.#core.error
  }

  objectStore(name: string): IDBObjectStore {
    requireArguments(arguments.length, 1)
    const wanted = toDomString(name)
    const { state, connection, scope, mode } = this.#core
    if (state === 'finished') throw domError('InvalidStateError', 'The transaction has finished.')
    const meta = connection.meta.stores.get(wanted)
    if (meta === undefined || (mode !== 'versionchange' && !scope.has(wanted)))
      throw domError('NotFoundError', `There is no store "${wanted}" in this transaction.`)
    return storeHandle(meta, this.#core)
  }

  commit(): void {
    if (this.#core.state !== 'active')
      throw domError('InvalidStateError', 'The transaction is not active.')
    this.#core.commit()
  }

  abort(): void {
    const { state } = this.#core
    if (state === 'committing' || state === 'finished')
      throw domError('InvalidStateError', 'The transaction is ending.')
    this.#core.abort(null)
  }
}
defineHandlers(IDBTransaction, ['abort', 'complete', 'error'])
defineInterface(IDBTransaction, 'IDBTransaction')

export function newTransaction(core: TransactionCore): IDBTransaction {
  const object = new IDBTransaction(internal, core)
  core.object = object
  return object
}
