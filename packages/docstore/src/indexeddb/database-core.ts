/** A database by name: its connections, and which of its transactions may run. https://w3c.github.io/IndexedDB/#transaction-scheduling */
import type { Storage } from '#storage'
import type { IdbEventTarget } from './dom-event.ts'
import type { DatabaseMeta } from './metadata.ts'
import type { TransactionCore } from './transaction-core.ts'

export class DatabaseCore {
  readonly storage: Storage
  readonly name: string
  /** undefined: there is none (any more, or yet). */
  meta: DatabaseMeta | undefined
  committedVersion = 0
  readonly connections: Set<ConnectionCore> = new Set()
  /** Requests to open and to delete, one after another. */
  turn: Promise<unknown> = Promise.resolve()
  /** Unfinished, in the order they were made. */
  #transactions: TransactionCore[] = []
  #onClosed: (() => void)[] = []

  constructor(storage: Storage, name: string, meta: DatabaseMeta | undefined) {
    this.storage = storage
    this.name = name
    this.meta = meta
    this.committedVersion = meta?.version ?? 0
  }

  add(transaction: TransactionCore): void {
    this.#transactions.push(transaction)
    transaction.connection.transactions.add(transaction)
    this.#startPossible()
  }

  release(transaction: TransactionCore): void {
    this.#transactions = this.#transactions.filter((other) => other !== transaction)
    this.closedMaybe(transaction.connection)
    this.#startPossible()
  }

  #startPossible(): void {
    for (const [at, transaction] of this.#transactions.entries()) {
      if (transaction.started || transaction.state === 'finished') continue
      const isFree = !this.#transactions
        .slice(0, at)
        .some((earlier) => excludes(earlier, transaction))
      if (isFree) transaction.start()
    }
  }

  /** A connection is closed when it was told to and its transactions have ended. */
  closedMaybe(connection: ConnectionCore): void {
    if (!connection.closePending || connection.transactions.size > 0) return
    this.connections.delete(connection)
    for (const tell of this.#onClosed.splice(0)) tell()
  }

  async untilClosed(except: ConnectionCore | undefined): Promise<void> {
    while ([...this.connections].some((other) => other !== except))
      await new Promise<void>((resolve) => this.#onClosed.push(resolve))
  }
}

function excludes(a: TransactionCore, b: TransactionCore): boolean {
  if (a.mode === 'readonly' && b.mode === 'readonly') return false
  if (a.mode === 'versionchange' || b.mode === 'versionchange') return true
  return [...a.scope].some((name) => b.scope.has(name))
}

export class ConnectionCore {
  readonly database: DatabaseCore
  readonly meta: DatabaseMeta
  object!: IdbEventTarget
  upgrade: TransactionCore | undefined
  closePending = false
  version: number
  readonly transactions: Set<TransactionCore> = new Set()
  /** Store names as this connection sees them once it is closed. */
  closedNames: readonly string[] | undefined

  constructor(database: DatabaseCore, meta: DatabaseMeta) {
    this.database = database
    this.meta = meta
    this.version = meta.version
  }

  close(): void {
    if (this.closePending) return
    this.closedNames = [...this.meta.stores.keys()]
    this.closePending = true
    this.database.closedMaybe(this)
  }
}
