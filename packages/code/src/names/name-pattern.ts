/** What a name has to be like: which trigrams it must have, between which names it must be, and a test. */
import { fold, foldInto, isAscii } from './fold.ts'
import { findPlace } from './segment.ts'
import type { Segment } from './segment.ts'
import { trigramsOf } from './trigrams.ts'

export interface NamePattern {
  /** Trigrams that each name has. */
  readonly keys: ReadonlySet<number>
  /** With what each name begins, in UTF-8. */
  readonly prefix: Uint8Array
  /** Which names fit for certain; of the others more may fit here than in PostgreSQL. */
  readonly certain: 'all' | 'ascii' | 'none'
  test(segment: Segment, place: number): boolean
}

const nothing = new Uint8Array(0)

/** `get` fits `getUser`, `get` */
export function prefixPattern(pattern: string): NamePattern {
  return {
    keys: new Set(),
    prefix: Buffer.from(pattern),
    certain: 'all',
    test: () => true,
  }
}

/** `USER` fits `getUser` */
export function substringPattern(pattern: string): NamePattern {
  const piece = fold(pattern)
  let folded = new Uint8Array(1_024)
  return {
    keys: trigramsOf(piece, false, false),
    prefix: nothing,
    certain: isAscii(pattern) ? 'ascii' : 'none',
    test: ({ bytes, offsets }, place) => {
      const from = offsets[place] as number
      const to = offsets[place + 1] as number
      if (to - from > folded.length) folded = new Uint8Array(to - from)
      return includes(folded, foldInto(bytes, from, to, folded), piece)
    },
  }
}

function includes(bytes: Uint8Array, length: number, piece: Uint8Array): boolean {
  const first = piece[0]
  const last = length - piece.length
  for (let at = 0; at <= last; at++) {
    if (bytes[at] !== first) continue
    let same = 1
    while (same < piece.length && bytes[at + same] === piece[same]) same++
    if (same >= piece.length) return true
  }
  return piece.length === 0
}

const anyText = -1
const anyCharacter = -2

/** `get*By?` fits `getUserById` not, `getUserByX` */
export function globPattern(pattern: string): NamePattern {
  const pieces = pattern.split(/([*?]+)/)
  const keys = new Set<number>()
  // every other one is wildcards
  for (let index = 0; index < pieces.length; index += 2) {
    const piece = fold(pieces[index] as string)
    const closes = index === pieces.length - 1
    for (const key of trigramsOf(piece, index === 0, closes)) keys.add(key)
  }
  const tokens = tokensOf(pattern)
  return {
    keys,
    prefix: Buffer.from(pieces[0] as string),
    certain: 'all',
    test: ({ bytes, offsets }, place) =>
      fits(tokens, bytes, offsets[place] as number, offsets[place + 1] as number),
  }
}

function tokensOf(pattern: string): Int16Array {
  const bytes = Int16Array.from(Buffer.from(pattern))
  return bytes.map((byte) => (byte === 0x2a ? anyText : byte === 0x3f ? anyCharacter : byte))
}

/** Back to the last `*` whenever it goes on differently: never more than pattern times name. */
function fits(tokens: Int16Array, bytes: Uint8Array, from: number, to: number): boolean {
  let token = 0
  let at = from
  let star = -1
  let starAt = from
  while (at < to) {
    const wanted = tokens[token]
    if (wanted === anyText) {
      star = token++
      starAt = at
    } else if (wanted === anyCharacter) {
      token++
      at = behindCharacter(bytes, at)
    } else if (wanted === bytes[at]) {
      token++
      at++
    } else if (star >= 0) {
      token = star + 1
      starAt = behindCharacter(bytes, starAt)
      at = starAt
    } else return false
  }
  while (tokens[token] === anyText) token++
  return token === tokens.length
}

function behindCharacter(bytes: Uint8Array, at: number): number {
  let next = at + 1
  while (((bytes[next] as number) & 0xc0) === 0x80) next++
  return next
}

/** The places that begin with the prefix. */
export function rangeOf(segment: Segment, prefix: Uint8Array): readonly [number, number] {
  if (prefix.length === 0) return [0, segment.count]
  return [findPlace(segment, prefix), findPlace(segment, prefix, true)]
}
