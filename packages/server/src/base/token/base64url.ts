/** Strict base64url: the alphabet of RFC 4648 section 5, no padding, no stray bits, nothing skipped. */

const alphabet = /^[A-Za-z0-9_-]*$/
/** Last characters that carry no stray bits, by length modulo 4: one byte left over, two bytes left over. */
const lastOfTwo = /[AQgw]$/
const lastOfThree = /[AEIMQUYcgkosw048]$/

/** `encodeBase64Url(new TextEncoder().encode('{}'))` → `'e30'` */
export function encodeBase64Url(bytes: Uint8Array | string): string {
  return Buffer.from(bytes as string).toString('base64url')
}

/** The bytes, or null when the text is not the one canonical spelling of them. Node's own decoder skips what it does not know. */
export function decodeBase64Url(text: string): Uint8Array | null {
  if (!alphabet.test(text)) return null
  const rest = text.length % 4
  if (rest === 1) return null
  if (rest === 2 && !lastOfTwo.test(text)) return null
  if (rest === 3 && !lastOfThree.test(text)) return null
  return Buffer.from(text, 'base64url')
}
