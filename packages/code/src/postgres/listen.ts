/** One connection that hears NOTIFY, and comes back when it is lost. */
import pg from 'pg'
import type { Log } from '#core'

export interface Listening {
  close(): Promise<void>
}

export interface ListenOptions {
  readonly url: string
  readonly channels: readonly string[]
  readonly onNotification: (channel: string, payload: string) => void
  /** After each connection: what was said meanwhile is lost. */
  readonly onConnected: () => void
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
    } catch (error) {
      this.#options.log('warn', 'cannot listen to the database', { error: String(error) })
      this.#lose(client)
    }
  }

  #lose(client: pg.Client): void {
    if (this.#client !== client) return
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
    await client?.end().catch(() => {})
  }
}
