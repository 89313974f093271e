/**
 * Columns as arrays of Postgres hold them, each value behind its length: what a thread has written goes through another one
 * into the database as it is.
 */

const isNull = -1
const lengthBytes = 4

export function textColumn(values: readonly (string | null)[]): Uint8Array<ArrayBuffer> {
  let most = 0
  for (const value of values) most += lengthBytes + (value === null ? 0 : mostBytesOf(value))
  // with memory of its own, which can be handed over
  const bytes = Buffer.from(new ArrayBuffer(most))
  let end = 0
  for (const value of values) {
    const length = value === null ? isNull : writeText(bytes, value, end + lengthBytes)
    bytes.writeInt32BE(length, end)
    end += lengthBytes + Math.max(0, length)
  }
  return bytes.subarray(0, end)
}

/** Below it, a loop is faster than a call of what writes any text. */
const shortLength = 48
/** Of UTF-8, for one of UTF-16. */
const mostBytes = 3

function mostBytesOf(text: string): number {
  return text.length > shortLength ? Buffer.byteLength(text) : text.length * mostBytes
}

function writeText(bytes: Buffer, text: string, start: number): number {
  if (text.length > shortLength) return bytes.write(text, start)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return bytes.write(text, start)
    bytes[start + at] = code
  }
  return text.length
}

export function intColumn(values: readonly (number | null)[]): Uint8Array<ArrayBuffer> {
  const bytes = new DataView(new ArrayBuffer(values.length * 8))
  let end = 0
  for (const value of values) {
    bytes.setInt32(end, value === null ? isNull : 4)
    end += 4
    if (value === null) continue
    bytes.setInt32(end, value)
    end += 4
  }
  return new Uint8Array(bytes.buffer, 0, end)
}
