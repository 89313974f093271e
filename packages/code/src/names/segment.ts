/** A part of a repository's names, sorted by their bytes, each once, with the trigrams they have. Nothing in it changes. */
import { Postings } from './postings.ts'

export interface Segment {
  readonly count: number
  /** Of the names in UTF-8, one behind the other; name `i` begins at `offsets[i]`. */
  readonly bytes: Buffer
  readonly offsets: Uint32Array
  /** How many trigrams each name has. */
  readonly sizes: Uint16Array
  readonly minSize: number
  readonly maxSize: number
  /** Whether its names have more than ASCII; otherwise none has. */
  readonly isWide: boolean
  /** Trigrams in ascending order; those of `keys[i]` begin at `starts[i]`, and `counts[i]` names have it. */
  readonly keys: Uint32Array
  readonly starts: Uint32Array
  readonly counts: Uint32Array
  readonly postings: Uint32Array
}

export function sizeOf({ bytes, offsets, sizes, keys, starts, counts, postings }: Segment): number {
  return [bytes, offsets, sizes, keys, starts, counts, postings].reduce(
    (sum, { byteLength }) => sum + byteLength,
    0,
  )
}

/** Null where no name has it. */
export function postingsOf(segment: Segment, key: number): Postings | null {
  const { keys, starts, counts, postings } = segment
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as number) < key) low = middle + 1
    else high = middle
  }
  if (keys[low] !== key) return null
  return new Postings(
    postings,
    starts[low] as number,
    starts[low + 1] as number,
    counts[low] as number,
  )
}

export function nameAt({ bytes, offsets, isWide }: Segment, place: number): string {
  return bytes.toString(isWide ? 'utf8' : 'latin1', offsets[place], offsets[place + 1])
}

/** Below 0: the one name is before the other. */
export function compareNames(
  one: Segment,
  onePlace: number,
  other: Segment,
  otherPlace: number,
): number {
  const a = one.bytes
  const b = other.bytes
  let at = one.offsets[onePlace] as number
  let bt = other.offsets[otherPlace] as number
  const end = one.offsets[onePlace + 1] as number
  const until = other.offsets[otherPlace + 1] as number
  for (; at < end && bt < until; at++, bt++) {
    const difference = (a[at] as number) - (b[bt] as number)
    if (difference !== 0) return difference
  }
  return end - at - (until - bt)
}

/** The first name that is not before `key`; with `isPrefix`, the first one behind all that begin with it. */
export function findPlace(segment: Segment, key: Uint8Array, isPrefix = false): number {
  const { bytes, offsets, count } = segment
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    const order = compareToKey(
      bytes,
      offsets[middle] as number,
      offsets[middle + 1] as number,
      key,
      isPrefix,
    )
    if (order < 0) low = middle + 1
    else high = middle
  }
  return low
}

function compareToKey(
  bytes: Uint8Array,
  from: number,
  to: number,
  key: Uint8Array,
  isPrefix: boolean,
): number {
  const length = Math.min(to - from, key.length)
  for (let at = 0; at < length; at++) {
    const difference = (bytes[from + at] as number) - (key[at] as number)
    if (difference !== 0) return difference
  }
  if (to - from < key.length) return -1
  return isPrefix ? -1 : to - from - key.length
}
