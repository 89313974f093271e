/**
 * How each file of a backup is stored: compressed, perhaps encrypted, and bound to its name, so that one that was cut off,
 * altered or put in the place of another is noticed.
 *
 *     BSB1 · flags · salt (16) · tag (32) · body
 *
 * Encrypted: AES-256-GCM under a key of its own (HKDF of the backup key and the salt), tag 16 bytes and 16 zeros. Plain: the
 * tag is a SHA-256 over name and body. Flag 1: gzip, flag 2: encrypted.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { BackupError } from './errors.ts'

const compress = promisify(gzip)
const expand = promisify(gunzip)
const magic = Buffer.from('BSB1')
const headBytes = 4 + 1 + 16 + 32
/** More no file of ours has. */
const maxPlainBytes = 256 * 1024 * 1024
const minKeyLength = 32

export interface SealKey {
  readonly secret: Buffer
}

/** @throws BackupError for one that could be guessed */
export function sealKey(text: string | null): SealKey | null {
  if (text === null) return null
  if (text.trim().length < minKeyLength)
    throw new BackupError(
      'key',
      `basalt.backup.key (BASALT_BACKUP_KEY) has fewer than ${minKeyLength} characters. Make one with: openssl rand -hex 32`,
    )
  return { secret: Buffer.from(text.trim(), 'utf8') }
}

/**
 * What names of files that backups share end with, so that those of another key are other files: `.k3f9a01cd`, nothing
 * where there is no key.
 */
export function keyTag(key: SealKey | null): string {
  if (key === null) return ''
  const id = hkdfSync('sha256', key.secret, Buffer.alloc(16), 'basalt backup key id', 4)
  return `.k${Buffer.from(id).toString('hex')}`
}

export async function seal(
  name: string,
  plain: Uint8Array,
  key: SealKey | null,
  compresses = true,
): Promise<Buffer> {
  const packed = compresses ? await compress(plain, { level: 1 }) : Buffer.from(plain)
  const flags = (compresses ? 1 : 0) | (key === null ? 0 : 2)
  const salt = key === null ? Buffer.alloc(16) : randomBytes(16)
  const head = Buffer.concat([magic, Buffer.from([flags]), salt])
  if (key === null) return Buffer.concat([head, digestOf(name, flags, packed), packed])
  const cipher = createCipheriv('aes-256-gcm', fileKey(key, salt), Buffer.alloc(12))
  cipher.setAAD(boundTo(name, flags))
  const body = Buffer.concat([cipher.update(packed), cipher.final()])
  return Buffer.concat([head, cipher.getAuthTag(), Buffer.alloc(16), body])
}

/** @throws BackupError `damaged`, `key` */
export async function open(name: string, stored: Buffer, key: SealKey | null): Promise<Buffer> {
  if (stored.length < headBytes || !stored.subarray(0, 4).equals(magic))
    throw damaged(name, 'it is cut off, or no file of a backup')
  const flags = stored[4] as number
  if ((flags & 2) === 0 && key !== null)
    throw new BackupError(
      'key',
      `${name} is not encrypted, and basalt.backup.key is set: whoever can write to the target may have put it there. If it is from before there was a key, use it without one.`,
    )
  const packed = (flags & 2) === 0 ? verify(name, stored) : decrypt(name, stored, key)
  if ((flags & 1) === 0) return packed
  try {
    return await expand(packed, { maxOutputLength: maxPlainBytes })
  } catch (error) {
    throw damaged(name, 'it cannot be unpacked', error)
  }
}

export function isEncrypted(stored: Buffer): boolean {
  return stored.length > 4 && ((stored[4] as number) & 2) !== 0
}

function verify(name: string, stored: Buffer): Buffer {
  const body = stored.subarray(headBytes)
  if (digestOf(name, stored[4] as number, body).equals(stored.subarray(21, headBytes))) return body
  throw damaged(name, 'its checksum is another: it was altered, cut off or is another file')
}

function decrypt(name: string, stored: Buffer, key: SealKey | null): Buffer {
  if (key === null)
    throw new BackupError(
      'key',
      `${name} is encrypted. Give the key it was made with: BASALT_BACKUP_KEY or BASALT_BACKUP_KEY_FILE.`,
    )
  const decipher = createDecipheriv(
    'aes-256-gcm',
    fileKey(key, stored.subarray(5, 21)),
    Buffer.alloc(12),
  )
  decipher.setAAD(boundTo(name, stored[4] as number))
  decipher.setAuthTag(stored.subarray(21, 37))
  try {
    return Buffer.concat([decipher.update(stored.subarray(headBytes)), decipher.final()])
  } catch (error) {
    throw new BackupError(
      'key',
      `${name} cannot be opened: the key is not the one it was made with, or the file was altered or cut off.`,
      error,
    )
  }
}

/** A key encrypts one file: its nonce may be the same each time. */
function fileKey({ secret }: SealKey, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, 'basalt backup', 32))
}

function digestOf(name: string, flags: number, body: Buffer): Buffer {
  return createHash('sha256').update(boundTo(name, flags)).update(body).digest()
}

function boundTo(name: string, flags: number): Buffer {
  return Buffer.from(`${flags}\0${name}\0`, 'utf8')
}

function damaged(name: string, why: string, cause?: unknown): BackupError {
  return new BackupError('damaged', `${name} cannot be used: ${why}.`, cause)
}
