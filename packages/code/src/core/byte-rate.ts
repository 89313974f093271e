/** How much each of many may bring: so many bytes at once, and as many again within a minute. */
import { BoundedCache } from './bounded-cache.ts'

const minuteMs = 60_000
const most = 10_000

interface Room {
  readonly bytes: number
  readonly atMs: number
}

export class ByteRate {
  readonly #bytes: number
  readonly #rooms = new BoundedCache<Room>(most, minuteMs)

  /** @param bytes more than the largest piece that comes */
  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /** How many milliseconds until there is room for them; 0: there is, and now it is theirs. */
  take(who: string, bytes: number, nowMs: number = Date.now()): number {
    const room = this.#roomOf(who, nowMs)
    if (room < bytes) return Math.ceil(((bytes - room) * minuteMs) / this.#bytes)
    this.#rooms.set(who, { bytes: room - bytes, atMs: nowMs })
    return 0
  }

  #roomOf(who: string, nowMs: number): number {
    const last = this.#rooms.get(who)
    if (last === undefined) return this.#bytes
    const again = (Math.max(0, nowMs - last.atMs) * this.#bytes) / minuteMs
    return Math.min(this.#bytes, last.bytes + again)
  }
}
