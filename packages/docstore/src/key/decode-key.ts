/** The way back from `encodeKey`: strings of the engine to values. */
import { tags, type Key } from './encode-key.ts'

const view = new DataView(new ArrayBuffer(8))

function decodeDouble(text: string, at: number): number {
  const c = (offset: number): number => text.charCodeAt(at + offset)
  let high = ((c(0) << 25) | (c(1) << 18) | (c(2) << 11) | (c(3) << 4) | (c(4) >>> 3)) >>> 0
  let low =
    (((c(4) & 7) << 29) |
      (c(5) << 22) |
      (c(6) << 15) |
      (c(7) << 8) |
      (c(8) << 1) |
      (c(9) >>> 6)) >>>
    0
  if (high & 0x80000000) high = (high & 0x7fffffff) >>> 0
  else {
    high = ~high >>> 0
    low = ~low >>> 0
  }
  view.setUint32(0, high)
  view.setUint32(4, low)
  return view.getFloat64(0)
}

// oxlint-disable-next-line no-control-regex
const escaped = /[\x01\ud7ff]/
// oxlint-disable-next-line no-control-regex
const escapes = /[\x01\ud7ff]([^])/g

function decodeText(text: string): string {
  if (!escaped.test(text)) return text
  return text.replace(escapes, (pair, next: string) => {
    const code = next.charCodeAt(0)
    if (pair.startsWith('\x01')) return String.fromCharCode(code - 1)
    return code === 1 ? '\ud7ff' : String.fromCharCode(code - 2 + 0xd800)
  })
}

function decodeBytes(text: string): ArrayBuffer {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at) - 1
  return bytes.buffer
}

/** Reads the value that begins at `at`; gives it and where the next begins. */
function decodeAt(text: string, at: number): [value: unknown, next: number] {
  const tag = text.charAt(at)
  switch (tag) {
    case tags.number:
      return [decodeDouble(text, at + 1), at + 11]
    case tags.date:
      return [new Date(decodeDouble(text, at + 1)), at + 11]
    case tags.string:
    case tags.binary: {
      const stop = text.indexOf('\0', at + 1)
      const body = text.slice(at + 1, stop)
      return [tag === tags.string ? decodeText(body) : decodeBytes(body), stop + 1]
    }
    case tags.array:
      return decodeArray(text, at + 1)
    case tags.null:
      return [null, at + 1]
    case tags.true:
      return [true, at + 1]
    case tags.false:
      return [false, at + 1]
    default:
      return [undefined, at + 1]
  }
}

function decodeArray(text: string, from: number): [unknown[], number] {
  const values: unknown[] = []
  let at = from
  while (text.charAt(at) !== '\0') {
    const [value, next] = decodeAt(text, at)
    // not by push: a setter on Array.prototype must not see keys
    Object.defineProperty(values, values.length, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    })
    at = next
  }
  return [values, at + 1]
}

/** `decodeKey(encodeKey(v))` → v; binary comes back as an ArrayBuffer. */
export function decodeKey(text: string, at = 0): Key {
  return decodeAt(text, at)[0] as Key
}

/** Where the value that begins at `at` ends: what splits joined values. */
export function keyEnd(text: string, at: number): number {
  return decodeAt(text, at)[1]
}

/** The values of an index entry, `count` of them. */
export function decodeKeys(text: string, count: number): unknown[] {
  const values: unknown[] = []
  let at = 0
  for (let n = 0; n < count; n++) {
    const [value, next] = decodeAt(text, at)
    values.push(value)
    at = next
  }
  return values
}
