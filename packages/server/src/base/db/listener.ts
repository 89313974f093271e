/** LISTEN on a connection of its own, which comes back after a failure. */
import { quoteIdentifier } from '#base/sql'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection-options.ts'
import { Pipeline } from './pipeline.ts'

interface Subscription {
  readonly channel: string
  readonly listener: (payload: string) => void
  readonly onReconnect: () => void
}

const maxBackoffMs = 2_000

export class Listener {
  readonly #options: ConnectionOptions
  readonly #subscriptions = new Set<Subscription>()
  #connection: Connection | null = null
  #opening: Promise<void> | null = null
  #retryTimer: NodeJS.Timeout | null = null
  #failures = 0
  #closed = false

  constructor(options: ConnectionOptions) {
    this.#options = { ...options, applicationName: `${options.applicationName} listener` }
  }

  /** Resolves when notifications will be seen; rejects when the first connection cannot be made. */
  async listen(
    channel: string,
    listener: (payload: string) => void,
    onReconnect: () => void,
  ): Promise<() => void> {
    const subscription = { channel, listener, onReconnect }
    this.#subscriptions.add(subscription)
    if (this.#connection === null) await (this.#opening ??= this.#open())
    else await this.#listenTo(this.#connection, channel)
    return () => this.#subscriptions.delete(subscription)
  }

  close(): void {
    this.#closed = true
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer)
    this.#connection?.close()
    this.#connection = null
  }

  async #open(): Promise<void> {
    try {
      const connection = await Connection.open(this.#options, {
        onClose: () => this.#lost(),
        onNotification: (channel, payload) => this.#notify(channel, payload),
      })
      if (this.#closed) {
        connection.close()
        return
      }
      const channels = new Set(Array.from(this.#subscriptions, ({ channel }) => channel))
      for (const channel of channels) await this.#listenTo(connection, channel)
      this.#connection = connection
      this.#failures = 0
    } finally {
      this.#opening = null
    }
  }

  #listenTo(connection: Connection, channel: string): Promise<void> {
    const text = `listen ${quoteIdentifier(channel)}`
    const script = { name: 'db.listen', text, values: [] }
    return new Promise((resolve, reject) =>
      connection.run(new Pipeline([], { resolve: () => resolve(), reject }, false, script)),
    )
  }

  #notify(channel: string, payload: string): void {
    for (const subscription of this.#subscriptions)
      if (subscription.channel === channel) subscription.listener(payload)
  }

  #lost(): void {
    this.#connection = null
    if (this.#closed || this.#retryTimer !== null) return
    this.#retryTimer = setTimeout(
      () => {
        this.#retryTimer = null
        void this.#reconnect()
      },
      Math.min(50 * 2 ** this.#failures++, maxBackoffMs),
    )
    this.#retryTimer.unref()
  }

  async #reconnect(): Promise<void> {
    try {
      await (this.#opening ??= this.#open())
      for (const subscription of this.#subscriptions) subscription.onReconnect()
    } catch {
      this.#lost()
    }
  }
}
