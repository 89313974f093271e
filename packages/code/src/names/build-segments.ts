/**
 * Names → segments. Names of about as many trigrams are together, as how alike two names can be depends on it; those of more than
 * ASCII have a segment of their own, as PostgreSQL alone knows their trigrams.
 */
import { foldInto } from './fold.ts'
import { wordsOf } from './postings.ts'
import { sizeOf } from './segment.ts'
import type { Segment } from './segment.ts'
import { trigramCount, trigramsInto } from './trigrams.ts'

/** Fewer names are one segment. */
const splitCount = 20_000
/** The most trigrams of the names of each segment. */
const bounds = [6, 9, 12, 15, 18, 21, 25, 32, Infinity]

interface Group {
  readonly most: number
  readonly places: number[]
}

export class NamesTooLarge extends Error {
  override readonly name = 'NamesTooLarge'
}

/** Takes names in ascending order of their bytes. */
export class SegmentBuilder {
  readonly #maxBytes: number
  #bytes = Buffer.alloc(65_536)
  #offsets = new Uint32Array(4_096)
  #sizes = new Uint16Array(4_096)
  #count = 0
  #folded = new Uint8Array(1_024)
  #keys = new Uint32Array(4_100)
  /** By trigram: the name that had it last, and one more; so that each counts once. */
  readonly #seen = new Uint32Array(trigramCount)
  readonly #counts = new Uint32Array(trigramCount)

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Each later than all before. @throws NamesTooLarge */
  add(names: readonly string[]): void {
    for (const name of names) {
      const from = this.#offsets[this.#count] as number
      if (this.#count + 2 > this.#offsets.length) this.#grow()
      if (from + name.length * 3 > this.#bytes.length)
        this.#bytes = Buffer.concat([
          this.#bytes,
          Buffer.alloc(this.#bytes.length + name.length * 3),
        ])
      const to = from + this.#bytes.write(name, from)
      this.#offsets[this.#count + 1] = to
      this.#sizes[this.#count] = this.#readKeys(this.#bytes, from, to, this.#count)
      this.#count++
    }
    const end = this.#offsets[this.#count] as number
    if (end + this.#count * 6 > this.#maxBytes) throw new NamesTooLarge()
  }

  #grow(): void {
    const offsets = new Uint32Array(this.#offsets.length * 2)
    offsets.set(this.#offsets)
    this.#offsets = offsets
    const sizes = new Uint16Array(this.#sizes.length * 2)
    sizes.set(this.#sizes)
    this.#sizes = sizes
  }

  /** Its trigrams, each once, to the beginning of `#keys`; answers how many. */
  #readKeys(bytes: Uint8Array, from: number, to: number, mark: number): number {
    if (to - from > this.#folded.length) {
      this.#folded = new Uint8Array(to - from)
      this.#keys = new Uint32Array((to - from) * 4 + 4)
    }
    const folded = this.#folded
    const length = foldInto(bytes, from, to, folded)
    let count = trigramsInto(folded, length, true, true, this.#keys)
    // whether words end at what is not ASCII is told by the locale: both
    if (splitWords(folded, length))
      count += trigramsInto(folded, length, true, true, this.#keys.subarray(count))
    let distinct = 0
    for (let at = 0; at < count; at++) {
      const key = this.#keys[at] as number
      if (this.#seen[key] === mark + 1) continue
      this.#seen[key] = mark + 1
      this.#keys[distinct++] = key
    }
    return distinct
  }

  /** @throws NamesTooLarge */
  finish(): Segment[] {
    const groups = (this.#count < splitCount ? [Infinity] : bounds).map((most): Group => ({
      most,
      places: [],
    }))
    const wide: number[] = []
    for (let place = 0; place < this.#count; place++) {
      const size = this.#sizes[place] as number
      if (this.#isWide(place)) wide.push(place)
      else groups.find(({ most }) => size <= most)?.places.push(place)
    }
    const segments: Segment[] = []
    let left = this.#maxBytes
    for (const places of [...groups.map((group) => group.places), wide]) {
      if (places.length === 0) continue
      const segment = this.#buildSegment(places, places === wide, left)
      left -= sizeOf(segment)
      segments.push(segment)
    }
    if (left < 0) throw new NamesTooLarge()
    return segments
  }

  #isWide(place: number): boolean {
    const end = this.#offsets[place + 1] as number
    for (let at = this.#offsets[place] as number; at < end; at++)
      if ((this.#bytes[at] as number) >= 0x80) return true
    return false
  }

  #buildSegment(places: readonly number[], isWide: boolean, maxBytes: number): Segment {
    const names = this.#copyNames(places)
    const lists = this.#countKeys(names)
    const total = lists.starts.at(-1) as number
    if (total * 4 + names.bytes.length > maxBytes) throw new NamesTooLarge()
    const postings = this.#fill(names, lists, total)
    return { ...names, isWide, ...lists, postings }
  }

  #copyNames(places: readonly number[]) {
    const offsets = new Uint32Array(places.length + 1)
    const sizes = new Uint16Array(places.length)
    let end = 0
    for (const [index, place] of places.entries()) {
      end += (this.#offsets[place + 1] as number) - (this.#offsets[place] as number)
      offsets[index + 1] = end
      sizes[index] = this.#sizes[place] as number
    }
    const bytes = Buffer.alloc(end)
    for (const [index, place] of places.entries())
      bytes.set(
        this.#bytes.subarray(this.#offsets[place], this.#offsets[place + 1]),
        offsets[index],
      )
    const range = { minSize: 0xffff, maxSize: 0 }
    for (const size of sizes) {
      range.minSize = Math.min(range.minSize, size)
      range.maxSize = Math.max(range.maxSize, size)
    }
    return { count: places.length, bytes, offsets, sizes, ...range }
  }

  #eachName(
    { count, bytes, offsets }: Pick<Segment, 'count' | 'bytes' | 'offsets'>,
    visit: (place: number, distinct: number) => void,
  ): void {
    this.#seen.fill(0)
    for (let place = 0; place < count; place++)
      visit(
        place,
        this.#readKeys(bytes, offsets[place] as number, offsets[place + 1] as number, place),
      )
  }

  #countKeys(names: Pick<Segment, 'count' | 'bytes' | 'offsets'>) {
    this.#counts.fill(0)
    this.#eachName(names, (_, distinct) => {
      for (let at = 0; at < distinct; at++) {
        const key = this.#keys[at] as number
        this.#counts[key] = (this.#counts[key] as number) + 1
      }
    })
    const found: number[] = []
    for (const [key, count] of this.#counts.entries()) if (count > 0) found.push(key)
    const keys = Uint32Array.from(found)
    const counts = keys.map((key) => this.#counts[key] as number)
    const starts = new Uint32Array(keys.length + 1)
    const dense = wordsOf(names.count)
    for (const [index, count] of counts.entries())
      starts[index + 1] = (starts[index] as number) + Math.min(count, dense)
    return { keys, counts, starts }
  }

  #fill(
    names: Pick<Segment, 'count' | 'bytes' | 'offsets'>,
    { keys, counts, starts }: Pick<Segment, 'keys' | 'counts' | 'starts'>,
    total: number,
  ): Uint32Array {
    const postings = new Uint32Array(total)
    const dense = wordsOf(names.count)
    // by trigram, in the place of its count: where the next one goes, or where its bits begin
    const ends = this.#counts
    const bits = new Uint8Array(trigramCount)
    for (const [index, key] of keys.entries()) {
      ends[key] = starts[index] as number
      bits[key] = (counts[index] as number) > dense ? 1 : 0
    }
    this.#eachName(names, (place, distinct) => {
      for (let at = 0; at < distinct; at++) {
        const key = this.#keys[at] as number
        const start = ends[key] as number
        if (bits[key] === 1) {
          const word = start + (place >>> 5)
          postings[word] = (postings[word] as number) | (1 << (place & 31))
        } else {
          postings[start] = place
          ends[key] = start + 1
        }
      }
    })
    return postings
  }
}

function splitWords(folded: Uint8Array, length: number): boolean {
  let isWide = false
  for (let at = 0; at < length; at++)
    if ((folded[at] as number) >= 0x80) {
      folded[at] = 0x20
      isWide = true
    }
  return isWide
}
