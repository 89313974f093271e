/** How often a key was used in the last minute, to the second. */

/** One more than a minute has: whoever looks back 60 s never finds more than was allowed. */
const seconds = 61

export class RateWindow {
  readonly #counts = new Uint32Array(seconds)
  #now = 0
  #total = 0

  /** Counts one more, if that leaves no more than `limit`. */
  take(limit: number, nowMs: number): boolean {
    this.#advance(nowMs)
    if (this.#total >= limit) return false
    this.#count(this.#now, 1)
    return true
  }

  /** What others counted in that second; long ago it is of no use. */
  add(second: number, count: number, nowMs: number): void {
    this.#advance(nowMs)
    if (second > this.#now - seconds && second <= this.#now) this.#count(second, count)
  }

  total(nowMs: number): number {
    this.#advance(nowMs)
    return this.#total
  }

  /** Seconds since the epoch when the oldest that is counted is so no more; now, when there is none. */
  resetAt(nowMs: number): number {
    this.#advance(nowMs)
    if (this.#total === 0) return this.#now
    for (let second = this.#now - seconds + 1; second <= this.#now; second++)
      if ((this.#counts[second % seconds] as number) > 0) return second + seconds
    return this.#now
  }

  #count(second: number, count: number): void {
    this.#counts[second % seconds] = (this.#counts[second % seconds] as number) + count
    this.#total += count
  }

  #advance(nowMs: number): void {
    const now = Math.floor(nowMs / 1000)
    // a clock that was put back starts anew when it is far off
    if (now <= this.#now && this.#now - now < seconds) return
    if (now - this.#now >= seconds || now < this.#now) {
      this.#counts.fill(0)
      this.#total = 0
    } else {
      for (let second = this.#now + 1; second <= now; second++) {
        this.#total -= this.#counts[second % seconds] as number
        this.#counts[second % seconds] = 0
      }
    }
    this.#now = now
  }
}
