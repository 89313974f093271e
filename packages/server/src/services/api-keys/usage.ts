/** What keys were used for: counted at once, written each second, a batch of many rows at a time. */
import { decodeRows } from '#base/db'
import type { Database, Result } from '#base/db'
import type { Clock, Log } from '#base/kernel'
import { sql } from '#base/sql'
import { serviceSession } from './find-keys.ts'
import { UsageBatch } from './usage-batch.ts'
import type { UsedRequest } from './usage-batch.ts'

export interface UsageStats {
  written: number
  /** Rows that found no room while the database was away. */
  dropped: number
  /** Batches that could not be written, and were tried again. */
  failed: number
}

export interface UsageOptions {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  /** Kept up to date for metrics. */
  readonly stats: UsageStats
}

const flushMs = 500
const mostRows = 50_000
const timeoutMs = 10_000
const noMonth = -1
const mostCounts = 10_000

/** Of a key; of use for one request, and not kept longer. */
export interface Count {
  /** Of `month`, as the database last said. */
  base: number
  /** Used, and not yet written. */
  pending: number
  /** Being written. */
  writing: number
  lastMs: number
}

export class Usage {
  readonly #options: UsageOptions
  readonly #counts = new Map<string, Count>()
  /** The last one takes new rows. */
  readonly #batches: UsageBatch[] = []
  #waiting = 0
  #timer: NodeJS.Timeout | null = null
  #flushing: Promise<void> | null = null
  #month = noMonth
  /** Even while nothing is written. */
  #turn = 0
  #saidAt = 0

  constructor(options: UsageOptions) {
    this.#options = options
  }

  get turn(): number {
    return this.#turn
  }

  /** What was read before or while something was written is not the newest. */
  learn(keyId: string, used: number, turn: number): void {
    const count = this.countOf(keyId)
    if (turn === this.#turn && turn % 2 === 0) count.base = used
    else if (count.base < 0) count.base = used
  }

  /** Counts a request that is let in. */
  count(count: Count, nowMs: number): void {
    count.pending++
    count.lastMs = nowMs
    this.#schedule()
  }

  countOf(keyId: string): Count {
    this.#beginMonth()
    let count = this.#counts.get(keyId)
    if (count === undefined) {
      count = { base: -1, pending: 0, writing: 0, lastMs: 0 }
      this.#counts.set(keyId, count)
    }
    return count
  }

  record(row: UsedRequest): void {
    if (this.#waiting >= mostRows) this.#drop()
    else {
      let batch = this.#batches.at(-1)
      if (batch === undefined || batch.isFull) this.#batches.push((batch = new UsageBatch()))
      batch.add(row)
      this.#waiting++
    }
    this.#schedule()
  }

  /** Writes what there is, once more if need be. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#flushing
    await this.#flush()
    if (this.#timer !== null) clearTimeout(this.#timer)
    const lost = this.#waiting
    if (lost > 0) this.#options.log.error('usage of API keys was not written', { rows: lost })
  }

  /** Every key begins a month with nothing. */
  #beginMonth(): void {
    const { index: month } = monthAt(this.#options.clock.now())
    if (month === this.#month) return
    this.#month = month
    for (const count of this.#counts.values()) count.base = 0
  }

  #drop(): void {
    this.#options.stats.dropped++
    const now = this.#options.clock.now()
    if (now - this.#saidAt < 60_000) return
    this.#saidAt = now
    this.#options.log.error('usage of API keys is dropped: it waits for the database in vain', {
      waiting: this.#waiting,
      dropped: this.#options.stats.dropped,
    })
  }

  #schedule(): void {
    if (this.#timer !== null || this.#flushing !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#flushing = this.#flush().finally(() => {
        this.#flushing = null
        if (this.#waiting > 0 || this.#hasPending()) this.#schedule()
      })
    }, flushMs)
    this.#timer.unref()
  }

  #hasPending(): boolean {
    for (const { pending } of this.#counts.values()) if (pending > 0) return true
    return false
  }

  /** Until nothing is left of what was there when it began; a failure leaves the rest for the next time. */
  async #flush(): Promise<void> {
    let left = this.#batches.length
    if (left === 0 && !this.#hasPending()) return
    do {
      if (!(await this.#writeBatch())) return
    } while (--left > 0)
    if (this.#counts.size > mostCounts) this.#forgetIdle()
  }

  /** What is not known here the next answer of the database says. */
  #forgetIdle(): void {
    for (const [id, { pending }] of this.#counts) if (pending === 0) this.#counts.delete(id)
  }

  async #writeBatch(): Promise<boolean> {
    const batch = this.#batches[0] ?? null
    if (batch !== null) batch.isClosed = true
    const counted = [...this.#counts].filter(([, { pending }]) => pending > 0)
    const counts = counted.map(([id, count]) => ({ id, count, n: count.pending }))
    for (const { count, n } of counts) {
      count.pending -= n
      count.writing = n
    }
    this.#turn++
    try {
      const used = await this.#write(batch, counts)
      if (batch !== null) this.#forget(batch)
      for (const { id, count } of counts) {
        const base = used.get(id)
        if (base === undefined) this.#counts.delete(id)
        else count.base = base
      }
      return true
    } catch (error) {
      this.#options.stats.failed++
      for (const { count, n } of counts) count.pending += n
      this.#options.log.warn('usage of API keys could not be written, and is kept', {
        rows: this.#waiting,
        error: error instanceof Error ? error.message : String(error),
      })
      return false
    } finally {
      for (const { count } of counts) count.writing = 0
      this.#turn++
    }
  }

  #forget(batch: UsageBatch): void {
    this.#batches.shift()
    this.#waiting -= batch.size
    this.#options.stats.written += batch.size
  }

  /** Both or none. Resolves with the requests of the month by key; of keys that are gone there are none. */
  async #write(
    batch: UsageBatch | null,
    counts: readonly { readonly id: string; readonly n: number; readonly count: Count }[],
  ): Promise<ReadonlyMap<string, number>> {
    const statements = [addCounts(counts)]
    if (batch !== null) statements.push(batch.insert())
    const options = { lane: 'write', leaves: 'settings', timeoutMs } as const
    const [added] = await this.#options.db.transaction(serviceSession, statements, options)
    const used = decodeRows<{ id: string; usage_count: number }>(added as Result)
    return new Map(used.map(({ id, usage_count: count }) => [id, count]))
  }
}

/** Requests of this month, those not yet written included; `read` is what the key's row said. */
export function usedOf({ base, pending, writing }: Count, read: number): number {
  return (base < 0 ? read : base) + pending + writing
}

/** A month, UTC. */
interface Month {
  /** Months since year 0. */
  readonly index: number
  readonly beginsMs: number
  readonly endsMs: number
}

/** Asked six times a request, which made six Dates of one. */
let latest: Month = { index: noMonth, beginsMs: 0, endsMs: 0 }

function monthAt(ms: number): Month {
  if (ms >= latest.beginsMs && ms < latest.endsMs) return latest
  const date = new Date(ms)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const [beginsMs, endsMs] = [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)]
  latest = { index: year * 12 + month, beginsMs, endsMs }
  return latest
}

/** Unix seconds at which the next month begins. */
export function nextMonthAt(ms: number): number {
  return monthAt(ms).endsMs / 1000
}

/** Locked in one order, so that nodes do not wait for each other in a circle. */
function addCounts(
  counts: readonly { readonly id: string; readonly n: number; readonly count: Count }[],
) {
  const ids = `{${counts.map(({ id }) => id).join(',')}}`
  const numbers = `{${counts.map(({ n }) => n).join(',')}}`
  const times = `{${counts.map(({ count }) => count.lastMs / 1000).join(',')}}`
  return sql`/* apiKeys.addCounts */
    with used as (
      select id, n, pg_catalog.to_timestamp(at) as at
      from unnest(${ids}::pg_catalog.uuid[], ${numbers}::pg_catalog.int4[], ${times}::pg_catalog.float8[]) as used (id, n, at)
    ), locked as (
      select keys.id from public.api_keys keys join used using (id) order by keys.id for no key update of keys
    )
    update public.api_keys keys
    set usage_count = least(2147483647, n::pg_catalog.int8
          + case when keys.usage_month = pg_catalog.date_trunc('month', pg_catalog.now())::pg_catalog.date then keys.usage_count else 0 end),
        usage_month = pg_catalog.date_trunc('month', pg_catalog.now())::pg_catalog.date,
        last_used_at = greatest(keys.last_used_at, used.at)
    from used join locked using (id)
    where keys.id = used.id
    returning keys.id, keys.usage_count`
}
