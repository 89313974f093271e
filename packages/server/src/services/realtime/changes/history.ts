/** The newest changes as they came from the log, for those who come back: so long, and no more than so many bytes. */
import { isAfter } from '#services/realtime/channel'
import type { ChangePosition } from '#services/realtime/channel'
import type { Relation } from '#services/realtime/rows'

export interface PastChange {
  readonly position: ChangePosition
  readonly relation: Relation
  readonly committedAtMs: number
  readonly xid: number
  /** The message of the log. */
  readonly message: Buffer
}

/** What an entry takes besides its message. */
const overheadBytes = 300
/** Entries that have gone are let go of at once by so many. */
const compactAt = 1_024
/** Log that Postgres keeps for those who come back, however much changes. */
const maxLogBytes = 128n * 1024n * 1024n
const markEveryMs = 1_000

export interface HistoryOptions {
  /** 0 keeps nothing. */
  readonly windowMs: () => number
  readonly maxBytes: () => number
  readonly now: () => number
}

export class History {
  readonly #options: HistoryOptions
  #entries: (PastChange & { readonly atMs: number })[] = []
  /** Entries before it have gone. */
  #first = 0
  #bytes = 0
  /** Everything behind it is here; null when nothing is. */
  #floor: ChangePosition | null = null
  #begun: ChangePosition | null = null
  /** Places of the log by the time everything before them had been sent. */
  #marks: { readonly atMs: number; readonly lsn: bigint }[] = []

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  /** Begins, or begins anew: what was committed up to `position` is not known here. */
  start(position: ChangePosition): void {
    this.#entries = []
    this.#first = 0
    this.#bytes = 0
    this.#floor = this.#begun = position
    this.#marks = [{ atMs: this.#options.now(), lsn: position.lsn }]
  }

  add(entry: PastChange): void {
    const { now, windowMs } = this.#options
    const last = this.#entries.at(-1)
    // what is read again after a failure is here
    if (windowMs() === 0 || (last !== undefined && !isAfter(entry.position, last.position))) return
    const atMs = now()
    this.#entries.push({ ...entry, atMs })
    this.#bytes += entry.message.length + overheadBytes
    this.#forget(atMs)
  }

  /** Where it began, while nothing has been forgotten since. */
  get begun(): ChangePosition | null {
    return this.#begun === this.#floor ? this.#begun : null
  }

  /** What was before `begun`, where that has not changed meanwhile. */
  prepend(begun: ChangePosition, past: History): void {
    if (this.begun !== begun || past.#floor === null) return
    const older = past.#entries
      .slice(past.#first)
      .filter(({ position }) => !isAfter(position, begun))
    this.#entries = [...older, ...this.#entries.slice(this.#first)]
    this.#first = 0
    for (const { message } of older) this.#bytes += message.length + overheadBytes
    this.#floor = past.#floor
    this.#forget(this.#options.now())
  }

  /** Null where some of it is gone. */
  since(after: ChangePosition): readonly PastChange[] | null {
    this.#forget(this.#options.now())
    const floor = this.#floor
    if (this.#options.windowMs() === 0 || floor === null || isAfter(floor, after)) return null
    let [low, high] = [this.#first, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (isAfter((this.#entries[middle] as PastChange).position, after)) high = middle
      else low = middle + 1
    }
    return this.#entries.slice(low)
  }

  /** Up to where the log is not needed for those who come back, given up to where everything has been sent. */
  confirmable(sentUpTo: bigint): bigint {
    const { now, windowMs } = this.#options
    const atMs = now()
    const since = atMs - windowMs()
    const last = this.#marks.at(-1)
    if (last === undefined || (atMs - last.atMs >= markEveryMs && sentUpTo > last.lsn))
      this.#marks.push({ atMs, lsn: sentUpTo })
    const isDue = (mark: { atMs: number; lsn: bigint } | undefined): boolean =>
      mark !== undefined && (mark.atMs <= since || sentUpTo - mark.lsn > maxLogBytes)
    while (isDue(this.#marks[1])) this.#marks.shift()
    const [oldest] = this.#marks
    if (oldest === undefined) return sentUpTo
    return windowMs() === 0 ? sentUpTo : oldest.lsn
  }

  #forget(nowMs: number): void {
    const since = nowMs - this.#options.windowMs()
    const maxBytes = this.#options.maxBytes()
    for (;;) {
      const oldest = this.#entries[this.#first]
      if (oldest === undefined || (oldest.atMs > since && this.#bytes <= maxBytes)) break
      this.#floor = oldest.position
      this.#bytes -= oldest.message.length + overheadBytes
      this.#first++
    }
    if (this.#first < compactAt || this.#first * 2 < this.#entries.length) return
    this.#entries = this.#entries.slice(this.#first)
    this.#first = 0
  }
}
