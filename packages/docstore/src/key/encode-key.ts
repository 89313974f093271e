/**
 * Typed values as strings that sort as the values do. The order is IndexedDB's (https://w3c.github.io/IndexedDB/#key-construct):
 * numbers < dates < strings < binary < arrays; documents add absent < null < false < true in front.
 *
 * The strings hold no surrogates, so they sort alike in JavaScript (by code unit) and in an engine (by byte of UTF-8).
 * Each encoded value ends itself: values are joined by putting them behind one another, and no value is the beginning of another.
 */
import { failure, show } from '#kernel'

/** What IndexedDB takes for a key. */
export type Key = number | string | Date | Uint8Array | ArrayBuffer | ArrayBufferView | Key[]

export const tags = {
  absent: '\x10',
  null: '\x11',
  false: '\x12',
  true: '\x13',
  number: '\x20',
  date: '\x30',
  string: '\x40',
  binary: '\x50',
  array: '\x60',
  // objects and whatever else has no order: found by a prefix, told apart by filters
  other: '\x70',
} as const

/** Sorts behind every encoded value that begins like it: the end of a prefix. */
export const last = '\uffff'
const end = '\0'

const view = new DataView(new ArrayBuffer(8))

/** 64 bits as ten characters of 7 bits: ASCII, so one byte each in the engine. −0 is 0, as in IndexedDB. */
function encodeDouble(value: number): string {
  view.setFloat64(0, value === 0 ? 0 : value)
  let high = view.getUint32(0)
  let low = view.getUint32(4)
  if (high & 0x80000000) {
    high = ~high >>> 0
    low = ~low >>> 0
  } else high = (high | 0x80000000) >>> 0
  return String.fromCharCode(
    high >>> 25,
    (high >>> 18) & 127,
    (high >>> 11) & 127,
    (high >>> 4) & 127,
    ((high & 15) << 3) | (low >>> 29),
    (low >>> 22) & 127,
    (low >>> 15) & 127,
    (low >>> 8) & 127,
    (low >>> 1) & 127,
    (low & 1) << 6,
  )
}

// oxlint-disable-next-line no-control-regex
const special = /[\0\x01\ud7ff-\udfff]/

/** The end is \0, so \0 and \x01 are written behind \x01; surrogates behind U+D7FF, which sorts right below them. */
function encodeText(text: string): string {
  if (!special.test(text)) return text + end
  let out = ''
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 2) out += `\x01${String.fromCharCode(unit + 1)}`
    else if (unit === 0xd7ff) out += '\ud7ff\x01'
    else if (unit >= 0xd800 && unit < 0xe000)
      out += `\ud7ff${String.fromCharCode(unit - 0xd800 + 2)}`
    else out += text.charAt(at)
  }
  return out + end
}

function encodeBytes(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) out += String.fromCharCode(byte + 1)
  return out + end
}

export function isBinary(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return (
    ArrayBuffer.isView(value) || Object.prototype.toString.call(value) === '[object ArrayBuffer]'
  )
}

export function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value)
}

/** The string of an IndexedDB key, or undefined where the value is none: NaN, invalid dates, objects, cycles, holes. */
export function encodeKey(value: unknown, within?: Set<unknown>): string | undefined {
  if (typeof value === 'string') return tags.string + encodeText(value)
  if (typeof value === 'number')
    return Number.isNaN(value) ? undefined : tags.number + encodeDouble(value)
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return encodeArray(value, within ?? new Set())
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? undefined : tags.date + encodeDouble(value.getTime())
  return isBinary(value) ? tags.binary + encodeBytes(bytesOf(value)) : undefined
}

function encodeArray(values: readonly unknown[], within: Set<unknown>): string | undefined {
  if (within.has(values)) return undefined
  within.add(values)
  let out: string = tags.array
  for (let at = 0; at < values.length; at++) {
    const part = encodeKey(values[at], within)
    if (part === undefined) return undefined
    out += part
  }
  within.delete(values)
  return out + end
}

/** As `encodeKey`, for a caller's own key: throws `invalid_key`. `where` is for the message. */
export function requireKey(value: unknown, where: string): string {
  const encoded = encodeKey(value)
  if (encoded === undefined) throw failure('invalid_key', { where, got: show(value) })
  return encoded
}

/** Any value of a document in the order of an index: everything has a place, what cannot be a key stands last. */
export function encodeIndexed(value: unknown): string {
  if (value === undefined) return tags.absent
  if (value === null) return tags.null
  if (value === true) return tags.true
  if (value === false) return tags.false
  return encodeKey(value) ?? tags.other
}
