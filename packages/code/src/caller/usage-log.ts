/** What was used, written in batches: a request never waits for it. */
import type { Database } from '#postgres'
import { messageOf } from '#core'
import type { Log } from '#core'
import type { Counted, KeyLimits } from './key-limits.ts'
import { insertUsage, UsageRows } from './usage-rows.ts'
import type { Use } from './usage-rows.ts'

const intervalMs = 500
/** While the database is away: some 4 MB. What comes then is dropped. */
const mostWaiting = 100_000

const count = `
with counted as (
  update public.api_keys keys set
    usage_count = case when coalesce(keys.usage_month = this.month, true) then keys.usage_count else 0 end + used.requests,
    usage_month = this.month,
    last_used_at = greatest(keys.last_used_at, used.last_at)
  from unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::boolean[]) as used (id, requests, last_at, is_near),
    (select date_trunc('month', now() at time zone 'UTC')::date as month) this
  where keys.id = used.id
  returning keys.id, keys.usage_count, used.is_near
)
select id, usage_count as used, case when is_near then (select count(*)::int from public.usage_metrics
  where api_key_id = counted.id and created_at > now() - interval '1 minute') end as "lastMinute"
from counted`

export class UsageLog {
  readonly #db: Pick<Database, 'transaction'>
  readonly #limits: KeyLimits
  readonly #log: Log
  readonly #timer: NodeJS.Timeout
  /** The last one takes new rows. */
  readonly #batches: UsageRows[] = []
  #waiting = 0
  #dropped = 0
  #flushing: Promise<void> = Promise.resolve()

  constructor(db: Pick<Database, 'transaction'>, limits: KeyLimits, log: Log) {
    this.#db = db
    this.#limits = limits
    this.#log = log
    this.#timer = setInterval(() => void this.flush(), intervalMs)
    this.#timer.unref()
  }

  add(use: Use): void {
    if (this.#waiting >= mostWaiting) {
      this.#dropped++
      return
    }
    let rows = this.#batches.at(-1)
    if (rows === undefined || rows.isFull) this.#batches.push((rows = new UsageRows()))
    rows.add(use)
    this.#waiting++
  }

  /** Writes what waits; one batch at a time. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#writeAll())
    return this.#flushing
  }

  /** All that is there when it begins, however much a second brings; what fails is tried again. */
  async #writeAll(): Promise<void> {
    if (this.#dropped > 0) {
      this.#log('warn', 'usage of keys was not written', { dropped: this.#dropped })
      this.#dropped = 0
    }
    try {
      const waiting = this.#batches.slice()
      for (const rows of waiting) {
        rows.isClosed = true
        await this.#write(rows)
        this.#batches.shift()
        this.#waiting -= rows.count
      }
    } catch (error) {
      this.#log('warn', 'usage of keys waits to be written', { error: messageOf(error) })
    }
  }

  async #write(rows: UsageRows): Promise<void> {
    const counts = [...rows.counts()].toSorted(([one], [other]) => (one < other ? -1 : 1))
    const now = Date.now()
    const counted = await this.#db.transaction(async (transaction) => {
      await transaction.query('code.insertUsage', insertUsage, rows.columns())
      return transaction.query<Counted>('code.countUsage', count, [
        counts.map(([id]) => id),
        counts.map(([, { requests }]) => requests),
        counts.map(([, { lastMs }]) => new Date(lastMs)),
        counts.map(([id]) => this.#limits.isNear(id, now)),
      ])
    })
    const written = new Map(counts)
    for (const one of counted)
      this.#limits.learn(one, written.get(one.id)?.requests ?? 0, Date.now())
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }
}
