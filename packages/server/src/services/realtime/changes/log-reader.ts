/** The messages of the log, in order: rows are gathered to batches, stored messages go out at once. What it has read once it lets pass when it comes again. */
import type { ChangePosition, Hub } from '#services/realtime/channel'
import type { LogSink } from '#services/realtime/log'
import type { Change, LogMessage, Relation, Tuple } from '#services/realtime/rows'
import { createChange, decodeMessage, typeOf } from '#services/realtime/rows'
import { Confirmations } from './confirmations.ts'
import type { Delivery } from './delivery.ts'
import type { History } from './history.ts'
import { broadcastStored, isMessages } from './stored-message.ts'
import type { Subscriptions } from './subscriptions.ts'

/** As many as one statement decides on. */
const batchChanges = 200
const batchBytes = 4 * 1024 * 1024
/** Between two small batches: each asks Postgres for half a millisecond of its time, however few they are. */
const paceMs = 10
/** Changes and bytes that wait; with more of them the log is not read. */
const most = { changes: 1_000, bytes: 16 * 1024 * 1024 }

export interface LogReaderOptions {
  readonly hub: Hub
  readonly subscriptions: Subscriptions
  readonly delivery: Delivery
  readonly history: History
  /** The end of the transaction that was sent last: what comes again is let pass. 0 for one that begins. */
  readonly sentUpTo: bigint
  /** What was committed before is for those who come back, not for who is here. */
  readonly liveFrom: bigint
  /** More has been sent, or less waits. */
  readonly onProgress: () => void
  /** Changes can no longer be had. */
  readonly onMissed: () => void
  readonly onFailure: (error: unknown) => void
}

export class LogReader implements LogSink {
  readonly #confirmations = new Confirmations()
  readonly #options: LogReaderOptions
  #relations = new Map<number, Relation>()
  /** The newest row that was read: the place of its transaction's commit, and its number in there. */
  #taken = { lsn: 0n, row: 0 }
  /** What was committed before is not for who is here. */
  #liveFrom: bigint
  #readUpTo = 0n
  #committedAtMs = 0
  #xid = 0
  #isInTransaction = false
  #row = 0
  /** Rows of this transaction that were read before. */
  #repeated = 0
  #batch: Change[] = []
  #batchBytes = 0
  #flushedAtMs = -Infinity
  #timer: NodeJS.Timeout | null = null
  /** What it has not handed over by then another one reads again. */
  #hasFailed = false
  /** Of transactions that end in the batch. */
  #dones: (() => void)[] = []
  /** Of everything handed over so far. */
  #sent: Promise<unknown> = Promise.resolve()
  #queuedChanges = 0
  #queuedBytes = 0
  #tail: Promise<void> = Promise.resolve()

  constructor(options: LogReaderOptions) {
    this.#options = options
    this.#liveFrom = options.liveFrom
    this.#confirmations.reach(options.sentUpTo)
  }

  get isFull(): boolean {
    const { delivery } = this.#options
    return (
      this.#queuedChanges + this.#batch.length + delivery.waiting > most.changes ||
      this.#queuedBytes + this.#batchBytes > most.bytes
    )
  }

  get sentUpTo(): bigint {
    return this.#confirmations.lsn
  }

  get confirmable(): bigint {
    return this.#options.history.confirmable(this.sentUpTo)
  }

  get liveFrom(): bigint {
    return this.#liveFrom
  }

  /** What is read from here on is for who is here: nothing falls between that and what is kept. */
  get isLive(): boolean {
    return this.#readUpTo >= this.#liveFrom
  }

  /** Of the newest row that was read. */
  get position(): ChangePosition {
    return { ...this.#taken }
  }

  read(data: Buffer): void {
    const message = decodeMessage(data)
    if (message === null) return
    switch (message.kind) {
      case 'begin':
        this.#begin(message)
        return
      case 'relation':
        this.#relations.set(message.relation.oid, message.relation)
        return
      case 'commit':
        this.#isInTransaction = false
        this.#commit(message.endLsn)
        return
      default:
        if (this.#isInTransaction && ++this.#row > this.#repeated) this.#read(message, data)
    }
  }

  reach(lsn: bigint): void {
    if (!this.#isInTransaction) this.#readUpTo = lsn
    if (!this.#isInTransaction && this.#confirmations.isEmpty) this.#confirmations.reach(lsn)
  }

  begin(): void {
    this.#relations = new Map()
    this.#isInTransaction = false
  }

  skipTo(lsn: bigint): void {
    this.#taken = { lsn, row: Infinity }
    this.#confirmations.reach(lsn)
    this.#options.history.start(this.#taken)
  }

  goLive(lsn: bigint, begin: bigint): void {
    this.#liveFrom = lsn
    this.#readUpTo = begin
    this.#taken = { lsn: begin, row: 0 }
    this.#confirmations.reach(begin)
    this.#options.history.start(this.#taken)
  }

  miss(lsn: bigint): void {
    if (this.sentUpTo >= lsn || this.#taken.lsn >= lsn) return
    this.#confirmations.reach(lsn)
    this.#options.history.start({ lsn, row: 0 })
    this.#options.onMissed()
  }

  #begin({ commitLsn, committedAtMs, xid }: Extract<LogMessage, { readonly kind: 'begin' }>): void {
    this.#isInTransaction = true
    this.#readUpTo = commitLsn
    this.#committedAtMs = committedAtMs
    this.#xid = xid
    this.#row = 0
    if (commitLsn < this.sentUpTo || commitLsn < this.#taken.lsn) this.#repeated = Infinity
    else if (commitLsn === this.#taken.lsn) this.#repeated = this.#taken.row
    else {
      this.#repeated = 0
      this.#taken = { lsn: commitLsn, row: 0 }
    }
  }

  #read(message: Extract<LogMessage, { readonly oid: number }>, data: Buffer): void {
    this.#taken.row = this.#row
    const { hub, subscriptions, history } = this.#options
    const relation = this.#relations.get(message.oid)
    if (relation === undefined) return
    const { isLive } = this
    if (isMessages(relation)) {
      if (message.kind === 'insert' && isLive) broadcastStored(hub, relation, message.now())
      return
    }
    const place = {
      relation,
      committedAtMs: this.#committedAtMs,
      position: { ...this.#taken },
      xid: this.#xid,
    }
    history.add({ ...place, message: data })
    const type = typeOf(message)
    if (!isLive || !subscriptions.isWanted(relation, type)) return
    const now: Tuple | null = message.kind === 'delete' ? null : message.now()
    const before: Tuple | null = message.kind === 'insert' ? null : message.before()
    const change = createChange(type, place, now, before)
    this.#batch.push(change)
    this.#batchBytes += change.bytes
    if (this.#batch.length >= batchChanges || this.#batchBytes >= batchBytes) this.#flush()
  }

  /** Transactions that come while one is decided on wait for it, and are decided on together. */
  #commit(endLsn: bigint): void {
    const done = this.#confirmations.add(endLsn)
    if (this.#batch.length > 0) {
      this.#dones.push(done)
      this.#flushSoon()
    } else if (this.#queuedChanges > 0) this.#after(done)
    else done()
  }

  #flushSoon(): void {
    if (this.#hasFailed) return
    if (this.#queuedChanges > 0 || this.#batch.length === 0 || this.#timer !== null) return
    const waitMs = this.#flushedAtMs + paceMs - performance.now()
    if (waitMs <= 0) {
      this.#flush()
      return
    }
    this.#timer = setTimeout(() => {
      this.#timer = null
      if (!this.#hasFailed && this.#queuedChanges === 0 && this.#batch.length > 0) this.#flush()
    }, waitMs)
  }

  #flush(): void {
    this.#flushedAtMs = performance.now()
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
        if (this.#hasFailed) return
        const { sent } = await this.#options.delivery.deliver(changes)
        this.#sent = Promise.all([this.#sent, sent]).then(() => {
          for (const done of dones) done()
          this.#options.onProgress()
        })
      })
      .catch((error: unknown) => {
        this.#hasFailed = true
        this.#options.onFailure(error)
      })
      .finally(() => {
        this.#queuedChanges -= changes.length
        this.#queuedBytes -= bytes
        this.#flushSoon()
        this.#options.onProgress()
      })
  }

  #after(done: () => void): void {
    this.#tail = this.#tail.then(() => {
      this.#sent = this.#sent.then(done)
    })
  }
}
