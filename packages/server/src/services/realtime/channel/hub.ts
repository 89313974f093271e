/** The channels of a project by topic, public and private ones apart; a message is encoded once for each protocol version. */
import type { Random } from '#base/kernel'
import type { Version } from '#services/realtime/wire'
import { encodeBinaryBroadcast, encodePush } from '#services/realtime/wire'
import type { BinaryBroadcast } from '#services/realtime/wire'
import { Presence } from './presence.ts'

/** A channel as those see it who send to all of a topic. */
export interface Listener {
  readonly version: Version
  readonly hearsBroadcasts: boolean
  readonly seesPresence: boolean
  write(frame: Uint8Array): void
}

export class Topic {
  readonly listeners = new Set<Listener>()
  readonly presence: Presence<Listener>
  /** With the prefix clients know: `realtime:room`. */
  readonly name: string

  constructor(name: string, random: Random) {
    this.name = name
    this.presence = new Presence(random)
  }

  /** A payload as JSON text to everybody but `except`. */
  broadcastText(payload: string, except: Listener | null): void {
    this.#toHearers(except, (version) => encodePush(version, this.name, 'broadcast', payload))
  }

  broadcastBinary(broadcast: BinaryBroadcast, except: Listener | null): void {
    this.#toHearers(except, (version) => encodeBinaryBroadcast(version, this.name, broadcast))
  }

  /** `diff` as `Presence` makes it; null changes nothing. */
  showDiff(diff: string | null): void {
    if (diff === null) return
    const frames = perVersion((version) => encodePush(version, this.name, 'presence_diff', diff))
    for (const listener of this.listeners)
      if (listener.seesPresence) listener.write(frames(listener.version))
  }

  #toHearers(except: Listener | null, encode: (version: Version) => Uint8Array | null): void {
    const frames = perVersion(encode)
    for (const listener of this.listeners) {
      if (listener === except || !listener.hearsBroadcasts) continue
      const frame = frames(listener.version)
      if (frame !== null) listener.write(frame)
    }
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

export class Hub {
  readonly #random: Random
  readonly #topics = new Map<string, Topic>()

  constructor(random: Random) {
    this.#random = random
  }

  /** Undefined when nobody listens. `topic` without the prefix. */
  find(topic: string, isPrivate: boolean): Topic | undefined {
    return this.#topics.get(keyOf(topic, isPrivate))
  }

  join(topic: string, isPrivate: boolean, listener: Listener): Topic {
    const key = keyOf(topic, isPrivate)
    const joined = this.#topics.get(key) ?? new Topic(`realtime:${topic}`, this.#random)
    this.#topics.set(key, joined)
    joined.listeners.add(listener)
    return joined
  }

  leave(topic: string, isPrivate: boolean, listener: Listener): void {
    const key = keyOf(topic, isPrivate)
    const left = this.#topics.get(key)
    left?.listeners.delete(listener)
    if (left?.listeners.size === 0) this.#topics.delete(key)
  }
}

/** The privacy comes first: no name of a public topic is that of a private one. */
function keyOf(topic: string, isPrivate: boolean): string {
  return (isPrivate ? '+' : '-') + topic
}
