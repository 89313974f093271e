/** How much of its limits each key has used: exact for this node, half a second behind for others where that is near the limit. */
import { CodeError } from '#core'
import type { CustomerKey } from './find-key.ts'

const windowMs = 60_000
const maxKeys = 10_000
/** Counted in a few milliseconds. */
const fewRows = 10_000

class KeyUse {
  /** When requests were let in, oldest first; those before `head` are out of the window. */
  times: number[] = []
  head = 0
  /** By other nodes in the last minute, as it was read. */
  others = 0
  /** This month, by all, as it was read, and since then here. */
  used = 0
  since = 0
  month = -1
  /** The reading of the key that `others` and `used` are of. */
  source: CustomerKey | null = null

  countWindow(nowMs: number): number {
    while (this.head < this.times.length && (this.times[this.head] ?? 0) <= nowMs - windowMs)
      this.head++
    if (this.head > 1_000 && this.head * 2 > this.times.length) {
      this.times = this.times.slice(this.head)
      this.head = 0
    }
    return this.times.length - this.head
  }
}

export interface Counted {
  readonly id: string
  /** Null: not counted, as `isNear` said. */
  readonly lastMinute: number | null
  readonly used: number
}

export class KeyLimits {
  readonly #uses = new Map<string, KeyUse>()

  /** Counts the request, and answers with the headers that say what is left. @throws rate_limited, quota_exceeded */
  admit(key: CustomerKey, nowMs: number): Record<string, string> {
    const use = this.#useOf(key, nowMs)
    const inWindow = use.countWindow(nowMs) + use.others
    const used = use.used + use.since
    const headers = (count: number): Record<string, string> => ({
      'x-ratelimit-limit': String(key.rateLimit),
      'x-ratelimit-remaining': String(Math.max(0, key.rateLimit - inWindow - count)),
      'x-ratelimit-reset': String(secondsToReset(use, nowMs)),
      'x-quota-limit': String(key.monthlyQuota),
      'x-quota-remaining': String(Math.max(0, key.monthlyQuota - used - count)),
      'x-quota-reset': String(secondsToNextMonth(nowMs)),
    })
    if (used >= key.monthlyQuota) throw refusal('quota_exceeded', headers(0), 'x-quota-reset')
    if (inWindow >= key.rateLimit) throw refusal('rate_limited', headers(0), 'x-ratelimit-reset')
    use.times.push(nowMs)
    use.since++
    return headers(1)
  }

  /** What the database has counted, with `written` requests of ours among it. */
  learn({ id, lastMinute, used }: Counted, written: number, nowMs: number): void {
    const use = this.#uses.get(id)
    if (use === undefined) return
    use.since = Math.max(0, use.since - written)
    use.used = used
    if (lastMinute !== null)
      use.others = Math.max(0, lastMinute + use.since - use.countWindow(nowMs))
  }

  /**
   * Whether others' requests are counted each time: of a key that may do a lot these are many rows. Below a tenth of its rate
   * it will do that they are counted with its reading, every ten seconds: ten nodes do not reach the rate unseen.
   */
  isNear(id: string, nowMs: number): boolean {
    const use = this.#uses.get(id)
    if (use?.source === null || use?.source === undefined) return true
    const { rateLimit } = use.source
    return rateLimit <= fewRows || use.countWindow(nowMs) + use.others > rateLimit / 10
  }

  #useOf(key: CustomerKey, nowMs: number): KeyUse {
    const use = this.#uses.get(key.id) ?? new KeyUse()
    // the one used last is the youngest
    this.#uses.delete(key.id)
    this.#uses.set(key.id, use)
    if (this.#uses.size > maxKeys) {
      const [oldest] = this.#uses.keys()
      if (oldest !== undefined) this.#uses.delete(oldest)
    }
    const month = new Date(nowMs).getUTCMonth()
    if (use.month !== month) Object.assign(use, { month, used: 0, since: 0 })
    // read anew, every few seconds: also what is refused here hears of others
    if (use.source !== key) {
      use.source = key
      use.used = key.used
      use.others = Math.max(0, key.lastMinute + use.since - use.countWindow(nowMs))
    }
    return use
  }
}

function refusal(
  type: 'rate_limited' | 'quota_exceeded',
  headers: Record<string, string>,
  reset: string,
): CodeError {
  return new CodeError(type, {
    details: {
      limit: Number(headers[type === 'rate_limited' ? 'x-ratelimit-limit' : 'x-quota-limit']),
      reset_seconds: Number(headers[reset]),
    },
    headers: { ...headers, 'retry-after': headers[reset] ?? '1' },
  })
}

function secondsToReset(use: KeyUse, nowMs: number): number {
  const first = use.times[use.head]
  return first === undefined ? 60 : Math.max(1, Math.ceil((first + windowMs - nowMs) / 1_000))
}

function secondsToNextMonth(nowMs: number): number {
  const now = new Date(nowMs)
  const next = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)
  return Math.ceil((next - nowMs) / 1_000)
}
