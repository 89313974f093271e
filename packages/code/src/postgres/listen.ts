/** One connection that hears NOTIFY, and comes back when it is lost. */
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '#core'
import { closeTimeoutMs } from './open-database.ts'

export interface Listening {
  close(): Promise<void>
}

export interface ListenOptions {
  readonly url: string
  readonly channels: readonly string[]
  readonly onNotification: (channel: string, payload: string) => void
  /** After each connection: what was said meanwhile is lost. */
  readonly onConnected: () => void
  /** Until a connection that says nothing is taken for lost; it is asked as often. */
  readonly timeoutMs: number
  readonly log: Log
}

const retryMs = 1_000

/** Resolves when it listens, or when the first attempt has failed: the rest goes on by itself. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const listener = new Listener(options)
  await listener.connect()
  return listener
}

class Listener implements Listening {
  readonly #options: ListenOptions
  #client: pg.Client | null = null
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(options: ListenOptions) {
    this.#options = options
  }

  async connect(): Promise<void> {
    if (this.#isClosed) return
    const client = new pg.Client({
      connectionString: this.#options.url,
      connectionTimeoutMillis: 5_000,
      query_timeout: this.#options.timeoutMs,
      keepAlive: true,
      application_name: 'basalt-code listener',
    })
    client.on('error', () => this.#lose(client))
    client.on('end', () => this.#lose(client))
    client.on('notification', ({ channel, payload }) =>
      this.#options.onNotification(channel, payload ?? ''),
    )
    this.#client = client
    try {
      await client.connect()
      for (const channel of this.#options.channels) await client.query(`listen ${channel}`)
      this.#options.onConnected()
      this.#ask(client)
    } catch (error) {
      this.#options.log('warn', 'cannot listen to the database', { error: String(error) })
      this.#lose(client)
    }
  }

  /** A connection whose other end is gone without a word is silent, as one on which nothing is said. */
  #ask(client: pg.Client): void {
    this.#timer = setTimeout(() => {
      client.query('/* code.isListening */ select').then(
        () => this.#client === client && this.#ask(client),
        () => this.#lose(client),
      )
    }, this.#options.timeoutMs)
  }

  #lose(client: pg.Client): void {
    if (this.#client !== client) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#client = null
    client.end().catch(() => {})
    if (this.#isClosed) return
    this.#timer = setTimeout(() => void this.connect(), retryMs)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    const client = this.#client
    this.#client = null
    const ended = client?.end().catch(() => {})
    await Promise.race([ended, delay(closeTimeoutMs, undefined, { ref: false })])
  }
}
