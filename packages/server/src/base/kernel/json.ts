/** JSON as a type. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** True for `{…}`, false for arrays and null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Far below what overflows a stack (JSON.stringify's, Postgres'), far above what anybody writes. */
const maxDepth = 500
/**
 * Of values, a member of an object counting as ten elements of a list: V8 makes a hidden class for each new sequence of names.
 * The worst JSON within takes 20 ms to parse; 1 MB of `{"a1":1},{"a2":1}` takes 330, and of `[` 100.
 */
const maxWeight = 200_000
const memberWeight = 10

/** JSON that takes too long to parse; the message says why. */
export class TooMuchJson extends SyntaxError {
  override readonly name = 'TooMuchJson'
}

/**
 * JSON that strangers send, which must not keep others waiting: at most 500 deep, and 20,000 members or 200,000 elements.
 * @throws SyntaxError; `TooMuchJson` beyond that.
 */
export function parseJson(text: string): unknown {
  const reason = whyTooMuch(text)
  if (reason !== null) throw new TooMuchJson(reason)
  return JSON.parse(text) as unknown
}

/** Found without parsing, in 1 ms a megabyte. */
function whyTooMuch(text: string): string | null {
  let depth = 0
  let weight = 0
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (isQuoted) {
      if (code === 0x5c) i++
      else if (code === 0x22) isQuoted = false
    } else if (code === 0x22) isQuoted = true
    else if (code === 0x2c) weight++
    else if (code === 0x3a) weight += memberWeight - 1
    else if (code === 0x5b || code === 0x7b) {
      weight++
      if (++depth > maxDepth) return `it is nested more than ${maxDepth} deep`
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  if (weight <= maxWeight) return null
  return `it has too many values: at most ${maxWeight / memberWeight} members of objects, or ${maxWeight} elements of lists`
}
