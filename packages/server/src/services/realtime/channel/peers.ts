/** The other nodes of a project: heard of as long as they say every second that they are there. */
import type { Bus } from '#base/bus'
import type { Clock } from '#base/kernel'

const beatMs = 1_000
/** So long without a word a node is gone. */
const silentMs = 4_000
/** Of nodes that came and went, to be asked when they are heard again. */
const maxGone = 1_000

export interface PeersOptions {
  readonly bus: Bus
  readonly clock: Clock
  readonly node: string
  /** Who is connected here and in a channel. */
  readonly users: () => number
  readonly onGone: (node: string) => void
  /** A node that was given up is there all the same. */
  readonly onReturn: () => void
}

export class Peers {
  readonly #options: PeersOptions
  readonly #heardAt = new Map<string, number>()
  readonly #users = new Map<string, number>()
  readonly #gone = new Set<string>()
  #timer: NodeJS.Timeout | null = null
  #startedAt = 0

  constructor(options: PeersOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#heardAt.size
  }

  /** On all other nodes, as they have said within the last second. */
  get users(): number {
    let users = 0
    for (const count of this.#users.values()) users += count
    return users
  }

  /** Others have hardly had the time to be heard. */
  get isNew(): boolean {
    return this.#options.clock.now() - this.#startedAt < beatMs
  }

  /** From here on we say that we are there, and listen for the others. */
  start(): void {
    if (this.#timer !== null) return
    this.#startedAt = this.#options.clock.now()
    this.#beat()
    this.#timer = setInterval(() => this.#turn(), beatMs).unref()
  }

  stop(): void {
    if (this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
    this.#options.bus.publish('nodes', Buffer.from(`-${this.#options.node}`))
  }

  /** Who could not be heard is not gone for that. */
  restart(): void {
    const now = this.#options.clock.now()
    for (const node of this.#heardAt.keys()) this.#heardAt.set(node, now)
  }

  /** A message of the topic `nodes`: `+`, a node that is there and its users, `-` and one that goes. */
  receive(message: Uint8Array): void {
    const text = Buffer.from(message).toString('latin1')
    const [, sign, node, users] = /^([+-])([\w-]{16})(?: (\d{1,9}))?$/.exec(text) ?? []
    if (node === undefined || node === this.#options.node) return
    if (sign === '-') {
      this.#give(node)
      return
    }
    this.heard(node)
    this.#users.set(node, Number(users ?? 0))
  }

  heard(node: string): void {
    const isNew = !this.#heardAt.has(node)
    this.#heardAt.set(node, this.#options.clock.now())
    // who has just come knows of nobody
    if (isNew) this.#beat()
    if (this.#gone.delete(node)) this.#options.onReturn()
  }

  #turn(): void {
    this.#beat()
    if (!this.#options.bus.isUp) return
    const since = this.#options.clock.now() - silentMs
    for (const [node, at] of this.#heardAt)
      if (at < since) {
        this.#give(node)
        if (this.#gone.size < maxGone) this.#gone.add(node)
      }
  }

  #beat(): void {
    const { bus, node, users } = this.#options
    bus.publish('nodes', Buffer.from(`+${node} ${users()}`))
  }

  #give(node: string): void {
    this.#users.delete(node)
    if (this.#heardAt.delete(node)) this.#options.onGone(node)
  }
}
