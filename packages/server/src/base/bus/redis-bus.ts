/** A bus over Redis' publish and subscribe: two connections, nothing stored. */
import { randomBytes } from 'node:crypto'
import type { Redis, RedisOptions } from 'ioredis'
import type { Bus } from './bus.ts'
import { maxMessageBytes } from './bus.ts'
import { Topics } from './topics.ts'

export interface RedisBusOptions {
  /** `redis://user:password@host:6379/0`, `rediss://` with TLS. */
  readonly url: string
  /** Before every channel's name: what an ACL allows. */
  readonly prefix: string
  /** Told when messages no longer arrive, and when they do again. */
  readonly onState?: (isUp: boolean, reason: string) => void
}

/** Of who sent it: our own come back and are let pass. */
const idBytes = 8
const connectWithinMs = 5_000
/** Published and not yet taken by Redis; what is more is lost, and everybody is told to ask. */
const maxInFlightBytes = 64 * 1024 * 1024
/** A message to ourselves, so that a connection that is dead without having ended is noticed. */
const pulse = { everyMs: 2_000, missingAfterMs: 8_000 }
/** Names in one SUBSCRIBE. */
const subscribedAtOnce = 500

/** Resolves when Redis answers. Rejects with why it does not. */
export async function openRedisBus(options: RedisBusOptions): Promise<Bus> {
  const { Redis: Client } = await import('ioredis')
  const make = (): Redis => new Client(options.url, clientOptions)
  const bus = new RedisBus(options, make(), make())
  try {
    await bus.open()
    return bus
  } catch (error) {
    await bus.close()
    throw new Error(`Redis at ${nameOf(options.url)}: ${reasonOf(error)}`, { cause: error })
  }
}

const clientOptions: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  connectTimeout: connectWithinMs,
  retryStrategy: (times) => Math.min(50 * 2 ** times, 2_000),
  // a master that became a replica
  reconnectOnError: ({ message }) => message.startsWith('READONLY'),
}

class RedisBus implements Bus {
  readonly isAlone = false
  readonly #options: RedisBusOptions
  readonly #publisher: Redis
  readonly #subscriber: Redis
  readonly #topics = new Topics()
  readonly #onRestored = new Set<() => void>()
  readonly #id = randomBytes(idBytes)
  readonly #pulseTopic = `pulse:${this.#id.toString('hex')}`
  #timer: NodeJS.Timeout | null = null
  #heardAt = 0
  #inFlightBytes = 0
  #hasLost = false
  #isUp = false
  #isClosed = false
  #lastError = ''

  constructor(options: RedisBusOptions, publisher: Redis, subscriber: Redis) {
    this.#options = options
    this.#publisher = publisher
    this.#subscriber = subscriber
  }

  get isUp(): boolean {
    return this.#isUp
  }

  async open(): Promise<void> {
    for (const client of [this.#publisher, this.#subscriber]) {
      client.on('error', (error: Error) => (this.#lastError = error.message))
      client.on('close', () => this.#down(this.#lastError))
    }
    this.#subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) =>
      this.#receive(channel.toString('utf8'), message),
    )
    await within(
      connectWithinMs,
      Promise.all([this.#publisher.connect(), this.#subscriber.connect()]),
    ).catch((error: unknown) => {
      throw new Error(this.#lastError === '' ? reasonOf(error) : this.#lastError, { cause: error })
    })
    for (const client of [this.#publisher, this.#subscriber])
      client.on('ready', () => void this.#ready())
    await this.#ready()
    // who may not subscribe or publish is told at once
    await within(connectWithinMs, this.#publisher.publish(this.#nameOf(this.#pulseTopic), this.#id))
    this.#timer = setInterval(() => this.#pulse(), pulse.everyMs).unref()
  }

  publish(topic: string, message: Uint8Array): void {
    if (!this.#isUp || message.length > maxMessageBytes) return
    if (this.#inFlightBytes > maxInFlightBytes) {
      this.#hasLost = true
      return
    }
    const bytes = idBytes + message.length
    this.#inFlightBytes += bytes
    this.#publisher
      .publish(this.#nameOf(topic), Buffer.concat([this.#id, message]))
      .catch((error: unknown) => {
        // its end is told by the connection
        this.#lastError = reasonOf(error)
      })
      .finally(() => {
        this.#inFlightBytes -= bytes
        if (this.#hasLost && this.#inFlightBytes === 0) this.#restored()
      })
  }

  async subscribe(topic: string, listener: (message: Uint8Array) => void): Promise<() => void> {
    const isNew = !this.#topics.has(topic)
    this.#topics.add(topic, listener)
    // an older one may still be on its way: Redis takes it twice
    if (this.#isUp || isNew) await this.#subscribe([topic])
    return () => {
      if (!this.#topics.remove(topic, listener) || this.#subscriber.status !== 'ready') return
      // behind it, in order, may come a new subscription
      this.#subscriber.unsubscribe(this.#nameOf(topic)).catch(() => {})
    }
  }

  onRestored(listener: () => void): () => void {
    this.#onRestored.add(listener)
    return () => this.#onRestored.delete(listener)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#isUp = false
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#topics.clear()
    this.#onRestored.clear()
    for (const client of [this.#publisher, this.#subscriber]) client.disconnect()
  }

  #receive(channel: string, message: Buffer): void {
    if (message.length < idBytes) return
    if (message.subarray(0, idBytes).equals(this.#id)) {
      if (channel === this.#nameOf(this.#pulseTopic)) this.#heardAt = performance.now()
      return
    }
    this.#topics.tell(channel.slice(this.#options.prefix.length), message.subarray(idBytes))
  }

  /** Both are connected, and everything is subscribed to. */
  async #ready(): Promise<void> {
    const isConnected = [this.#publisher, this.#subscriber].every(
      ({ status }) => status === 'ready',
    )
    if (!isConnected || this.#isUp || this.#isClosed) return
    this.#heardAt = performance.now()
    const wanted = [this.#pulseTopic, ...this.#topics.names]
    for (let at = 0; at < wanted.length; at += subscribedAtOnce)
      if (!(await this.#subscribe(wanted.slice(at, at + subscribedAtOnce)))) return
    if (this.#isUp || this.#isClosed || this.#publisher.status !== 'ready') return
    const isBack = this.#timer !== null
    this.#isUp = true
    if (!isBack) return
    this.#options.onState?.(true, '')
    this.#restored()
  }

  /** False when the connection ended meanwhile: it is done again with the next. */
  async #subscribe(topics: readonly string[]): Promise<boolean> {
    if (this.#subscriber.status !== 'ready') return false
    try {
      await this.#subscriber.subscribe(...topics.map((topic) => this.#nameOf(topic)))
      return true
    } catch (error) {
      this.#lastError = reasonOf(error)
      return false
    }
  }

  #pulse(): void {
    if (!this.#isUp) return
    this.publish(this.#pulseTopic, new Uint8Array())
    if (performance.now() - this.#heardAt < pulse.missingAfterMs) return
    this.#down('it does not answer')
    for (const client of [this.#publisher, this.#subscriber]) client.disconnect(true)
  }

  #down(reason: string): void {
    if (!this.#isUp) return
    this.#isUp = false
    if (!this.#isClosed) this.#options.onState?.(false, reason === '' ? 'it has ended' : reason)
  }

  #restored(): void {
    this.#hasLost = false
    for (const listener of this.#onRestored) listener()
  }

  #nameOf(topic: string): string {
    return this.#options.prefix + topic
  }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not answer')), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Without the password. */
function nameOf(url: string): string {
  try {
    const { protocol, host } = new URL(url)
    return `${protocol}//${host}`
  } catch {
    return 'the given address'
  }
}
