/** The channels of a project by topic, public and private ones apart, and their way to the other nodes. */
import { createHash } from 'node:crypto'
import type { Bus } from '#base/bus'
import type { Clock, Random } from '#base/kernel'
import type { BinaryBroadcast } from '#services/realtime/wire'
import { decodeNodeMessage, encodeBinary, encodeText } from './node-message.ts'
import { Peers } from './peers.ts'
import { Topic } from './topic.ts'
import type { Listener } from './topic.ts'

export interface HubOptions {
  readonly bus: Bus
  readonly random: Random
  readonly clock: Clock
  /** Who is connected to this node and in a channel. */
  readonly users: () => number
  /** Kept up to date for metrics. */
  readonly stats: { broadcastsSent: number }
}

/** A topic and what keeps it. */
interface Place {
  readonly topic: Topic
  readonly isPrivate: boolean
  /** Resolves when the other nodes are heard. */
  readonly linked: Promise<() => void>
  /** Joins under way. */
  leases: number
  /** Resolves when the other nodes have said who is present. */
  asked: Promise<void> | null
}

export interface TopicCount {
  /** Without the prefix. */
  readonly topic: string
  readonly private: boolean
  readonly listeners: number
}

/** How long a join waits for other nodes to say who is present; later answers come as diffs. */
const answerMs = 300
/** For the bus to take a subscription. */
const linkMs = 2_000

export class Hub {
  /** Of this node, among those of the project. */
  readonly node: string
  readonly #options: HubOptions
  readonly #places = new Map<string, Place>()
  readonly #peers: Peers
  readonly #questions = new Map<string, { answers: number; done: () => void }>()
  /** Resolves when other nodes are heard at all. */
  #listening: Promise<void> | null = null

  constructor(options: HubOptions) {
    this.#options = options
    this.node = Buffer.from(options.random.bytes(12)).toString('base64url')
    this.#peers = new Peers({
      ...options,
      node: this.node,
      onGone: (node) => this.#forget(node),
      onReturn: () => this.#askAgain(),
    })
  }

  /** In a channel on another node. */
  get usersElsewhere(): number {
    return this.#peers.users
  }

  /** Of this node, those with most listeners first, at most `limit`. */
  topics(limit: number): TopicCount[] {
    return [...this.#places.values()]
      .map(({ topic, isPrivate }) => ({
        topic: topic.name.slice('realtime:'.length),
        private: isPrivate,
        listeners: topic.listeners.size,
      }))
      .toSorted((a, b) => b.listeners - a.listeners)
      .slice(0, limit)
  }

  /** Undefined when nobody listens here. `topic` without the prefix. */
  find(topic: string, isPrivate: boolean): Topic | undefined {
    return this.#places.get(nameOf(topic, isPrivate))?.topic
  }

  /** To everybody on all nodes, whether somebody listens here or not. */
  broadcastText(topic: string, isPrivate: boolean, payload: string): void {
    this.find(topic, isPrivate)?.deliverText(payload)
    this.#tell(nameOf(topic, isPrivate), () => encodeText(payload))
  }

  broadcastBinary(topic: string, isPrivate: boolean, broadcast: BinaryBroadcast): void {
    this.find(topic, isPrivate)?.deliverBinary(broadcast)
    this.#tell(nameOf(topic, isPrivate), () => encodeBinary(broadcast))
  }

  /**
   * Resolves when what other nodes say to the topic arrives here, and, where that is wanted, who is present on them is
   * known. To be released when the listener has joined.
   */
  async prepare(topic: string, isPrivate: boolean, wantsPresence: boolean): Promise<() => void> {
    const name = nameOf(topic, isPrivate)
    const place = this.#places.get(name) ?? this.#open(name, topic, isPrivate)
    place.leases++
    if (!this.#options.bus.isAlone) {
      await Promise.race([Promise.all([this.#listening, place.linked]), after(linkMs)])
      if (wantsPresence) await (place.asked ??= this.#ask(name))
    }
    return () => {
      place.leases--
      this.#closeIfEmpty(name, place)
    }
  }

  /** After `prepare`. */
  join(topic: string, isPrivate: boolean, listener: Listener): Topic {
    const name = nameOf(topic, isPrivate)
    const place = this.#places.get(name) ?? this.#open(name, topic, isPrivate)
    place.topic.listeners.add(listener)
    return place.topic
  }

  leave(topic: string, isPrivate: boolean, listener: Listener): void {
    const name = nameOf(topic, isPrivate)
    const place = this.#places.get(name)
    if (place === undefined) return
    place.topic.listeners.delete(listener)
    this.#closeIfEmpty(name, place)
  }

  close(): void {
    this.#peers.stop()
  }

  #open(name: string, topic: string, isPrivate: boolean): Place {
    this.#listening ??= this.#listen()
    const { bus, random, stats } = this.#options
    const { node } = this
    const tell = (make: () => Uint8Array): void => this.#tell(name, make)
    const opened = new Topic(`realtime:${topic}`, { random, node, tell, stats })
    const linked = bus.subscribe(name, (message) => {
      const told = decodeNodeMessage(message)
      if (told !== null) opened.receive(told)
    })
    const place = { topic: opened, isPrivate, linked, leases: 0, asked: null }
    this.#places.set(name, place)
    return place
  }

  #closeIfEmpty(name: string, place: Place): void {
    if (place.leases > 0 || place.topic.listeners.size > 0 || this.#places.get(name) !== place)
      return
    this.#places.delete(name)
    void place.linked.then((end) => end())
  }

  #tell(name: string, make: () => Uint8Array): void {
    const { bus } = this.#options
    if (!bus.isAlone) bus.publish(name, make())
  }

  /** What is not of one topic: who is there, who asks, and what we are answered. */
  async #listen(): Promise<void> {
    const { bus } = this.#options
    await Promise.all([
      bus.subscribe('nodes', (message) => this.#peers.receive(message)),
      bus.subscribe('questions', (message) => this.#answer(message)),
      bus.subscribe(`answers:${this.node}`, (message) => this.#receiveAnswer(message)),
    ])
    bus.onRestored(() => {
      this.#peers.restart()
      for (const [name, { topic }] of this.#places) this.#tell(name, () => topic.ownPresence())
      this.#askAgain()
    })
    this.#peers.start()
  }

  #ask(name: string): Promise<void> {
    const { count, isNew } = this.#peers
    this.#options.bus.publish('questions', Buffer.from(this.node + name))
    if ((count === 0 && !isNew) || !this.#options.bus.isUp) return Promise.resolve()
    const answered = new Promise<void>((resolve) => {
      this.#questions.set(name, { answers: Math.max(1, count), done: resolve })
    })
    return Promise.race([answered, after(answerMs)]).finally(() => this.#questions.delete(name))
  }

  #askAgain(): void {
    for (const [name, place] of this.#places)
      if (place.asked !== null) place.asked = this.#ask(name)
  }

  /** `<node><name>`: everybody answers, also who has no such topic, so that nobody waits for it. */
  #answer(message: Uint8Array): void {
    const text = Buffer.from(message).toString('latin1')
    const [, node, name] = /^([\w-]{16})(topic:[\w-]{43})$/.exec(text) ?? []
    if (node === undefined || name === undefined) return
    this.#peers.heard(node)
    const state = this.#places.get(name)?.topic.ownPresence() ?? new Uint8Array()
    this.#options.bus.publish(`answers:${node}`, Buffer.concat([Buffer.from(name), state]))
  }

  #receiveAnswer(message: Uint8Array): void {
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
    const name = bytes.toString('latin1', 0, nameBytes)
    const told = decodeNodeMessage(bytes.subarray(nameBytes))
    if (told !== null) this.#places.get(name)?.topic.receive(told)
    const question = this.#questions.get(name)
    if (question !== undefined && --question.answers <= 0) question.done()
  }

  #forget(node: string): void {
    for (const { topic } of this.#places.values()) topic.forget(node)
  }
}

const nameBytes = 'topic:'.length + 43

/** On the bus; topics may be long, and contain anything. The privacy comes first: no name of a public topic is that of a private one. */
function nameOf(topic: string, isPrivate: boolean): string {
  const key = (isPrivate ? '+' : '-') + topic
  return `topic:${createHash('sha256').update(key).digest('base64url')}`
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
