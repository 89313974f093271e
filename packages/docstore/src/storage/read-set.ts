/** What a transaction has read, as ranges of keys: a point is the range that holds only it, so phantoms are seen alike. */
import type { Range } from '#engine'
import { byCodeUnit } from '#engine'

export class ReadSet {
  #ranges: Range[] = []
  #keys: string[] = []
  #merged = true

  addKey(key: string): void {
    this.#keys.push(key)
    this.#merged = false
  }

  /** A scan widens its range as it goes on: what it did not reach is not read. The object may be changed until commit. */
  addRange(range: Range): void {
    this.#ranges.push(range)
    this.#merged = false
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0 && this.#keys.length === 0
  }

  has(key: string): boolean {
    if (!this.#merged) this.#merge()
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ranges[middle] as Range).lt <= key) low = middle + 1
      else high = middle
    }
    const found = this.#ranges[low]
    return found !== undefined && found.gte <= key
  }

  #merge(): void {
    const points = this.#keys.map((key) => ({ gte: key, lt: `${key}\0` }))
    const sorted = [...this.#ranges, ...points].sort((a, b) => byCodeUnit(a.gte, b.gte))
    const merged: Range[] = []
    for (const range of sorted) {
      const before = merged.at(-1)
      if (before !== undefined && range.gte <= before.lt) {
        if (range.lt > before.lt) before.lt = range.lt
      } else merged.push({ gte: range.gte, lt: range.lt })
    }
    this.#ranges = merged
    this.#keys = []
    this.#merged = true
  }
}
