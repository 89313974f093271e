/** bytea's text form: `\x68656c6c6f` → the bytes of `hello`. */

export function decodeBytea(text: Uint8Array): Uint8Array {
  if (text[0] !== 0x5c || text[1] !== 0x78) return text
  const bytes = new Uint8Array((text.length - 2) / 2)
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = digit(text[2 + at * 2]) * 16 + digit(text[3 + at * 2])
  }
  return bytes
}

function digit(code = 0): number {
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57
}
