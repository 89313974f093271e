/** Requests counted in Redis, by all nodes together; in memory while it is away. */
import type { Redis } from 'ioredis'
import type { RateLimiterRedis } from 'rate-limiter-flexible'
import type { Clock, Log } from '#base/kernel'
import { createMemoryCounter, windowMs } from './rate-limits.ts'
import type { Counted, RequestCounter } from './rate-limits.ts'

export interface RedisCounterOptions {
  readonly url: string
  /** Before every key's name. */
  readonly prefix: string
  readonly clock: Clock
  readonly log: Log
}

/** A request waits no longer than this; who follows is counted in memory for a while. */
const answersWithinMs = 100
const leftAloneMs = 1_000

/** Connects with the first request. Its failures are logged once, and change nothing but who counts. */
export function createRedisCounter(options: RedisCounterOptions): RequestCounter {
  return new RedisCounter(options)
}

class RedisCounter implements RequestCounter {
  readonly #options: RedisCounterOptions
  readonly #insurance: RequestCounter
  #isOpening = false
  #client: Redis | null = null
  #limiter: RateLimiterRedis | null = null
  #awayUntil = 0
  #isAway = false
  #isClosed = false

  constructor(options: RedisCounterOptions) {
    this.#options = options
    this.#insurance = createMemoryCounter(options.clock)
  }

  count(key: string): Counted | Promise<Counted> {
    const limiter = this.#limiter
    if (limiter === null && !this.#isOpening) {
      this.#isOpening = true
      void this.#open()
    }
    if (limiter === null || performance.now() < this.#awayUntil) return this.#insurance.count(key)
    return this.#ask(limiter, key)
  }

  close(): void {
    this.#isClosed = true
    this.#client?.disconnect()
    this.#insurance.close()
  }

  async #ask(limiter: RateLimiterRedis, key: string): Promise<Counted> {
    try {
      const { consumedPoints, msBeforeNext } = await limiter.consume(key)
      if (this.#isAway) this.#options.log.info('Redis is there again: it counts requests')
      this.#isAway = false
      return { requests: consumedPoints, resetMs: Math.max(0, msBeforeNext) }
    } catch (error) {
      this.#away(error)
      return this.#insurance.count(key)
    }
  }

  #away(error: unknown): void {
    this.#awayUntil = performance.now() + leftAloneMs
    if (!this.#isAway && !this.#isClosed)
      this.#options.log.warn('Redis is away: each node counts requests by itself', {
        reason: error instanceof Error ? error.message : String(error),
      })
    this.#isAway = true
  }

  async #open(): Promise<void> {
    try {
      const [{ Redis: Client }, { RateLimiterRedis: Limiter }] = await Promise.all([
        import('ioredis'),
        import('rate-limiter-flexible'),
      ])
      if (this.#isClosed) return
      const client = new Client(this.#options.url, {
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        commandTimeout: answersWithinMs,
        retryStrategy: (times) => Math.min(50 * 2 ** times, 2_000),
      })
      this.#client = client
      const limiter = new Limiter({
        storeClient: client,
        keyPrefix: `${this.#options.prefix}requests`,
        // who has had how many is ours to judge: limits differ by project and kind
        points: Number.MAX_SAFE_INTEGER,
        duration: windowMs / 1000,
        rejectIfRedisNotReady: true,
      })
      client.once('ready', () => (this.#limiter = limiter))
      client.on('error', (error: Error) => {
        if (this.#limiter === null) this.#away(error)
        this.#limiter = limiter
      })
    } catch (error) {
      this.#away(error)
    }
  }
}
