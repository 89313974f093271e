/** Which names have a trigram: ascending places in the list of names, or where these are many, a bit for each name. */

/** Behind the last one: a small integer, as places are, which numbers beyond all of them would not be. */
export const end = 0x7fff_ffff

export class Postings {
  readonly count: number
  /** Whether it is bits: asked for one place they answer four times as fast as a list. */
  readonly isDense: boolean
  readonly #words: Uint32Array
  /** Where its part of the words begins. */
  readonly start: number
  readonly #end: number
  /** Of a list: where the last question was answered. */
  #at: number

  /** `start`, `end`: its part of `words`; one of bits has fewer words than `count`. */
  constructor(words: Uint32Array, start: number, end: number, count: number) {
    this.count = count
    this.#words = words
    this.start = start
    this.#end = end
    this.isDense = end - start < count
    this.#at = start
  }

  rewind(): void {
    this.#at = this.start
  }

  /** In ascending order since the last `rewind`. */
  has(place: number): boolean {
    if (this.isDense)
      return (((this.#words[this.start + (place >>> 5)] as number) >>> (place & 31)) & 1) === 1
    return this.next(place) === place
  }

  /** The first one that is not before; `end` behind the last. In ascending order since the last `rewind`. */
  next(place: number): number {
    return this.isDense ? this.#nextBit(place) : this.#nextOfList(place)
  }

  /** Those from `place` on, as many as there is room for: a view of a list, of bits in `room`. */
  read(place: number, room: Uint32Array): Uint32Array {
    if (this.isDense) return room.subarray(0, this.#readBits(place, room))
    if (this.#nextOfList(place) === end) return room.subarray(0, 0)
    return this.#words.subarray(this.#at, Math.min(this.#at + room.length, this.#end))
  }

  #readBits(place: number, room: Uint32Array): number {
    let count = 0
    let index = this.start + (place >>> 5)
    let mask = -1 << (place & 31)
    for (; index < this.#end && count < room.length; index++, mask = -1) {
      const first = (index - this.start) << 5
      for (let word = (this.#words[index] as number) & mask; word !== 0; word &= word - 1) {
        if (count === room.length) break
        room[count++] = first + 31 - Math.clz32(word & -word)
      }
    }
    return count
  }

  #nextBit(place: number): number {
    const words = this.#words
    let index = this.start + (place >>> 5)
    if (index >= this.#end) return end
    let word = ((words[index] as number) >>> (place & 31)) << (place & 31)
    while (word === 0) {
      if (++index >= this.#end) return end
      word = words[index] as number
    }
    return ((index - this.start) << 5) + 31 - Math.clz32(word & -word)
  }

  #nextOfList(place: number): number {
    const words = this.#words
    const until = this.#end
    let low = this.#at
    if (low >= until) return end
    if ((words[low] as number) < place) {
      let step = 1
      while (low + step < until && (words[low + step] as number) < place) {
        low += step
        step <<= 1
      }
      let high = Math.min(low + step, until)
      while (low + 1 < high) {
        const middle = (low + high) >>> 1
        if ((words[middle] as number) < place) low = middle
        else high = middle
      }
      low = high
    }
    this.#at = low
    return low < until ? (words[low] as number) : end
  }
}

/** As many words as a set of bits takes. */
export function wordsOf(names: number): number {
  return (names + 31) >>> 5
}
