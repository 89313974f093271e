/** The messages of the log, in order: rows are gathered to batches, stored messages go out at once. Reads no faster than changes are sent. */
import type { Hub } from '#services/realtime/channel'
import type { Change } from './change.ts'
import { createChange } from './change.ts'
import { Confirmations } from './confirmations.ts'
import type { Delivery } from './delivery.ts'
import { decodeMessage } from './pgoutput.ts'
import type { LogMessage, Relation, Tuple } from './pgoutput.ts'
import { broadcastStored, isMessages } from './stored-message.ts'
import type { Subscriptions } from './subscriptions.ts'

/** As many as one statement decides on. */
const batchChanges = 200
const batchBytes = 4 * 1024 * 1024
/** Changes and bytes that wait; with more of them the log is not read. */
const most = { changes: 1_000, bytes: 16 * 1024 * 1024 }

export interface LogReaderOptions {
  readonly hub: Hub
  readonly subscriptions: Subscriptions
  readonly delivery: Delivery
  /** The end of the transaction that was sent last: what comes again after a break is let pass. */
  readonly sentUpTo: bigint
  /** More has been sent, or less waits. */
  readonly onProgress: () => void
  readonly onFailure: (error: unknown) => void
}

export class LogReader {
  readonly confirmations = new Confirmations()
  readonly #options: LogReaderOptions
  readonly #relations = new Map<number, Relation>()
  #committedAtMs = 0
  #isRepeated = false
  #isInTransaction = false
  #batch: Change[] = []
  #batchBytes = 0
  /** Of transactions that end in the batch. */
  #dones: (() => void)[] = []
  /** Of everything handed over so far. */
  #sent: Promise<unknown> = Promise.resolve()
  #queuedChanges = 0
  #queuedBytes = 0
  #tail: Promise<void> = Promise.resolve()

  constructor(options: LogReaderOptions) {
    this.#options = options
    this.confirmations.reach(options.sentUpTo)
  }

  /** Too much waits: nothing more is to be read for now. */
  get isFull(): boolean {
    const { delivery } = this.#options
    return (
      this.#queuedChanges + this.#batch.length + delivery.waiting > most.changes ||
      this.#queuedBytes + this.#batchBytes > most.bytes
    )
  }

  get isIdle(): boolean {
    return !this.#isInTransaction && this.confirmations.isEmpty
  }

  read(data: Buffer): void {
    const message = decodeMessage(data)
    if (message === null) return
    switch (message.kind) {
      case 'begin':
        this.#isInTransaction = true
        this.#committedAtMs = message.committedAtMs
        this.#isRepeated = message.commitLsn < this.#options.sentUpTo
        return
      case 'relation':
        this.#relations.set(message.relation.oid, message.relation)
        return
      case 'commit':
        this.#isInTransaction = false
        this.#commit(message.endLsn)
        return
      default:
        if (!this.#isRepeated) this.#row(message)
    }
  }

  #row(message: Extract<LogMessage, { readonly oid: number }>): void {
    const { hub, subscriptions } = this.#options
    const relation = this.#relations.get(message.oid)
    if (relation === undefined) return
    if (message.kind === 'insert' && isMessages(relation))
      broadcastStored(hub, relation, message.now())
    const type = typeOf(message)
    if (!subscriptions.isWanted(relation, type)) return
    const now: Tuple | null = message.kind === 'delete' ? null : message.now()
    const before: Tuple | null = message.kind === 'insert' ? null : message.before()
    const change = createChange(type, relation, this.#committedAtMs, now, before)
    this.#batch.push(change)
    this.#batchBytes += change.bytes
    if (this.#batch.length >= batchChanges || this.#batchBytes >= batchBytes) this.#flush()
  }

  /** Transactions that come while one is decided on wait for it, and are decided on together. */
  #commit(endLsn: bigint): void {
    const done = this.confirmations.add(endLsn)
    if (this.#batch.length > 0) {
      this.#dones.push(done)
      if (this.#queuedChanges === 0) this.#flush()
    } else if (this.#queuedChanges > 0) this.#after(done)
    else done()
  }

  #flush(): void {
    const changes = this.#batch
    const bytes = this.#batchBytes
    const dones = this.#dones
    this.#batch = []
    this.#batchBytes = 0
    this.#dones = []
    this.#queuedChanges += changes.length
    this.#queuedBytes += bytes
    this.#tail = this.#tail
      .then(async () => {
        const { sent } = await this.#options.delivery.deliver(changes)
        this.#sent = Promise.all([this.#sent, sent]).then(() => {
          for (const done of dones) done()
          this.#options.onProgress()
        })
      })
      .catch(this.#options.onFailure)
      .finally(() => {
        this.#queuedChanges -= changes.length
        this.#queuedBytes -= bytes
        if (this.#queuedChanges === 0 && this.#batch.length > 0) this.#flush()
        this.#options.onProgress()
      })
  }

  #after(done: () => void): void {
    this.#tail = this.#tail.then(() => {
      this.#sent = this.#sent.then(done)
    })
  }
}

function typeOf({ kind }: LogMessage): Change['type'] {
  if (kind === 'insert') return 'INSERT'
  return kind === 'update' ? 'UPDATE' : 'DELETE'
}
