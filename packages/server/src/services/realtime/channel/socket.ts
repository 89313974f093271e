/** One connection of a client: its messages in order, its channels, and an end for who does not read. */
import { TooMuchJson } from '#base/kernel'
import type { WebSocketConnection } from '#base/service'
import { isCustomerKey } from '#base/token'
import { readToken } from '#services/realtime/core'
import { encodeClose, encodePush, encodeReply, parseMessage } from '#services/realtime/wire'
import type { ClientMessage, Version } from '#services/realtime/wire'
import type { Channel } from './channel.ts'
import { JoinRefused, join } from './join.ts'
import type { RealtimeRuntime } from './runtime.ts'

/** Messages that wait for those before them, and their bytes; with more of them the connection is not read. */
const most = { messages: 100, bytes: 1_000_000 }
/** Of 25 s between two heartbeats. */
const idleMs = 60_000
const withoutChannelMs = 600_000
const normal = 1000
const goingAway = 1001
const tooSlow = 1008
const noRights = 1008
const tooBig = 1009

export class RealtimeSocket {
  readonly version: Version
  /** Of the connection: what channels without a token of their own go by. */
  readonly token: string
  readonly channels = new Map<string, Channel>()
  readonly #runtime: RealtimeRuntime
  readonly #connection: WebSocketConnection
  readonly #waiting: { readonly message: ClientMessage; readonly bytes: number }[] = []
  #waitingBytes = 0
  #isPaused = false
  #isWorking = false
  #isClosed = false
  #heardAt: number
  #withoutChannelSince: number
  #releaseChanges: (() => void) | null = null

  constructor(
    runtime: RealtimeRuntime,
    connection: WebSocketConnection,
    opening: { readonly version: Version; readonly token: string },
  ) {
    this.#runtime = runtime
    this.#connection = connection
    this.version = opening.version
    this.token = opening.token
    this.#heardAt = this.#withoutChannelSince = runtime.project.clock.now()
    connection.onMessage((frame) => this.#receive(frame))
    connection.onClose(() => this.#end())
    runtime.sockets.add(this)
    runtime.stats.connections++
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  write(frame: Uint8Array): void {
    if (this.#isClosed) return
    const { config } = this.#runtime.project
    if (this.#connection.queuedBytes > config['realtime.max_queue']) {
      this.#runtime.stats.dropped++
      this.#runtime.project.log.warn('a realtime client that does not read was dropped', {
        queued_bytes: this.#connection.queuedBytes,
      })
      this.close(tooSlow, 'Messages were not read')
      return
    }
    this.#connection.write(frame)
  }

  /** `payload` is JSON text. */
  push(topic: string, event: string, payload: string, id: string | null = null): void {
    this.write(encodePush(this.version, topic, event, payload, id))
  }

  /** `response` is JSON text. */
  reply(message: ClientMessage, status: 'ok' | 'error', response: string): void {
    this.write(encodeReply(this.version, message, status, response))
  }

  addChannel(channel: Channel): void {
    if (this.channels.size === 0) this.#runtime.stats.users++
    this.channels.set(`realtime:${channel.name}`, channel)
    channel.open()
  }

  closeChannel(channel: Channel): void {
    if (!this.removeChannel(channel)) return
    this.write(encodeClose(this.version, `realtime:${channel.name}`, channel.joinRef))
    // who cannot say anything cannot join again
    if (this.version === 'events') this.close(normal, 'The channel was closed')
  }

  /** Without a word; false when it is not there. */
  removeChannel(channel: Channel): boolean {
    const topic = `realtime:${channel.name}`
    if (this.channels.get(topic) !== channel) return false
    this.channels.delete(topic)
    channel.close()
    if (this.channels.size === 0) {
      this.#runtime.stats.users--
      this.#withoutChannelSince = this.#runtime.project.clock.now()
    }
    return true
  }

  /** Changes of the database are followed while the connection is open. */
  holdChanges(): { ready(timeoutMs: number): Promise<string | null> } {
    this.#releaseChanges ??= this.#runtime.changes.hold()
    return this.#runtime.changes
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return
    this.#connection.close(code, reason)
    this.#end()
  }

  /** Behind the reply that says why. */
  disconnectSoon(): void {
    setImmediate(() => this.close(goingAway, 'Too many joins per second'))
  }

  /** What time does: tokens run out, connections fall silent. */
  sweep(now: number): void {
    if (this.#hasEnded(this.token)) return this.close(noRights, 'The API key is not valid any more')
    for (const channel of this.channels.values()) {
      if (this.#hasEnded(channel.member.token, channel.member.claimsJson))
        channel.fail('The API key is not valid any more, or has changed')
      const { exp } = channel.member
      if (exp * 1000 <= now)
        channel.fail(`Token has expired ${Math.round(now / 1000 - exp)} seconds ago`)
    }
    if (now - this.#heardAt > idleMs) this.close(normal, 'No heartbeat')
    else if (this.channels.size === 0 && now - this.#withoutChannelSince > withoutChannelMs)
      this.close(normal, 'No channel')
  }

  /** A customer's key that was revoked, or may do something else by now: tokens end by themselves. */
  #hasEnded(token: string, claimsJson?: string): boolean {
    if (!isCustomerKey(token)) return false
    const reading = readToken(this.#runtime.project, token)
    return !reading.ok || (claimsJson !== undefined && reading.member.claimsJson !== claimsJson)
  }

  #receive(frame: string | Uint8Array): void {
    this.#heardAt = this.#runtime.project.clock.now()
    const message = this.#parse(frame)
    if (message === null) return
    this.#waiting.push({ message, bytes: frame.length })
    this.#waitingBytes += frame.length
    if (this.#isFull && !this.#isPaused) {
      this.#isPaused = true
      this.#connection.pause()
    }
    if (!this.#isWorking) void this.#work()
  }

  #parse(frame: string | Uint8Array): ClientMessage | null {
    try {
      return parseMessage(frame, this.version)
    } catch (error) {
      if (!(error instanceof TooMuchJson)) throw error
      this.close(tooBig, error.message)
      return null
    }
  }

  get #isFull(): boolean {
    return this.#waiting.length > most.messages || this.#waitingBytes > most.bytes
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    for (;;) {
      const next = this.#waiting.shift()
      if (next === undefined || this.#isClosed) break
      const { message } = next
      this.#waitingBytes -= next.bytes
      if (this.#isPaused && !this.#isFull) {
        this.#isPaused = false
        this.#connection.resume()
      }
      try {
        await this.#handle(message)
      } catch (error) {
        this.#runtime.project.log.error('a realtime message could not be handled', {
          event: message.event,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        })
      }
    }
    this.#isWorking = false
  }

  async #handle(message: ClientMessage): Promise<void> {
    const { topic, event } = message
    if (topic === 'phoenix') {
      if (event === 'heartbeat') this.reply(message, 'ok', '{}')
      return
    }
    const channel = this.channels.get(topic)
    if (event === 'phx_join') await this.#join(message, channel)
    else if (channel === undefined) this.reply(message, 'error', '{"reason":"unmatched topic"}')
    else if (event === 'phx_leave') {
      // the client knows of that one's end already
      if (!channel.isMeantBy(message)) return
      this.reply(message, 'ok', '{}')
      this.closeChannel(channel)
    } else await channel.handle(message)
  }

  async #join(message: ClientMessage, before: Channel | undefined): Promise<void> {
    if (!message.topic.startsWith('realtime:')) {
      this.reply(message, 'error', '{"reason":"unmatched topic"}')
      return
    }
    if (before !== undefined) this.closeChannel(before)
    try {
      await join(this.#runtime, this, message)
    } catch (error) {
      const isKnown = error instanceof JoinRefused
      const reason = isKnown ? error.message : 'Unknown Error on Channel'
      this.reply(message, 'error', JSON.stringify({ reason }))
      if (!isKnown) throw error
    }
  }

  #end(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting.length = 0
    this.#runtime.sockets.delete(this)
    this.#runtime.stats.connections--
    if (this.channels.size > 0) this.#runtime.stats.users--
    for (const channel of this.channels.values()) channel.close()
    this.channels.clear()
    this.#releaseChanges?.()
  }
}
