/** What was used, written in batches: a request never waits for it. */
import type { Database } from '#postgres'
import { messageOf } from '#core'
import type { Log } from '#core'
import type { Counted, KeyLimits } from './key-limits.ts'

export interface Use {
  readonly keyId: string
  readonly endpoint: string
  readonly method: string
  readonly status: number
  readonly ms: number
  readonly tokens: number
  readonly atMs: number
}

const intervalMs = 500
const maxWaiting = 50_000
const batch = 5_000

const insert = `
insert into public.usage_metrics (api_key_id, endpoint, method, status_code, response_time_ms, tokens_used, created_at)
select used.* from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::int[], $7::timestamptz[])
  as used (id, endpoint, method, status, ms, tokens, at)
join public.api_keys keys on keys.id = used.id`

const count = `
with counted as (
  update public.api_keys keys set
    usage_count = case when keys.usage_month = this.month then keys.usage_count else 0 end + used.requests,
    usage_month = this.month,
    last_used_at = greatest(keys.last_used_at, used.last_at)
  from unnest($1::uuid[], $2::int[], $3::timestamptz[]) as used (id, requests, last_at),
    (select date_trunc('month', now() at time zone 'UTC')::date as month) this
  where keys.id = used.id
  returning keys.id, keys.usage_count
)
select id, usage_count as used, (select count(*)::int from public.usage_metrics
  where api_key_id = counted.id and created_at > now() - interval '1 minute') as "lastMinute"
from counted`

export class UsageLog {
  readonly #db: Database
  readonly #limits: KeyLimits
  readonly #log: Log
  readonly #timer: NodeJS.Timeout
  #waiting: Use[] = []
  #dropped = 0
  #flushing: Promise<void> = Promise.resolve()

  constructor(db: Database, limits: KeyLimits, log: Log) {
    this.#db = db
    this.#limits = limits
    this.#log = log
    this.#timer = setInterval(() => void this.flush(), intervalMs)
    this.#timer.unref()
  }

  add(use: Use): void {
    if (this.#waiting.length < maxWaiting) this.#waiting.push(use)
    else this.#dropped++
  }

  /** Writes what waits; one batch at a time. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write())
    return this.#flushing
  }

  async #write(): Promise<void> {
    if (this.#dropped > 0) {
      this.#log('warn', 'usage of keys was not written', { dropped: this.#dropped })
      this.#dropped = 0
    }
    const uses = this.#waiting.slice(0, batch)
    if (uses.length === 0) return
    try {
      const counted = await this.#writeBatch(uses)
      this.#waiting = this.#waiting.slice(uses.length)
      const written = byKey(uses)
      for (const one of counted)
        this.#limits.learn(one, written.get(one.id)?.length ?? 0, Date.now())
    } catch (error) {
      this.#log('warn', 'usage of keys waits to be written', { error: messageOf(error) })
    }
  }

  #writeBatch(uses: readonly Use[]): Promise<Counted[]> {
    const sums = [...byKey(uses)].toSorted(([one], [other]) => (one < other ? -1 : 1))
    return this.#db.transaction(async (transaction) => {
      await transaction.query('code.insertUsage', insert, columnsOf(uses))
      return transaction.query<Counted>('code.countUsage', count, [
        sums.map(([id]) => id),
        sums.map(([, of]) => of.length),
        sums.map(([, of]) => new Date(of.at(-1)?.atMs ?? 0)),
      ])
    })
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }
}

function columnsOf(uses: readonly Use[]): readonly unknown[] {
  return [
    uses.map(({ keyId }) => keyId),
    uses.map(({ endpoint }) => endpoint.slice(0, 512)),
    uses.map(({ method }) => method),
    uses.map(({ status }) => status),
    uses.map(({ ms }) => Math.round(ms)),
    uses.map(({ tokens }) => tokens),
    uses.map(({ atMs }) => new Date(atMs)),
  ]
}

function byKey(uses: readonly Use[]): Map<string, Use[]> {
  const groups = new Map<string, Use[]>()
  for (const use of uses) {
    const group = groups.get(use.keyId)
    if (group === undefined) groups.set(use.keyId, [use])
    else group.push(use)
  }
  return groups
}
