/** One topic joined over one connection: what its member may hear and say. */
import type { JsonObject } from '#base/kernel'
import { isReadOnlyKey } from '#base/token'
import { mayWrite, readToken } from '#services/realtime/core'
import type { Extension, Member } from '#services/realtime/core'
import type { ClientMessage, Version } from '#services/realtime/wire'
import { Bindings } from './bindings.ts'
import type { Listener, Topic } from './topic.ts'
import type { JoinConfig } from './join-config.ts'
import { readRights } from './read-rights.ts'
import type { RealtimeRuntime } from './runtime.ts'
import type { RealtimeSocket } from './socket.ts'

const presenceCalls = { most: 5, withinMs: 30_000 }
/** New tokens: each is a question to Postgres for each subscription. */
const tokenCalls = { most: 50, withinMs: 10_000 }

export class Channel implements Listener {
  readonly name: string
  readonly joinRef: string | null
  readonly config: JoinConfig
  readonly presenceKey: string
  readonly bindings: Bindings
  member: Member
  topic: Topic | null = null
  readable: ReadonlySet<Extension>
  seesPresence: boolean
  readonly #givenRef: string | null
  readonly #runtime: RealtimeRuntime
  readonly #socket: RealtimeSocket
  #writable = new Map<Extension, Promise<boolean>>()
  #presenceCalls: number[] = []
  #tokenCalls: number[] = []

  /** `name` without the prefix `realtime:`. */
  constructor(
    runtime: RealtimeRuntime,
    socket: RealtimeSocket,
    name: string,
    join: {
      readonly message: Pick<ClientMessage, 'joinRef' | 'ref'>
      readonly config: JoinConfig
      readonly member: Member
      readonly presenceKey: string
      readonly readable: ReadonlySet<Extension>
    },
  ) {
    this.#runtime = runtime
    this.#socket = socket
    this.name = name
    this.joinRef = join.message.joinRef ?? join.message.ref
    this.#givenRef = join.message.joinRef
    this.config = join.config
    this.member = join.member
    this.presenceKey = join.presenceKey
    this.readable = join.readable
    this.seesPresence = join.config.presence.isEnabled && join.readable.has('presence')
    this.bindings = new Bindings(runtime, this)
  }

  /** Not the one of its name that was there before. */
  isMeantBy({ joinRef }: ClientMessage): boolean {
    return joinRef === null || this.#givenRef === null || joinRef === this.#givenRef
  }

  get version(): Version {
    return this.#socket.version
  }

  get hearsBroadcasts(): boolean {
    return this.readable.has('broadcast')
  }

  get isOpen(): boolean {
    return this.topic !== null
  }

  write(frame: Uint8Array): void {
    this.#socket.write(frame)
  }

  /** `payload` is JSON text. */
  push(event: string, payload: string, id: string | null = null): void {
    this.#socket.push(`realtime:${this.name}`, event, payload, id)
  }

  /** `more` stands behind what all of them have. */
  system(
    extension: 'system' | 'postgres_changes',
    status: 'ok' | 'error' | 'gap',
    message: string,
    more: { readonly position?: string } = {},
  ): void {
    const { name: channel } = this
    const payload = JSON.stringify({ extension, status, message, channel, ...more })
    this.push('system', payload, more.position)
  }

  open(): void {
    this.topic = this.#runtime.hub.join(this.name, this.config.isPrivate, this)
    this.#runtime.stats.channels++
  }

  /** Silent: who leaves, and who is gone, is told by others. */
  close(): void {
    const { topic } = this
    if (topic === null) return
    this.topic = null
    this.#runtime.stats.channels--
    this.bindings.close()
    this.#runtime.hub.leave(this.name, this.config.isPrivate, this)
    topic.untrack(this)
  }

  /** Says why, and closes. */
  fail(message: string): void {
    this.system('system', 'error', message)
    this.#socket.closeChannel(this)
  }

  async handle(message: ClientMessage): Promise<void> {
    const { config } = this.#runtime.project
    if (message.event === 'access_token') return this.#refresh(message.payload)
    if (this.#runtime.events.isOver(config['realtime.max_events_per_second'])) {
      this.fail('Too many messages per second')
      return
    }
    if (message.event === 'broadcast') await this.#broadcast(message)
    else if (message.event === 'presence') await this.#presence(message)
  }

  async #broadcast(message: ClientMessage): Promise<void> {
    const { ack, self } = this.config
    const payload = message.broadcast === undefined ? JSON.stringify(message.payload) : ''
    const bytes = message.broadcast?.bytes.length ?? Buffer.byteLength(payload)
    if (bytes > maxBytes(this.#runtime)) {
      if (ack) this.#socket.reply(message, 'error', '"payload_size_exceeded"')
      return
    }
    if (!(await this.#mayWrite('broadcast'))) return
    const except = self ? null : this
    if (message.broadcast === undefined) this.topic?.broadcastText(payload, except)
    else this.topic?.broadcastBinary(message.broadcast, except)
    if (ack) this.#socket.reply(message, 'ok', '{}')
  }

  async #presence(message: ClientMessage): Promise<void> {
    const given = message.payload as { event?: unknown; payload?: unknown } | null
    const event = typeof given?.event === 'string' ? given.event.toLowerCase() : ''
    if (this.#isPresenceFlood()) return
    if (event === 'track') await this.#track(message, given?.payload ?? {})
    else if (event === 'untrack') {
      this.topic?.untrack(this)
      this.#socket.reply(message, 'ok', '{}')
    } else this.#socket.reply(message, 'error', '{}')
  }

  async #track(message: ClientMessage, payload: unknown): Promise<void> {
    if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
      this.#socket.reply(message, 'error', '{"reason":"Presence track payload must be a map"}')
      return
    }
    if (Buffer.byteLength(JSON.stringify(payload)) > maxBytes(this.#runtime)) {
      this.fail('Track message size exceeded')
      return
    }
    if (!(await this.#mayWrite('presence'))) {
      this.#socket.reply(message, 'error', '{}')
      return
    }
    const { topic } = this
    if (topic === null) return
    this.#socket.reply(message, 'ok', '{}')
    if (!this.config.presence.isEnabled) await this.#enablePresence()
    topic.track(this.presenceKey, this, payload as JsonObject)
  }

  /** Who tracks wants to see it, whatever the join said. */
  async #enablePresence(): Promise<void> {
    if (this.seesPresence) return
    if (!this.readable.has('presence') && this.config.isPrivate)
      this.readable = await readRights(this.#runtime, this.member, this.name, true)
    this.seesPresence = this.readable.has('presence')
  }

  #isPresenceFlood(): boolean {
    const { project, presenceEvents } = this.#runtime
    const now = project.clock.now()
    this.#presenceCalls = lately(this.#presenceCalls, now, presenceCalls.withinMs)
    const isOwn = this.#presenceCalls.length > presenceCalls.most
    const isAll = presenceEvents.isOver(project.config['realtime.max_presence_events_per_second'])
    if (isOwn) this.fail('Client presence rate limit exceeded')
    else if (isAll) this.fail('Too many presence messages per second')
    return isOwn || isAll
  }

  /** Asked once, until the token changes. */
  #mayWrite(extension: Extension): Promise<boolean> {
    if (!this.config.isPrivate) return Promise.resolve(!isReadOnlyKey(this.member.claims))
    const known = this.#writable.get(extension)
    if (known !== undefined) return known
    const asked = mayWrite(this.#runtime.project, this.member, this.name, extension)
    this.#writable.set(extension, asked)
    // a database that did not answer has said nothing
    asked.catch(() => this.#writable.delete(extension))
    return asked
  }

  async #refresh(payload: unknown): Promise<void> {
    const token = (payload as { access_token?: unknown } | null)?.access_token
    if (typeof token !== 'string' || token.startsWith('sb_') || token === this.member.token) return
    const reading = readToken(this.#runtime.project, token)
    if (!reading.ok) {
      this.fail(reading.message)
      return
    }
    const { clock } = this.#runtime.project
    this.#tokenCalls = lately(this.#tokenCalls, clock.now(), tokenCalls.withinMs)
    if (this.#tokenCalls.length > tokenCalls.most) {
      this.fail('Too many messages per second')
      return
    }
    this.member = reading.member
    this.#writable = new Map()
    if (this.config.isPrivate && !(await this.#reread())) return
    this.bindings.renew()
  }

  async #reread(): Promise<boolean> {
    const wantsPresence = this.config.presence.isEnabled || this.seesPresence
    this.readable = await readRights(this.#runtime, this.member, this.name, wantsPresence)
    this.seesPresence = wantsPresence && this.readable.has('presence')
    if (this.readable.size > 0) return true
    this.fail(`You no longer have permission to read from this Channel topic: ${this.name}`)
    return false
  }
}

/** The times that are not longer ago, and now. */
function lately(times: readonly number[], nowMs: number, withinMs: number): number[] {
  return [...times.filter((at) => at > nowMs - withinMs), nowMs]
}

/** 500 bytes for what is around a payload. */
function maxBytes({ project }: RealtimeRuntime): number {
  return project.config['realtime.max_payload_size_in_kb'] * 1000 + 500
}
