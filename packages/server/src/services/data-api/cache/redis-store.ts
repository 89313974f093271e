/** Answers that all nodes share, in Redis. It is asked briefly, and left alone while it does not answer. */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Log } from '#base/kernel'
import { decodeEntry, encodeEntry } from './entry.ts'
import type { Entry } from './entry.ts'

export interface RedisStoreOptions {
  readonly url: string
  /** Before every key's name. */
  readonly prefix: string
  readonly ttlMs: number
  readonly log: Log
}

const answersWithinMs = 50
const leftAloneMs = 1_000

export class RedisStore {
  readonly #options: RedisStoreOptions
  readonly #client: Redis
  #awayUntil = 0
  #isAway = false

  static async open(options: RedisStoreOptions): Promise<RedisStore> {
    const { Redis: Client } = await import('ioredis')
    const client = new Client(options.url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: answersWithinMs,
      retryStrategy: (times) => Math.min(50 * 2 ** times, 2_000),
    })
    return new RedisStore(options, client)
  }

  private constructor(options: RedisStoreOptions, client: Redis) {
    this.#options = options
    this.#client = client
    client.on('error', (error: Error) => this.#away(error))
  }

  async get(key: string): Promise<Entry | null> {
    if (performance.now() < this.#awayUntil) return null
    try {
      const bytes = await this.#client.getBuffer(this.#nameOf(key))
      this.#isAway = false
      return bytes === null ? null : decodeEntry(bytes)
    } catch (error) {
      this.#away(error)
      return null
    }
  }

  /** Nobody waits for it. */
  set(key: string, entry: Entry): void {
    if (performance.now() < this.#awayUntil) return
    this.#client
      .set(this.#nameOf(key), encodeEntry(entry), 'PX', this.#options.ttlMs)
      .catch((error: unknown) => this.#away(error))
  }

  close(): void {
    this.#client.disconnect()
  }

  #nameOf(key: string): string {
    return `${this.#options.prefix}answer:${createHash('sha256').update(key).digest('base64url')}`
  }

  #away(error: unknown): void {
    this.#awayUntil = performance.now() + leftAloneMs
    if (!this.#isAway)
      this.#options.log.warn('Redis is away: each node keeps answers for itself', {
        reason: error instanceof Error ? error.message : String(error),
      })
    this.#isAway = true
  }
}
