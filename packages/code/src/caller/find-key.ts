/** Keys by what they hash to, remembered for a while; a changed one is forgotten at once by NOTIFY. */
import { createHash } from 'node:crypto'
import type { BlockList } from 'node:net'
import { BoundedCache } from '#core'
import type { Database } from '#postgres'
import { rangesOf } from '#http'

export interface CustomerKey {
  readonly id: string
  readonly userId: string
  readonly mayRead: boolean
  readonly mayWrite: boolean
  readonly rateLimit: number
  readonly monthlyQuota: number
  /** Of this month, when it was read. */
  readonly used: number
  /** By all nodes in the minute before it was read. */
  readonly lastMinute: number
  /** Unix ms; null for one that does not expire. */
  readonly expiresAtMs: number | null
  readonly ranges: BlockList | null
}

interface KeyRow {
  readonly id: string
  readonly user_id: string
  /** JSON of any kind, where others than users write it. */
  readonly permissions: unknown
  readonly rate_limit: number
  readonly monthly_quota: number
  readonly used: number
  readonly last_minute: number
  readonly expires_at_ms: number | null
  readonly allowed_ips: readonly string[] | null
}

const statement = `
select keys.id, keys.user_id, keys.permissions, keys.rate_limit, keys.monthly_quota,
  case when coalesce(keys.usage_month = date_trunc('month', now() at time zone 'UTC')::date, true) then keys.usage_count else 0 end as used,
  (select count(*)::int from public.usage_metrics where api_key_id = keys.id and created_at > now() - interval '1 minute') as last_minute,
  (extract(epoch from case when isfinite(keys.expires_at) then keys.expires_at end) * 1000)::float8 as expires_at_ms,
  keys.allowed_ips::text[] as allowed_ips
from public.api_keys keys
join auth.users users on users.id = keys.user_id and coalesce(users.banned_until < now(), true) and users.deleted_at is null
where keys.key_hash = $1 and (keys.expires_at is null or keys.expires_at > now())`

const maxKeys = 10_000
/** NOTIFY may get lost: nothing is believed for longer. */
const longestMs = 10_000
const unknownMs = 5_000

/** Of the bytes, which Node gives a header's text of. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key, 'latin1').digest('hex')
}

export class KeyStore {
  readonly #db: Database
  readonly #known: BoundedCache<CustomerKey | null>
  readonly #asked = new Map<string, Promise<CustomerKey | null>>()

  constructor(db: Database, cacheTtlMs: number) {
    this.#db = db
    this.#known = new BoundedCache(maxKeys, Math.min(cacheTtlMs, longestMs))
  }

  /** Null for one that is unknown or expired. */
  async find(key: string): Promise<CustomerKey | null> {
    const hash = hashKey(key)
    const known = this.#known.get(hash)
    if (known !== undefined) return known
    const asked = this.#asked.get(hash)
    if (asked !== undefined) return asked
    const answer = this.#read(hash).finally(() => this.#asked.delete(hash))
    this.#asked.set(hash, answer)
    return answer
  }

  async #read(hash: string): Promise<CustomerKey | null> {
    const [row] = await this.#db.query<KeyRow>('code.findKey', statement, [hash])
    const key = row === undefined ? null : keyOf(row)
    if (key === null) this.#known.set(hash, null, unknownMs)
    else this.#known.set(hash, key)
    return key
  }

  forget(id: string): void {
    this.#known.deleteWhere((key) => key?.id === id)
  }

  forgetAll(): void {
    this.#known.clear()
  }
}

function keyOf(row: KeyRow): CustomerKey {
  const { read, write } = Object(row.permissions ?? {}) as { read?: unknown; write?: unknown }
  return {
    id: row.id,
    userId: row.user_id,
    mayRead: read === true,
    mayWrite: write === true,
    rateLimit: row.rate_limit,
    monthlyQuota: row.monthly_quota,
    used: row.used,
    lastMinute: row.last_minute,
    expiresAtMs: row.expires_at_ms,
    ranges: row.allowed_ips === null ? null : rangesOf(row.allowed_ips),
  }
}
