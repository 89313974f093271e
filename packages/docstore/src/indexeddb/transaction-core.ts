/** Life of a transaction: its requests one after another, when it is active, commits and aborts. https://w3c.github.io/IndexedDB/#transaction-construct */
import { DocstoreError } from '#kernel'
import { clone } from './clone.ts'
import { fire, IdbEvent, type IdbEventTarget } from './dom-event.ts'
import { domError } from './dom-error.ts'
import type { ConnectionCore } from './database-core.ts'
import { requestState, newRequest, type IDBRequest } from './idb-request.ts'
import { encodeMeta, metaKey, rememberMeta } from './metadata.ts'
import type { Work } from './records.ts'
import { afterMicrotasks, microtasksDone, nextTask } from './turn.ts'

export type Mode = 'readonly' | 'readwrite' | 'versionchange'
type Operation = (work: Work) => Promise<unknown>

interface Item {
  /** undefined: work of an upgrade that nobody waits for. */
  request: IDBRequest | undefined
  operation: Operation
}

export class TransactionCore {
  state: 'active' | 'inactive' | 'committing' | 'finished' = 'active'
  error: DOMException | null = null
  object!: IdbEventTarget
  started = false
  readonly connection: ConnectionCore
  readonly scope: ReadonlySet<string>
  readonly mode: Mode
  readonly durability: string
  /** Settles when the last event was fired: true when committed. */
  readonly finished: Promise<boolean>
  /** Handles of stores and indexes, one each. */
  readonly handles: Map<object, object> = new Map()
  /** Store names when an upgrade ended. */
  lastNames: readonly string[] | undefined
  readonly #atEnd: (() => void)[] = []
  readonly #restore: (() => void) | undefined
  #finish!: (committed: boolean) => void
  #queue: Item[] = []
  #work: Work | undefined
  #running = false
  #writing = false

  constructor(connection: ConnectionCore, scope: Iterable<string>, mode: Mode, durability: string) {
    this.connection = connection
    this.scope = new Set(scope)
    this.mode = mode
    this.durability = durability
    this.#restore = mode === 'versionchange' ? rememberMeta(connection.meta) : undefined
    this.finished = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  /** Called when it has committed or aborted, before scripts are told. */
  onEnd(work: () => void): void {
    if (this.state === 'finished') work()
    else this.#atEnd.push(work)
  }

  #keepNames(): void {
    this.lastNames = [...this.connection.meta.stores.keys()]
    for (const work of this.#atEnd.splice(0)) work()
  }

  /** Active until the script that made it gives back control. */
  activateNow(): void {
    afterMicrotasks(() => this.deactivate())
  }

  deactivate(): void {
    if (this.state === 'active') this.state = 'inactive'
    this.#commitIfIdle()
  }

  /** Clones a script's value while inactive: getters cannot place requests. */
  cloneIn(value: unknown): unknown {
    this.state = 'inactive'
    try {
      return clone(value)
    } finally {
      // a getter may have aborted it
      if ((this.state as string) === 'inactive') this.state = 'active'
    }
  }

  assertActive(): void {
    if (this.state !== 'active') throw domError('TransactionInactiveError')
  }

  /** Places a request; `reused` is a cursor's. */
  place(source: unknown, operation: Operation, reused?: IDBRequest): IDBRequest {
    const request = reused ?? newRequest(source, this.object)
    requestState(request).readyState = 'pending'
    this.#enqueue({ request, operation })
    return request
  }

  /** Work of an upgrade; its failure aborts. */
  placeWork(operation: Operation): void {
    this.#enqueue({ request: undefined, operation })
  }

  #enqueue(item: Item): void {
    this.#queue.push(item)
    if (this.started && !this.#running) void this.#run()
  }

  /** Its stores are free. */
  start(): void {
    this.started = true
    const { database, meta } = this.connection
    this.#work = { storage: database.storage.begin(), database: meta, changes: 0 }
    if (this.#queue.length > 0) void this.#run()
    else this.#commitIfIdle()
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let item = this.#queue[0]; item !== undefined; item = this.#queue[0]) {
      const outcome = await this.#operate(item)
      if (this.#isFinished()) return
      if (item.request !== undefined) await nextTask()
      if (this.#isFinished()) return
      this.#queue.shift()
      if (item.request !== undefined) await this.#deliver(item.request, outcome)
      else if (outcome.error) this.abort(outcome.error)
      if (this.#isFinished()) return
    }
    this.#running = false
    this.#commitIfIdle()
  }

  #isFinished(): boolean {
    return this.state === 'finished'
  }

  async #operate(item: Item): Promise<Outcome> {
    try {
      return { value: await item.operation(this.#work as Work), error: undefined }
    } catch (error) {
      return { value: undefined, error: toDomException(error) }
    }
  }

  async #deliver(request: IDBRequest, { value, error }: Outcome): Promise<void> {
    Object.assign(requestState(request), {
      readyState: 'done',
      result: value,
      error: error ?? null,
    })
    if (this.state === 'inactive') this.state = 'active'
    const event = error
      ? new IdbEvent('error', { bubbles: true, cancelable: true })
      : new IdbEvent('success')
    const threw = fire(request, event)
    await microtasksDone()
    const wasActive = this.state === 'active'
    if (wasActive) this.state = 'inactive'
    if (this.#isFinished()) return
    if (threw && wasActive) this.abort(domError('AbortError', 'A listener threw an error.'))
    else if (error && !event.defaultPrevented) this.abort(error)
  }

  /** By script: what is placed is still done, nothing more is taken. */
  commit(): void {
    this.state = 'committing'
    this.#commitIfIdle()
  }

  #commitIfIdle(): void {
    if (!this.started || this.#running || this.#writing || this.#queue.length > 0) return
    if (this.state !== 'inactive' && this.state !== 'committing') return
    this.#writing = true
    this.state = 'committing'
    void this.#write()
  }

  async #write(): Promise<void> {
    const { storage } = this.#work as Work
    const { meta, database } = this.connection
    try {
      if (this.mode === 'versionchange') storage.set(metaKey(meta.name), encodeMeta(meta))
      await storage.commit()
    } catch (error) {
      this.abort(toDomException(error))
      return
    }
    await nextTask()
    this.state = 'finished'
    this.#keepNames()
    if (this.mode === 'versionchange') {
      database.committedVersion = meta.version
      this.connection.upgrade = undefined
    }
    fire(this.object, new IdbEvent('complete'))
    this.#end(true)
  }

  /** `error` is null when a script asked for it. */
  abort(error: DOMException | null): void {
    this.state = 'finished'
    this.error = error
    this.#restore?.()
    this.#keepNames()
    const pending = this.#queue
    this.#queue = []
    void this.#tellAborted(pending)
  }

  async #tellAborted(pending: readonly Item[]): Promise<void> {
    await this.#work?.storage.abort()
    for (const { request } of pending) {
      if (request === undefined) continue
      await nextTask()
      Object.assign(requestState(request), {
        readyState: 'done',
        result: undefined,
        error: domError('AbortError'),
      })
      fire(request, new IdbEvent('error', { bubbles: true, cancelable: true }))
      await microtasksDone()
    }
    await nextTask()
    if (this.mode === 'versionchange') this.connection.upgrade = undefined
    fire(this.object, new IdbEvent('abort', { bubbles: true }))
    await microtasksDone()
    this.#end(false)
  }

  #end(committed: boolean): void {
    this.connection.transactions.delete(this)
    this.connection.database.release(this)
    this.#finish(committed)
  }
}

interface Outcome {
  value: unknown
  error: DOMException | undefined
}

function toDomException(error: unknown): DOMException {
  if (error instanceof DOMException) return error
  if (error instanceof DocstoreError && error.code === 'database_full')
    return domError('QuotaExceededError', error.message)
  return domError('UnknownError', error instanceof Error ? error.message : String(error))
}
