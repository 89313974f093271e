/** Opening, upgrading and deleting databases, in the order asked for. https://w3c.github.io/IndexedDB/#opening */
import { decodeKey, last } from '#key'
import type { Storage } from '#storage'
import { ConnectionCore, DatabaseCore } from './database-core.ts'
import { fire, IdbEvent } from './dom-event.ts'
import { domError } from './dom-error.ts'
import { newDatabase, type IDBDatabase } from './idb-database.ts'
import {
  IDBVersionChangeEvent,
  newOpenRequest,
  requestState,
  type IDBOpenDBRequest,
} from './idb-request.ts'
import { newTransaction } from './idb-transaction.ts'
import {
  databasePrefix,
  decodeMeta,
  lastIdKey,
  metaKey,
  metaPrefix,
  removalPrefix,
} from './metadata.ts'
import { TransactionCore } from './transaction-core.ts'
import { microtasksDone, nextTask } from './turn.ts'

export class FactoryCore {
  readonly #open: () => Promise<Storage>
  #storage: Promise<Storage> | undefined
  #databases = new Map<string, DatabaseCore>()
  #lastId = 0

  /** `open` is called at the first use. */
  constructor(open: () => Promise<Storage>) {
    this.#open = open
  }

  #ready(): Promise<Storage> {
    this.#storage ??= this.#load()
    return this.#storage
  }

  async #load(): Promise<Storage> {
    const storage = await this.#open()
    this.#lastId = Number((await storage.get(lastIdKey, 'text')) ?? 0)
    const view = storage.snapshot()
    const iterator = view.iterate({ gte: metaPrefix, lt: metaPrefix + last, values: 'text' })
    for (;;) {
      const entries = await iterator.next(100)
      for (const [key, text] of entries) {
        const name = decodeKey(key, metaPrefix.length) as string
        this.#databases.set(name, new DatabaseCore(storage, name, decodeMeta(text as string)))
      }
      if (entries.length < 100) break
    }
    await iterator.close()
    await view.close()
    await removeGone(storage)
    return storage
  }

  async #inTurn(
    name: string,
    request: IDBOpenDBRequest,
    work: (core: DatabaseCore) => Promise<void>,
  ): Promise<void> {
    try {
      const storage = await this.#ready()
      const core = this.#databases.get(name) ?? new DatabaseCore(storage, name, undefined)
      this.#databases.set(name, core)
      const turn = core.turn.then(() => work(core))
      core.turn = turn.catch(() => undefined)
      await turn
    } catch (error) {
      await answer(
        request,
        undefined,
        error instanceof DOMException ? error : domError('UnknownError', String(error)),
      )
    }
  }

  open(name: string, version: number | undefined): IDBOpenDBRequest {
    const request = newOpenRequest()
    void this.#inTurn(name, request, (core) => this.#openIn(core, request, version))
    return request
  }

  async #openIn(
    core: DatabaseCore,
    request: IDBOpenDBRequest,
    version: number | undefined,
  ): Promise<void> {
    const current = core.meta?.version ?? 0
    const wanted = version ?? Math.max(1, current)
    if (current > wanted)
      return answer(
        request,
        undefined,
        domError('VersionError', `The database has version ${current}, ${wanted} was asked for.`),
      )
    core.meta ??= {
      id: await this.#newId(core.storage),
      name: core.name,
      version: 0,
      nextId: 1,
      stores: new Map(),
    }
    const connection = new ConnectionCore(core, core.meta)
    const object = newDatabase(connection)
    if (current < wanted) {
      await askToClose(core, connection, request, current, wanted)
      core.connections.add(connection)
      const ok = await this.#upgrade(core, connection, object, request, wanted)
      if (!ok)
        return answer(
          request,
          undefined,
          domError('AbortError', 'The upgrade was aborted, or the connection closed in it.'),
        )
    } else core.connections.add(connection)
    await answer(request, object, undefined)
  }

  async #newId(storage: Storage): Promise<number> {
    const id = ++this.#lastId
    await storage.update((view) => view.set(lastIdKey, String(id)))
    return id
  }

  /** True when it was committed and the connection is still open. */
  async #upgrade(
    core: DatabaseCore,
    connection: ConnectionCore,
    object: IDBDatabase,
    request: IDBOpenDBRequest,
    version: number,
  ): Promise<boolean> {
    const { meta } = connection
    const oldVersion = meta.version
    const transaction = new TransactionCore(
      connection,
      meta.stores.keys(),
      'versionchange',
      'default',
    )
    transaction.state = 'inactive'
    const handle = newTransaction(transaction)
    connection.upgrade = transaction
    meta.version = version
    connection.version = version
    await nextTask()
    Object.assign(requestState(request), {
      result: object,
      transaction: handle,
      readyState: 'done',
      error: null,
    })
    transaction.state = 'active'
    core.add(transaction)
    const threw = fire(
      request,
      new IDBVersionChangeEvent('upgradeneeded', { oldVersion, newVersion: version }),
    )
    await microtasksDone()
    if (threw && (transaction.state as string) !== 'finished')
      transaction.abort(domError('AbortError', 'A listener threw an error.'))
    else transaction.deactivate()
    const committed = await transaction.finished
    connection.upgrade = undefined
    requestState(request).transaction = null
    if (committed) {
      void removeGone(core.storage).catch(() => undefined)
      return !connection.closePending
    }
    connection.version = oldVersion
    connection.close()
    connection.closedNames = oldVersion === 0 ? [] : [...meta.stores.keys()]
    if (oldVersion === 0) core.meta = undefined
    return false
  }

  delete(name: string): IDBOpenDBRequest {
    const request = newOpenRequest()
    void this.#inTurn(name, request, async (core) => {
      const { meta } = core
      if (meta !== undefined) {
        await askToClose(core, undefined, request, meta.version, null)
        await core.storage.update((view) => {
          view.set(metaKey(core.name), undefined)
          view.set(removalPrefix + databasePrefix(meta.id), '')
        })
        core.meta = undefined
        core.committedVersion = 0
        await removeGone(core.storage)
      }
      await nextTask()
      Object.assign(requestState(request), { result: undefined, readyState: 'done', error: null })
      fire(
        request,
        new IDBVersionChangeEvent('success', { oldVersion: meta?.version ?? 0, newVersion: null }),
      )
    })
    return request
  }

  async databases(): Promise<{ name: string; version: number }[]> {
    await this.#ready()
    return [...this.#databases.values()]
      .filter(({ committedVersion }) => committedVersion > 0)
      .map(({ name, committedVersion }) => ({ name, version: committedVersion }))
  }

  /** Closes connections, waits for their transactions, and closes the files where they are its own. */
  async close(ownsStorage: boolean): Promise<void> {
    if (this.#storage === undefined) return
    const storage = await this.#storage
    for (const core of this.#databases.values()) {
      await core.turn
      for (const connection of core.connections) connection.close()
      await core.untilClosed(undefined)
    }
    if (ownsStorage) await storage.close()
  }
}

/** Tells open connections, then waits until they are closed. */
async function askToClose(
  core: DatabaseCore,
  own: ConnectionCore | undefined,
  request: IDBOpenDBRequest,
  oldVersion: number,
  newVersion: number | null,
): Promise<void> {
  const others = [...core.connections].filter((other) => other !== own)
  for (const other of others) {
    if (other.closePending) continue
    await nextTask()
    if (!other.closePending)
      fire(other.object, new IDBVersionChangeEvent('versionchange', { oldVersion, newVersion }))
    await microtasksDone()
  }
  if (others.some((other) => !other.closePending)) {
    await nextTask()
    fire(request, new IDBVersionChangeEvent('blocked', { oldVersion, newVersion }))
  }
  await core.untilClosed(own)
}

async function answer(
  request: IDBOpenDBRequest,
  result: unknown,
  error: DOMException | undefined,
): Promise<void> {
  await nextTask()
  Object.assign(requestState(request), { result, error: error ?? null, readyState: 'done' })
  fire(
    request,
    error ? new IdbEvent('error', { bubbles: true, cancelable: true }) : new IdbEvent('success'),
  )
}

/** Removes the data of what was deleted: also at the next opening, after a crash in between. */
async function removeGone(storage: Storage): Promise<void> {
  const view = storage.snapshot()
  const iterator = view.iterate({ gte: removalPrefix, lt: removalPrefix + last, values: 'none' })
  const marks = await iterator.next(10_000)
  await iterator.close()
  await view.close()
  for (const [mark] of marks) {
    const prefix = mark.slice(removalPrefix.length)
    await storage.clear({ gte: prefix, lt: prefix + last })
    await storage.update((changes) => changes.set(mark, undefined))
  }
}
