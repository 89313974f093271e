/** Secrets of clients: 256 random bits, of which only a hash is kept. */
import { createHash } from 'node:crypto'
import type { Random } from '#base/kernel'
import { constantTimeEqual } from '#base/token'

export interface ClientSecret {
  readonly secret: string
  readonly hash: string
}

export function newClientSecret(random: Random): ClientSecret {
  const secret = Buffer.from(random.bytes(32)).toString('base64url')
  return { secret, hash: hashSecret(secret) }
}

/** Takes as long for an unknown client (`null`) as for a wrong secret. */
export function isSecret(given: string, hash: string | null): boolean {
  const isSame = constantTimeEqual(hashSecret(given), hash ?? '')
  return isSame && hash !== null && hash !== ''
}

function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
