/**
 * Text without case, as bytes: what PostgreSQL finds equal when case is ignored, under whatever locale, is equal here, and now
 * and then more. ASCII is exact. Other letters with case are all the same byte, as their lower case depends on the locale.
 */

const other = 0xff
const kelvin = 0x212a
const dottedI = 0x130
const dotlessI = 0x131
const dotAbove = 0x307

/** The bytes of UTF-8, A to Z as a to z. */
export const lower = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
)

/** `out` has room for as many bytes as there are; answers how many it wrote. */
export function foldInto(bytes: Uint8Array, from: number, to: number, out: Uint8Array): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte >= 0x80) return foldWide(bytes, from, to, out)
    out[at - from] = lower[byte] as number
  }
  return to - from
}

function foldWide(bytes: Uint8Array, from: number, to: number, out: Uint8Array): number {
  let length = 0
  for (const character of Buffer.from(bytes.subarray(from, to)).toString()) {
    const point = character.codePointAt(0) as number
    if (point === dotAbove) continue
    if (point < 0x80) out[length++] = lower[point] as number
    else if (point === kelvin) out[length++] = 0x6b
    else if (point === dottedI || point === dotlessI) out[length++] = 0x69
    else if (hasNoCase(point)) {
      out[length++] = 0xe0 | (point >> 12)
      out[length++] = 0x80 | ((point >> 6) & 0x3f)
      out[length++] = 0x80 | (point & 0x3f)
    } else out[length++] = other
  }
  return length
}

/** Chinese, Japanese, Yi, Korean: no locale changes them. */
function hasNoCase(point: number): boolean {
  return (point >= 0x2e80 && point <= 0xa4cf) || (point >= 0xac00 && point <= 0xd7a3)
}

export function fold(text: string): Uint8Array {
  const bytes = Buffer.from(text)
  const out = new Uint8Array(bytes.length)
  return out.subarray(0, foldInto(bytes, 0, bytes.length, out))
}

export function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^[\0-\x7f]*$/.test(text)
}
