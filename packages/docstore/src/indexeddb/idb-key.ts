/** Values to keys and ranges, by the standard's own steps. https://w3c.github.io/IndexedDB/#convert-a-value-to-a-key */
import { types } from 'node:util'
import { bytesOf, decodeKey, encodeKey, isBinary, last, tags } from '#key'
import { domError } from './dom-error.ts'

/** The encoded key, or undefined where the value is none. What a getter throws goes on. */
export function convertKey(value: unknown, within: Set<unknown> = new Set()): string | undefined {
  // a proxy of an array is none
  if (types.isProxy(value)) return undefined
  if (!Array.isArray(value)) return isBinary(value) ? convertBinary(value) : encodeKey(value)
  if (within.has(value)) return undefined
  within.add(value)
  let out: string = tags.array
  const { length } = value
  for (let at = 0; at < length; at++) {
    if (!Object.hasOwn(value, at)) return undefined
    const part = convertKey(value[at], within)
    if (part === undefined) return undefined
    out += part
  }
  within.delete(value)
  return `${out}\0`
}

function convertBinary(value: ArrayBuffer | ArrayBufferView): string | undefined {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value
  if (Object.prototype.toString.call(buffer) !== '[object ArrayBuffer]') return undefined
  try {
    // a detached buffer has no bytes to view
    void new Uint8Array(buffer as ArrayBuffer)
    return encodeKey(bytesOf(value))
  } catch {
    return undefined
  }
}

export function requireIdbKey(value: unknown): string {
  const key = convertKey(value)
  if (key === undefined) throw domError('DataError')
  return key
}

/** Keys of a multi-entry index: elements that are keys, each once; a value that is no array is one. */
export function convertMultiEntry(value: unknown): string[] {
  if (!Array.isArray(value)) {
    const key = convertKey(value)
    return key === undefined ? [] : [key]
  }
  const keys = new Set<string>()
  for (let at = 0; at < value.length; at++) {
    const key = Object.hasOwn(value, at) ? convertKey(value[at], new Set([value])) : undefined
    if (key !== undefined) keys.add(key)
  }
  return [...keys]
}

/** Encoded bounds; undefined is none. */
export interface Bounds {
  lower: string | undefined
  upper: string | undefined
  lowerOpen: boolean
  upperOpen: boolean
}

export const everything: Bounds = {
  lower: undefined,
  upper: undefined,
  lowerOpen: false,
  upperOpen: false,
}

/** Engine range of the bounds behind a prefix; what follows a key in an index (a primary key) counts to the key. */
export function spanOf(prefix: string, bounds: Bounds): { gte: string; lt: string } {
  const { lower, upper, lowerOpen, upperOpen } = bounds
  return {
    gte: prefix + (lower === undefined ? '' : lowerOpen ? lower + last : lower),
    lt: prefix + (upper === undefined ? last : upperOpen ? upper : upper + last),
  }
}

export const isWithin = ({ lower, upper, lowerOpen, upperOpen }: Bounds, key: string): boolean =>
  (lower === undefined || (lowerOpen ? key > lower : key >= lower)) &&
  (upper === undefined || (upperOpen ? key < upper : key <= upper))

export { decodeKey }
