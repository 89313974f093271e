/** Rows of usage on their way: columns of numbers, and what repeats once. */

export interface Use {
  readonly keyId: string
  readonly endpoint: string
  readonly method: string
  readonly status: number
  readonly ms: number
  readonly tokens: number
  readonly atMs: number
}

/** Written by one statement. */
const mostRows = 5_000

export class UsageRows {
  /** Nothing is added any more. */
  isClosed = false
  /** Of a key, a method and a path: its place in the columns of kinds, from 1 as Postgres counts. */
  readonly #places = new Map<string, number>()
  readonly #keyIds: string[] = []
  readonly #endpoints: string[] = []
  readonly #methods: string[] = []
  readonly #kinds: number[] = []
  readonly #statuses: number[] = []
  readonly #times: number[] = []
  readonly #tokens: number[] = []
  readonly #createdMs: number[] = []

  get count(): number {
    return this.#kinds.length
  }

  get isFull(): boolean {
    return this.isClosed || this.count >= mostRows
  }

  add({ keyId, endpoint, method, status, ms, tokens, atMs }: Use): void {
    const kind = `${keyId}${method} ${endpoint}`
    let place = this.#places.get(kind)
    if (place === undefined) {
      place = this.#keyIds.push(keyId)
      this.#endpoints.push(endpoint.slice(0, 512))
      this.#methods.push(method)
      this.#places.set(kind, place)
    }
    this.#kinds.push(place)
    this.#statuses.push(status)
    this.#times.push(Math.round(ms))
    this.#tokens.push(tokens)
    this.#createdMs.push(atMs)
  }

  /** For `insertUsage`. */
  columns(): readonly unknown[] {
    const numbers = [this.#kinds, this.#statuses, this.#times, this.#tokens, this.#createdMs]
    // the driver would quote each of them
    const texts = numbers.map((column) => `{${column.join(',')}}`)
    return [this.#keyIds, this.#endpoints, this.#methods, ...texts]
  }

  /** By key: how many, and when the last one was. */
  counts(): Map<string, { requests: number; lastMs: number }> {
    const counts = new Map<string, { requests: number; lastMs: number }>()
    for (const [index, kind] of this.#kinds.entries()) {
      const id = this.#keyIds[kind - 1] as string
      const lastMs = this.#createdMs[index] as number
      const known = counts.get(id)
      if (known === undefined) counts.set(id, { requests: 1, lastMs })
      else Object.assign(known, { requests: known.requests + 1, lastMs })
    }
    return counts
  }
}

export const insertUsage = `
insert into public.usage_metrics (api_key_id, endpoint, method, status_code, response_time_ms, tokens_used, created_at)
select kinds.id, kinds.endpoint, kinds.method, used.status, used.ms, used.tokens, to_timestamp(used.at / 1000)
from unnest($4::int[], $5::int[], $6::int[], $7::int[], $8::float8[]) as used (kind, status, ms, tokens, at)
join unnest($1::uuid[], $2::text[], $3::text[]) with ordinality as kinds (id, endpoint, method, kind) on kinds.kind = used.kind
join public.api_keys keys on keys.id = kinds.id`
