/** Bytes of JSON text: what they are, and the name that a key spells. */
export const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
export const quote = 0x22
export const backslash = 0x5c
/** `"\\/bfnrt` */
export const escapable = new Set([0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74])
export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

export function isHex(byte: number): boolean {
  const lower = byte | 0x20
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66)
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export function nameOf(raw: Uint8Array): string {
  const text = decoder.decode(raw)
  return raw.includes(backslash) ? (JSON.parse(`"${text}"`) as string) : text
}
