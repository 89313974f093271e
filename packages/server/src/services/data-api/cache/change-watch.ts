/**
 * When each table was last changed, as positions in the log of the database, read from it over a slot of this node that
 * ends with its connection. What cannot be known (no connection, a log that is late) is said: nothing may be served then.
 */
import { randomBytes } from 'node:crypto'
import { Replication } from '#base/db'
import type { ConnectionOptions } from '#base/db'
import type { Project } from '#base/service'
import { ChangeReader } from './read-changes.ts'
import type { Committed } from './read-changes.ts'
import { haveChanged, readDefinitions, readPosition } from './read-position.ts'
import type { Definitions } from './read-position.ts'

export interface WatchOptions {
  readonly project: Project
  readonly connect: () => Promise<ConnectionOptions>
  readonly publication: string
  /** Makes the publication, without tables if there is none. */
  readonly prepare: () => Promise<void>
  /** Definitions have changed, and nobody has said so. */
  readonly onSchemaChange: () => void
}

const beatMs = 250
/** Definitions are looked at so seldom while nothing is asked: a table that has lost its key is in the publication, and refuses updates. */
const idleBeats = 20
/** Without a word for so long the log is away. */
const silentMs = 1_000
/** So late what was in the log by then may arrive. */
const lateMs = 250
/** What is large arrives for as long as it takes; it was acknowledged before. */
const arrivesWithinMs = 20
/** A page's head may lie between what was read and where the log ends. */
const gapBytes = 64n
const retryMs = { least: 500, most: 30_000 }
const settlePauseMs = { least: 1, most: 50 }
const infinity = 1n << 80n

export class ChangeWatch {
  readonly #options: WatchOptions
  #replication: Replication | null = null
  #reader = new ChangeReader()
  #changed = new Map<number, bigint>()
  /** What was asked to be told of. */
  #followed = new Set<number>()
  #unsettled: Committed[] = []
  #isSettling = false
  #received = 0n
  #settled = 0n
  /** Answers read before it may be of another schema, or of before we listened. */
  #floor = infinity
  #schemaChanges = 0
  #heardAt = 0
  /** The log was there by then, and should have arrived. */
  #expected: { readonly lsn: bigint; readonly at: number } | null = null
  #timer: NodeJS.Timeout | null = null
  #retry: NodeJS.Timeout | null = null
  #retryMs = retryMs.least
  #isUsed = false
  #idleBeats = 0
  #definitions: Definitions | null = null
  #isLooking = false
  #isClosed = false
  #hasWarned = false
  timeline = ''

  constructor(options: WatchOptions) {
    this.#options = options
    void this.#open()
  }

  /** Whether what we know is what is. */
  get isCurrent(): boolean {
    this.#isUsed = true
    if (this.#replication === null || this.#floor === infinity) return false
    const now = performance.now()
    if (now - this.#heardAt > silentMs) return false
    if (now - (this.#reader.beganAt ?? now) > arrivesWithinMs) return false
    const expected = this.#expected
    return (
      expected === null || now - expected.at < lateMs || this.#received + gapBytes >= expected.lsn
    )
  }

  /** Every change up to here that we know of is seen by a statement that begins now. */
  get settled(): bigint {
    return this.#settled
  }

  /** Whether nothing that was read at `lsn` has changed since. */
  isValid(lsn: bigint, tables: readonly number[]): boolean {
    if (lsn < this.#floor) return false
    for (const table of tables) {
      const changed = this.#changed.get(table)
      if (changed !== undefined && changed > lsn) return false
    }
    return true
  }

  /** These tables are told of from now on: what was read of them before may have changed unseen. */
  async began(tables: readonly number[]): Promise<void> {
    const { flushed } = await readPosition(this.#options.project)
    for (const table of tables) {
      this.#changed.set(table, flushed)
      this.#followed.add(table)
    }
    void this.#look()
  }

  /** Definitions have changed: nothing of before is valid, and nothing is until we know where that was. */
  schemaChanged(): void {
    const change = ++this.#schemaChanges
    this.#floor = infinity
    if (this.#replication === null) return
    readPosition(this.#options.project).then(
      ({ flushed, timeline }) => {
        if (change !== this.#schemaChanges) return
        this.#floor = flushed
        this.timeline = timeline
      },
      () => this.#lose(),
    )
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
    if (this.#retry !== null) clearTimeout(this.#retry)
  }

  async #open(): Promise<void> {
    const { project, connect, publication, prepare } = this.#options
    let replication: Replication | null = null
    try {
      await prepare()
      const reader = new ChangeReader()
      replication = await Replication.open(await connect(), {
        onChange: (message) => {
          this.#heardAt = performance.now()
          const committed = reader.read(message)
          if (committed !== null) this.#commit(committed)
        },
        onKeepalive: (lsn, mustAnswer) => {
          this.#heardAt = performance.now()
          this.#reach(lsn)
          if (mustAnswer) replication?.confirm(this.#received)
        },
        onClose: () => {
          if (this.#replication === replication) this.#lose()
        },
      })
      const slot = `basalt_cache_${randomBytes(6).toString('hex')}`
      await replication.createTemporarySlot(slot)
      await replication.start(slot, [publication])
      if (this.#isClosed) return replication.close()
      this.#replication = replication
      this.#reader = reader
      this.#changed = new Map()
      this.#followed = new Set()
      this.#unsettled = []
      this.#received = this.#settled = 0n
      this.#expected = null
      this.#heardAt = performance.now()
      // what is kept from now on is ended by what differs from this
      await this.#look()
      // lost meanwhile, or closed
      if (this.#replication !== replication) return
      this.schemaChanged()
      replication.confirm(0n, true)
      this.#timer = setInterval(() => this.#beat(), beatMs)
      this.#timer.unref()
      this.#retryMs = retryMs.least
      if (this.#hasWarned) project.log.info('the cache follows the log of changes again')
      this.#hasWarned = false
    } catch (error) {
      replication?.close()
      if (!this.#hasWarned && !this.#isClosed)
        project.log.warn('nothing is cached: the log of changes cannot be read', {
          error: String(error),
        })
      this.#hasWarned = true
      this.#tryAgain()
    }
  }

  #beat(): void {
    this.#replication?.confirm(this.#received, true)
    if (!this.#isUsed && ++this.#idleBeats < idleBeats) return
    this.#isUsed = false
    this.#idleBeats = 0
    void this.#look()
    const { lsn, at } = this.#expected ?? { lsn: 0n, at: 0 }
    // one that has not been reached yet is waited for
    if (this.#received + gapBytes < lsn && performance.now() - at < silentMs) return
    readPosition(this.#options.project).then(
      ({ flushed }) => {
        const before = this.#expected
        const isLate = before !== null && this.#received + gapBytes < before.lsn
        if (isLate) return
        this.#expected = { lsn: flushed, at: performance.now() }
        // asked for an answer, which says how far it is
        this.#replication?.confirm(this.#received, true)
      },
      () => {},
    )
  }

  /** Event triggers are a superuser's, and tell nothing of roles. */
  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      const { project, publication, onSchemaChange } = this.#options
      const found = await readDefinitions(project, publication, [...this.#followed])
      const before = this.#definitions
      this.#definitions = found
      if (before !== null && haveChanged(before, found)) onSchemaChange()
    } catch {
      // the log will be silent too
    } finally {
      this.#isLooking = false
    }
  }

  #commit(committed: Committed): void {
    const { endLsn, tables } = committed
    if (tables.size > 0) {
      for (const table of tables) this.#changed.set(table, endLsn)
      this.#unsettled.push(committed)
      void this.#settle()
    }
    this.#reach(endLsn)
  }

  #reach(lsn: bigint): void {
    if (lsn > this.#received) this.#received = lsn
    if (this.#unsettled.length === 0) this.#settled = this.#received
  }

  /** A commit stands in the log a moment before snapshots show it: who reads in between reads what was. */
  async #settle(): Promise<void> {
    if (this.#isSettling) return
    this.#isSettling = true
    let wait = settlePauseMs.least
    try {
      while (this.#unsettled.length > 0 && !this.#isClosed) {
        const position = await readPosition(this.#options.project).catch(() => null)
        const before = this.#unsettled
        this.#unsettled = before.filter(({ xid }) => position?.shows(xid) !== true)
        if (this.#unsettled.length < before.length) {
          this.#reach(0n)
          wait = settlePauseMs.least
        } else {
          await new Promise((resolve) => setTimeout(resolve, wait))
          wait = Math.min(wait * 2, settlePauseMs.most)
        }
      }
    } finally {
      this.#isSettling = false
    }
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    const replication = this.#replication
    this.#replication = null
    this.#floor = infinity
    replication?.close()
  }

  #lose(): void {
    this.#stop()
    this.#tryAgain()
  }

  #tryAgain(): void {
    if (this.#isClosed) return
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#open(), this.#retryMs)
    this.#retry.unref()
    this.#retryMs = Math.min(this.#retryMs * 2, retryMs.most)
  }
}
