/** One topic: who listens here, who is present anywhere. A message is encoded once for each protocol version. */
import type { JsonObject, Random } from '#base/kernel'
import type { Version } from '#services/realtime/wire'
import { encodeBinaryBroadcast, encodePush } from '#services/realtime/wire'
import type { BinaryBroadcast } from '#services/realtime/wire'
import { encodeBinary, encodePresence, encodeText } from './node-message.ts'
import type { NodeMessage, ToldMember } from './node-message.ts'
import { Presence, PresenceDiff } from './presence.ts'

/** A channel as those see it who send to all of a topic. */
export interface Listener {
  readonly version: Version
  readonly hearsBroadcasts: boolean
  readonly seesPresence: boolean
  write(frame: Uint8Array): void
}

/** Of another node. */
interface RemoteMember {
  readonly key: string
}

export interface TopicOptions {
  readonly random: Random
  /** Of this node. */
  readonly node: string
  /** To the other nodes. */
  readonly tell: (make: () => Uint8Array) => void
  /** Kept up to date for metrics. */
  readonly stats: { broadcastsSent: number }
}

export class Topic {
  readonly listeners = new Set<Listener>()
  /** With the prefix clients know: `realtime:room`. */
  readonly name: string
  readonly #options: TopicOptions
  readonly #presence = new Presence<Listener | RemoteMember>()
  readonly #own = new Map<Listener, { readonly id: number; readonly key: string }>()
  readonly #remote = new Map<string, Map<number, RemoteMember>>()
  #nextId = 1

  constructor(name: string, options: TopicOptions) {
    this.name = name
    this.#options = options
  }

  /** A payload as JSON text to everybody but `except`, on all nodes. */
  broadcastText(payload: string, except: Listener | null): void {
    this.deliverText(payload, except)
    this.#options.tell(() => encodeText(payload))
  }

  broadcastBinary(broadcast: BinaryBroadcast, except: Listener | null): void {
    this.deliverBinary(broadcast, except)
    this.#options.tell(() => encodeBinary(broadcast))
  }

  /** To those who listen here: the other nodes have it themselves. */
  deliverText(payload: string, except: Listener | null = null): void {
    this.#toHearers(except, (version) => encodePush(version, this.name, 'broadcast', payload))
  }

  deliverBinary(broadcast: BinaryBroadcast, except: Listener | null = null): void {
    this.#toHearers(except, (version) => encodeBinaryBroadcast(version, this.name, broadcast))
  }

  /** Who is present, as JSON text. */
  presenceState(): string {
    return this.#presence.state()
  }

  track(key: string, listener: Listener, payload: JsonObject): void {
    const text = JSON.stringify(payload)
    if (this.#presence.find(key, listener)?.text === text) return
    const ref = Buffer.from(this.#options.random.bytes(12)).toString('base64')
    const { id } = this.#own.get(listener) ?? { id: this.#nextId++ }
    this.#own.set(listener, { id, key })
    this.#change((diff) => this.#presence.put(key, listener, { ref, payload, text }, diff))
    this.#tellPresence([{ id, key, ref, payload }], [])
  }

  untrack(listener: Listener): void {
    const own = this.#own.get(listener)
    if (own === undefined) return
    this.#own.delete(listener)
    this.#change((diff) => this.#presence.remove(own.key, listener, diff))
    this.#tellPresence([], [own.id])
  }

  /** Who is present on this node, for another one that asks. */
  ownPresence(): Uint8Array {
    const members = [...this.#own].flatMap(([listener, { id, key }]) => {
      const meta = this.#presence.find(key, listener)
      return meta === undefined ? [] : [{ id, key, ref: meta.ref, payload: meta.payload }]
    })
    return encodePresence({ node: this.#options.node, isWhole: true, members, gone: [] })
  }

  /** From another node. */
  receive(message: NodeMessage): void {
    if (message.kind === 'text') this.deliverText(message.payload)
    else if (message.kind === 'binary') this.deliverBinary(message.broadcast)
    else this.#receivePresence(message)
  }

  /** The node is gone, and with it its members. */
  forget(node: string): void {
    const members = this.#remote.get(node)
    if (members === undefined) return
    this.#remote.delete(node)
    this.#change((diff) => {
      for (const member of members.values()) this.#presence.remove(member.key, member, diff)
    })
  }

  #receivePresence(told: Extract<NodeMessage, { kind: 'presence' }>): void {
    const known = this.#remote.get(told.node) ?? new Map<number, RemoteMember>()
    this.#change((diff) => {
      const stays = new Set(told.members.map(({ id }) => id))
      const gone = told.isWhole ? [...known.keys()].filter((id) => !stays.has(id)) : told.gone
      for (const id of gone) {
        const member = known.get(id)
        if (member !== undefined) this.#presence.remove(member.key, member, diff)
        known.delete(id)
      }
      for (const { id, key, ref, payload } of told.members) {
        const member = known.get(id) ?? { key }
        known.set(id, member)
        const meta = { ref, payload, text: '' }
        this.#presence.put(member.key, member, meta, diff)
      }
    })
    if (known.size === 0) this.#remote.delete(told.node)
    else this.#remote.set(told.node, known)
  }

  #change(work: (diff: PresenceDiff) => void): void {
    const diff = new PresenceDiff()
    work(diff)
    if (diff.isEmpty) return
    const text = diff.print()
    const frames = perVersion((version) => encodePush(version, this.name, 'presence_diff', text))
    for (const listener of this.listeners)
      if (listener.seesPresence) listener.write(frames(listener.version))
  }

  #tellPresence(members: readonly ToldMember[], gone: readonly number[]): void {
    const { node, tell } = this.#options
    tell(() => encodePresence({ node, isWhole: false, members, gone }))
  }

  #toHearers(except: Listener | null, encode: (version: Version) => Uint8Array | null): void {
    const frames = perVersion(encode)
    let sent = 0
    for (const listener of this.listeners) {
      if (listener === except || !listener.hearsBroadcasts) continue
      const frame = frames(listener.version)
      if (frame === null) continue
      listener.write(frame)
      sent++
    }
    this.#options.stats.broadcastsSent += sent
  }
}

function perVersion<T>(encode: (version: Version) => T): (version: Version) => T {
  const made = new Map<Version, T>()
  return (version) => {
    const known = made.get(version)
    if (known !== undefined) return known
    const frame = encode(version)
    made.set(version, frame)
    return frame
  }
}
