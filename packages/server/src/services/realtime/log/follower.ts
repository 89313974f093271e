/** A node that gets the log from the one that reads it: frame by frame, nothing left out, or everything again. */
import type { Bus } from '#base/bus'
import type { Clock } from '#base/kernel'
import { EntryReader, encodeMessage } from './frames.ts'
import type { Epoch, LeaderMessage } from './frames.ts'
import type { LogSink } from './sink.ts'

/** So long without a word the reading node is gone. */
const silentMs = 3_000
/** Taken since we last said so. */
const ackBytes = 1024 * 1024
/** Frames that wait for this node; twice what a leader hands on without an answer. */
const maxWaitingBytes = 8 * 1024 * 1024

export interface FollowerOptions {
  readonly bus: Bus
  readonly clock: Clock
  readonly node: string
  readonly sink: LogSink
  /** Changes arrive from here on. */
  readonly onReady: () => void
}

export class Follower {
  readonly #options: FollowerOptions
  readonly #entries: EntryReader
  #epoch: Epoch | null = null
  /** The frame that comes next; null while we wait to be told. */
  #next: number | null = null
  /** Whether the sink has been given anything before. */
  #isFresh: boolean
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #takenSinceAck = 0
  #heardAt: number

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#isFresh = options.sink.sentUpTo === 0n
    this.#heardAt = options.clock.now()
    this.#entries = new EntryReader((kind, bytes) => {
      if (kind === 'message') options.sink.read(bytes)
      else if (bytes.length === 8) options.sink.reach(bytes.readBigUInt64BE(0))
    })
    this.#hello()
  }

  get isReady(): boolean {
    return this.#next !== null
  }

  /** Nobody reads the log any more, as far as we know. */
  get isForsaken(): boolean {
    return this.#options.clock.now() - this.#heardAt > silentMs
  }

  receive(message: LeaderMessage): void {
    const { clock, node } = this.#options
    if (message.kind === 'over') {
      if (message.epoch === this.#epoch) this.#heardAt = 0
      return
    }
    this.#heardAt = clock.now()
    if (message.epoch !== this.#epoch) this.#begin(message)
    else if (message.kind === 'welcome') {
      if (message.node === node && this.#next === null) this.#join(message)
    } else if (message.kind === 'beat') {
      if (this.#next !== null && message.next > this.#next) this.#lose()
    } else if (this.#next !== null) this.#take(message)
  }

  /** Once a second: where we are, or that we want to be told. */
  beat(): void {
    if (this.#next === null) this.#hello()
    else this.#ack()
  }

  /** Less waits at the sink. */
  progress(): void {
    const { sink } = this.#options
    while (this.#waiting.length > 0 && !sink.isFull) {
      const bytes = this.#waiting.shift() as Buffer
      this.#waitingBytes -= bytes.length
      this.#takenSinceAck += bytes.length
      this.#entries.push(bytes)
    }
    if (this.#takenSinceAck >= ackBytes) this.#ack()
  }

  bye(): void {
    const { bus, node } = this.#options
    bus.publish('log:back', encodeMessage({ kind: 'bye', node }))
  }

  /** Another reading: who hears it from its start has all of it. */
  #begin(message: Exclude<LeaderMessage, { kind: 'over' }>): void {
    this.#epoch = message.epoch
    this.#reset()
    if (message.kind !== 'beat' || message.next > 0 || this.#isFresh) return this.#hello()
    this.#join({ ...message, at: 0n })
    this.#ack()
  }

  #reset(): void {
    this.#next = null
    this.#waiting = []
    this.#waitingBytes = 0
    this.#entries.clear()
  }

  #join({
    next,
    at,
    from,
  }: {
    readonly next: number
    readonly at: bigint
    readonly from: bigint
  }): void {
    const { sink, onReady } = this.#options
    sink.begin()
    if (this.#isFresh) sink.skipTo(at)
    else sink.miss(from)
    this.#isFresh = false
    this.#next = next
    onReady()
  }

  #take({ number, bytes }: Extract<LeaderMessage, { kind: 'frame' }>): void {
    if (this.#next === null || number < this.#next) return
    if (number > this.#next || this.#waitingBytes > maxWaitingBytes) {
      this.#lose()
      return
    }
    this.#next++
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    this.progress()
  }

  /** Something did not arrive. */
  #lose(): void {
    this.#reset()
    this.#hello()
  }

  /** Not while too much waits here: it would be told in vain. */
  #hello(): void {
    const { bus, node, sink } = this.#options
    if (sink.isFull) return
    const has = this.#isFresh ? null : sink.sentUpTo
    bus.publish('log:back', encodeMessage({ kind: 'hello', node, has }))
  }

  #ack(): void {
    const { bus, node, sink } = this.#options
    if (this.#epoch === null || this.#next === null) return
    this.#takenSinceAck = 0
    const next = this.#next - this.#waiting.length
    const ack = { kind: 'ack', node, epoch: this.#epoch, next, sent: sink.sentUpTo } as const
    bus.publish('log:back', encodeMessage(ack))
  }
}
