/**
 * Secrets of webhooks: derived from the service's own secret, the repository and a salt, so that what GitHub signs with can
 * be had again for the check, and the database holds no more than its hash.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export function deriveSecret(master: string, repositoryId: string, salt: string): string {
  const bytes = createHmac('sha256', master).update(`webhook ${repositoryId} ${salt}`).digest()
  return `whsec_${bytes.toString('base64url')}`
}

export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** `sha256=<hex>` over the bytes of the body; in constant time. */
export function isSignedWith(secret: string, body: Buffer, signature: string): boolean {
  const expected = Buffer.from(
    `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    'utf8',
  )
  const given = Buffer.from(signature, 'utf8')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
