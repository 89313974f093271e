/** The checksums clients send of what they upload, by header or behind the body. */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

export interface Checksum {
  update(chunk: Uint8Array): void
  /** base64 */
  digest(): string
}

/** Null for one we do not know: it is not checked. */
export function openChecksum(header: string): Checksum | null {
  switch (header) {
    case 'x-amz-checksum-crc32':
      return crcOf((chunk, value) => crc32(chunk, value))
    case 'x-amz-checksum-crc32c':
      return crcOf(crc32c)
    case 'x-amz-checksum-sha1':
      return hashOf('sha1')
    case 'x-amz-checksum-sha256':
      return hashOf('sha256')
    case 'content-md5':
      return hashOf('md5')
    default:
      return null
  }
}

function hashOf(algorithm: string): Checksum {
  const hash = createHash(algorithm)
  return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest('base64') }
}

function crcOf(step: (chunk: Uint8Array, value: number) => number): Checksum {
  let value = 0
  return {
    update: (chunk) => {
      value = step(chunk, value)
    },
    digest: () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value >>> 0)
      return bytes.toString('base64')
    },
  }
}

/** Castagnoli's polynomial, reversed. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value
})

function crc32c(chunk: Uint8Array, value: number): number {
  let crc = ~value
  for (const byte of chunk) crc = (table[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8)
  return ~crc
}
