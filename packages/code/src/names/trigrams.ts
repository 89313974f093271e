/**
 * Trigrams as pg_trgm takes them: of each word (letters and digits) in lower case, with two blanks before it and one behind.
 * A trigram is a number below 2^18: a blank is 0, then a to z, 0 to 9, and 27 classes of bytes beyond ASCII.
 */

export const trigramCount = 1 << 18
const classOf = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x61 && byte <= 0x7a) return byte - 0x60
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30 + 27
  return byte >= 0x80 ? 37 + (byte % 27) : 0
})

/**
 * Of a folded piece of a name, some of them more than once, into `out`; answers how many. `opens`, `closes`: the name begins or
 * ends there; otherwise words go on beyond the piece, and only what is certain is told. `out` has room for two a byte and two.
 */
export function trigramsInto(
  folded: Uint8Array,
  length: number,
  opens: boolean,
  closes: boolean,
  out: Uint32Array,
): number {
  let count = 0
  let first = 0
  let second = 0
  // what is missing of a word whose beginning is known
  let known = opens ? 2 : 0
  for (let at = 0; at < length; at++) {
    const third = classOf[folded[at] as number] as number
    if (third === 0) {
      if (second !== 0 && known >= 2) out[count++] = (first << 12) | (second << 6)
      first = 0
      second = 0
      known = 2
      continue
    }
    if (known >= 2) out[count++] = (first << 12) | (second << 6) | third
    else known++
    first = second
    second = third
  }
  if (closes && second !== 0 && known >= 2) out[count++] = (first << 12) | (second << 6)
  return count
}

export function trigramsOf(folded: Uint8Array, opens: boolean, closes: boolean): Set<number> {
  const out = new Uint32Array(folded.length * 2 + 2)
  return new Set(out.subarray(0, trigramsInto(folded, folded.length, opens, closes, out)))
}
