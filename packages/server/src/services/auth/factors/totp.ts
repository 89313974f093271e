/** Codes of authenticator apps (RFC 6238): SHA-1, six digits, 30 seconds. */
import { createHmac } from 'node:crypto'
import { constantTimeEqual } from '#base/token'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const stepMs = 30_000

/** `encodeBase32(Uint8Array.of(255))` → `74`; without padding, as apps want it. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(value >>> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + alphabet[(value << (5 - bits)) & 31]
}

function decodeBase32(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const character of text) {
    value = (value << 5) | alphabet.indexOf(character)
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >>> bits) & 255)
    }
    value &= (1 << bits) - 1
  }
  return Buffer.from(bytes)
}

export function totpCode(secret: string, timeMs: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(timeMs / stepMs)))
  const digest = createHmac('sha1', decodeBase32(secret)).update(counter).digest()
  const offset = (digest.at(-1) as number) & 15
  const number = digest.readUInt32BE(offset) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, '0')
}

/** The step of time the code is of; also the one before and the one after: clocks differ. Null for no code of these. */
export function totpStep(secret: string, code: string, nowMs: number): number | null {
  const times = [-1, 0, 1].map((step) => nowMs + step * stepMs)
  const time = times.find((timeMs) => constantTimeEqual(totpCode(secret, timeMs), code))
  return time === undefined ? null : Math.floor(time / stepMs)
}
