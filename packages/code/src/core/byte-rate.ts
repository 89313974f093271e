/** How much each of many may bring: so many bytes at once, and as many again within a minute, a day, … */
import { BoundedCache } from './bounded-cache.ts'

const most = 10_000

interface Room {
  readonly bytes: number
  readonly atMs: number
}

export class ByteRate {
  readonly #bytes: number
  readonly #withinMs: number
  readonly #rooms: BoundedCache<Room>

  /** @param bytes more than the largest piece that comes */
  constructor(bytes: number, withinMs: number) {
    this.#bytes = bytes
    this.#withinMs = withinMs
    this.#rooms = new BoundedCache(most, withinMs)
  }

  /** How many milliseconds until there is room for them; 0: there is, and now it is theirs. */
  take(who: string, bytes: number, nowMs: number = Date.now()): number {
    const room = this.#roomOf(who, nowMs)
    if (room < bytes) return Math.ceil(((bytes - room) * this.#withinMs) / this.#bytes)
    this.#rooms.set(who, { bytes: room - bytes, atMs: nowMs })
    return 0
  }

  #roomOf(who: string, nowMs: number): number {
    const last = this.#rooms.get(who)
    if (last === undefined) return this.#bytes
    const again = (Math.max(0, nowMs - last.atMs) * this.#bytes) / this.#withinMs
    return Math.min(this.#bytes, last.bytes + again)
  }
}
