/** The node that reads the log: what it reads it hands on, no faster than the slowest node takes it, and Postgres keeps it until all have sent it. */
import type { Bus } from '#base/bus'
import type { Clock, Log } from '#base/kernel'
import { encodeEntry, encodeFrame, encodeMessage } from './frames.ts'
import type { Epoch, FollowerMessage } from './frames.ts'
import type { LogConnection } from './log-connection.ts'
import type { LogSink } from './sink.ts'

const frameBytes = 256 * 1024
/** Handed on and not yet taken by all: Redis cuts off who has 8 MB waiting for a minute, or 32 MB at once. */
const windowBytes = 4 * 1024 * 1024
/** A node that says nothing for so long, or takes nothing of what it was handed, is no longer waited for. */
const patience = { silentMs: 5_000, stuckMs: 10_000 }
/** While no node can be heard, what they have not confirmed is kept, so much of it and so long. */
const keptWhileDown = { forMs: 300_000, bytes: 256 * 1024 * 1024 }

interface Follower {
  /** The frame it waits for. */
  next: number
  sent: bigint
  heardAt: number
  movedAt: number
}

export interface LeaderOptions {
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  readonly epoch: Epoch
  readonly connection: LogConnection
  readonly sink: LogSink
  /** Of an earlier reading: they are waited for before they have said anything. */
  readonly expected: ReadonlyMap<string, bigint>
  /** A node lacks what has been read: it has to be read again. */
  readonly onMissing: () => void
}

export class Leader {
  readonly #options: LeaderOptions
  readonly #followers = new Map<string, Follower>()
  readonly #relations = new Map<number, Buffer>()
  #entries: Uint8Array[] = []
  #entryBytes = 0
  #isFlushing = false
  /** Frames that are not yet handed on. */
  #waiting: Uint8Array[] = []
  /** Sizes of frames handed on and not taken by all, the oldest first. */
  readonly #out: { readonly number: number; readonly bytes: number }[] = []
  #outBytes = 0
  #next = 0
  /** Something was read that nobody was handed. */
  #hasSkipped = false
  #hasRead = false
  #isPaused = false
  #readUpTo: bigint
  #downSince: number | null = null

  constructor(options: LeaderOptions) {
    this.#options = options
    this.#readUpTo = options.connection.begin
    const now = options.clock.now()
    for (const [node, sent] of options.expected)
      this.#followers.set(node, { next: 0, sent, heardAt: now, movedAt: now })
    this.beat()
  }

  get hasFollowers(): boolean {
    return this.#followers.size > 0
  }

  /** What each of them has sent, for a reading that begins again. */
  get positions(): ReadonlyMap<string, bigint> {
    return new Map(Array.from(this.#followers, ([node, { sent }]) => [node, sent]))
  }

  read(message: Buffer): void {
    const { sink } = this.#options
    if (message[0] === 0x52 /* R */) this.#relations.set(message.readUInt32BE(1), message)
    else if (message[0] === 0x42 /* B */) this.#readUpTo = message.readBigUInt64BE(1)
    sink.read(message)
    this.#hand('message', message)
    this.progress()
  }

  reached(lsn: bigint): void {
    this.#options.sink.reach(lsn)
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(lsn)
    this.#hand('reached', bytes)
  }

  /** Up to where Postgres may forget: nobody needs it any more. */
  get confirmable(): bigint {
    let lowest = this.#options.sink.confirmable
    for (const { sent } of this.#followers.values()) if (sent < lowest) lowest = sent
    return lowest
  }

  /** Once a second: says that we are there, and gives up who is not. */
  beat(): void {
    const { bus, epoch, connection } = this.#options
    // a number of its own stands for what nobody was handed: who counts on it finds out
    const next = this.#next + (this.#hasSkipped ? 1 : 0)
    bus.publish('log', encodeMessage({ kind: 'beat', epoch, next, from: connection.begin }))
    this.#giveUp()
    this.progress()
  }

  over(): void {
    const { bus, epoch } = this.#options
    bus.publish('log', encodeMessage({ kind: 'over', epoch }))
  }

  receive(message: FollowerMessage): void {
    if (message.kind === 'bye') this.#followers.delete(message.node)
    else if (message.kind === 'hello') this.#welcome(message)
    else this.#acknowledge(message)
    this.progress()
  }

  /** Goes on handing on and reading, where that is possible again. */
  progress(): void {
    this.#pump()
    const { connection, sink } = this.#options
    const mustWait = sink.isFull || this.#waiting.length > 0
    if (mustWait === this.#isPaused) return
    this.#isPaused = mustWait
    if (mustWait) connection.pause()
    else connection.resume()
  }

  #welcome({ node, has }: Extract<FollowerMessage, { kind: 'hello' }>): void {
    const { bus, clock, epoch, connection, onMissing } = this.#options
    const isBehind = has !== null && this.#hasRead
    const now = clock.now()
    const sent = has ?? this.#readUpTo
    const follower = { next: this.#next, sent, heardAt: now, movedAt: now }
    this.#followers.set(node, follower)
    if (isBehind) {
      onMissing()
      return
    }
    this.#flush()
    if (this.#hasSkipped) this.#next++
    this.#hasSkipped = false
    follower.next = this.#next
    const [at, from] = [this.#readUpTo, connection.begin]
    bus.publish('log', encodeMessage({ kind: 'welcome', epoch, node, next: this.#next, at, from }))
    for (const relation of this.#relations.values()) this.#hand('message', relation)
  }

  #acknowledge({ node, epoch, next, sent }: Extract<FollowerMessage, { kind: 'ack' }>): void {
    if (epoch !== this.#options.epoch || next > this.#next) return
    const now = this.#options.clock.now()
    const known = this.#followers.get(node)
    if (known === undefined) {
      // one that lacks something is told by the next beat
      if (!this.#hasSkipped) this.#followers.set(node, { next, sent, heardAt: now, movedAt: now })
      return
    }
    if (next > known.next || next === this.#next) known.movedAt = now
    known.heardAt = now
    known.next = Math.max(known.next, next)
    if (sent > known.sent) known.sent = sent
  }

  #hand(kind: 'message' | 'reached', bytes: Uint8Array): void {
    if (kind === 'message') this.#hasRead = true
    if (this.#followers.size === 0) {
      this.#hasSkipped ||= kind === 'message'
      return
    }
    this.#entries.push(...encodeEntry(kind, bytes))
    this.#entryBytes += bytes.length + 5
    if (this.#entryBytes >= frameBytes) this.#flush()
    else if (!this.#isFlushing) {
      this.#isFlushing = true
      setImmediate(() => {
        this.#isFlushing = false
        this.#flush()
        this.progress()
      })
    }
  }

  #flush(): void {
    if (this.#entryBytes === 0) return
    const bytes = Buffer.concat(this.#entries)
    this.#entries = []
    this.#entryBytes = 0
    for (let at = 0; at < bytes.length; at += frameBytes)
      this.#waiting.push(bytes.subarray(at, at + frameBytes))
    this.#pump()
  }

  #pump(): void {
    const { bus, epoch } = this.#options
    let taken = this.#next
    for (const { next } of this.#followers.values()) taken = Math.min(taken, next)
    while ((this.#out[0]?.number ?? Infinity) < taken)
      this.#outBytes -= this.#out.shift()?.bytes ?? 0
    while (this.#waiting.length > 0) {
      // nobody hears: they will ask when they do again
      if (bus.isUp && this.#outBytes >= windowBytes) return
      const bytes = this.#waiting.shift() as Uint8Array
      const number = this.#next++
      bus.publish('log', encodeFrame(epoch, number, bytes))
      if (!bus.isUp) continue
      this.#out.push({ number, bytes: bytes.length })
      this.#outBytes += bytes.length
    }
  }

  #giveUp(): void {
    const { bus, clock, log } = this.#options
    const now = clock.now()
    if (!bus.isUp) {
      this.#downSince ??= now
      const lag = Number(this.#options.sink.sentUpTo - this.confirmable)
      if (now - this.#downSince > keptWhileDown.forMs || lag > keptWhileDown.bytes)
        this.#followers.clear()
      return
    }
    if (this.#downSince !== null) {
      this.#downSince = null
      for (const follower of this.#followers.values()) follower.heardAt = follower.movedAt = now
    }
    for (const [node, { next, heardAt, movedAt }] of this.#followers) {
      const isStuck = next < this.#next && now - movedAt > patience.stuckMs
      if (now - heardAt <= patience.silentMs && !isStuck) continue
      this.#followers.delete(node)
      log.warn('a node that takes no changes is no longer waited for', { node, is_stuck: isStuck })
    }
  }
}
