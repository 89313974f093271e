/** DER (ITU-T X.690), as far as a certificate needs it. */

export function sequence(...items: readonly Uint8Array[]): Buffer {
  return element(0x30, Buffer.concat(items))
}

export function set(...items: readonly Uint8Array[]): Buffer {
  return element(0x31, Buffer.concat(items))
}

export function integer(value: number): Buffer {
  return element(0x02, Buffer.of(value))
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return element(0x03, Buffer.concat([Buffer.of(unusedBits), bytes]))
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(0x04, bytes)
}

export function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text))
}

export const none: Buffer = element(0x05, Buffer.alloc(0))
export const yes: Buffer = element(0x01, Buffer.of(0xff))

/** `[n]`, constructed. */
export function tagged(n: number, ...items: readonly Uint8Array[]): Buffer {
  return element(0xa0 | n, Buffer.concat(items))
}

/** `[n] IMPLICIT` over a primitive. */
export function taggedBytes(n: number, bytes: Uint8Array): Buffer {
  return element(0x80 | n, bytes)
}

/** Years before 2050 are written with two digits (RFC 5280 4.1.2.5). */
export function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  const isEarly = text < '2050'
  return element(isEarly ? 0x17 : 0x18, Buffer.from(isEarly ? text.slice(2) : text))
}

/** `objectId('2.5.4.3')` */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = rest.flatMap((part) => {
    const groups = [part & 0x7f]
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return element(0x06, Buffer.from([first * 40 + second, ...bytes]))
}

function element(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const bytes: number[] = []
  for (let left = length; left > 0; left >>= 8) bytes.unshift(left & 0xff)
  return Buffer.of(0x80 | bytes.length, ...bytes)
}
