/** Secrets at rest in the database: AES-256-GCM under a key that only the process has. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

export interface Sealer {
  /** `v1:<base64url>`; `label` says what it is, and only under the same label it opens again. */
  seal(text: string, label: string): string
  /** Null for what was sealed with another key or label, or was changed. */
  open(sealed: string, label: string): string | null
  /** Whether there is a previous key: without one nothing is to be renewed. */
  readonly hasPrevious: boolean
  /** What only the previous key opens, sealed with the present one; null for anything else. */
  renew(sealed: string, label: string): string | null
}

const prefix = 'v1:'
const nonceBytes = 12
const tagBytes = 16

/**
 * `secret` is the operator's; the key is derived from it for this purpose alone (HKDF-SHA256). What the secret before it
 * sealed opens too.
 */
export function createSealer(secret: string, previousSecret: string | null = null): Sealer {
  const key = keyOf(secret)
  const previous = previousSecret === null ? null : keyOf(previousSecret)
  const renewable = (sealed: string, label: string): string | null =>
    previous === null || openWith(key, sealed, label) !== null
      ? null
      : openWith(previous, sealed, label)
  const seal = (text: string, label: string): string => sealWith(key, text, label)
  return {
    hasPrevious: previous !== null,
    seal,
    open: (sealed, label) => openWith(key, sealed, label) ?? renewable(sealed, label),
    renew: (sealed, label) => {
      const text = renewable(sealed, label)
      return text === null ? null : seal(text, label)
    },
  }
}

function keyOf(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'basalt: secrets in the database', 32))
}

function sealWith(key: Buffer, text: string, label: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(label))
  const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return prefix + Buffer.concat([nonce, cipher.getAuthTag(), content]).toString('base64url')
}

function openWith(key: Buffer, sealed: string, label: string): string | null {
  if (!sealed.startsWith(prefix)) return null
  const bytes = Buffer.from(sealed.slice(prefix.length), 'base64url')
  if (bytes.length < nonceBytes + tagBytes) return null
  const nonce = bytes.subarray(0, nonceBytes)
  const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAAD(Buffer.from(label)).setAuthTag(tag)
  try {
    const content = bytes.subarray(nonceBytes + tagBytes)
    return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}
