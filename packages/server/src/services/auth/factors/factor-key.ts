/** The public key of a security key as GoTrue keeps one: byte strings in plain base64. */
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import type { FactorRow } from './factor-statements.ts'
import type { Credential } from './webauthn.ts'

export type FactorKey = Pick<Credential, 'id' | 'publicKey' | 'signCount'>

/** Null for a factor without one. */
export function factorKeyOf({ web_authn_credential: stored }: FactorRow): FactorKey | null {
  if (stored === null) return null
  const { id, publicKey, authenticator } = stored
  if (typeof id !== 'string' || typeof publicKey !== 'string') return null
  const signCount = isJsonObject(authenticator) ? Number(authenticator['signCount'] ?? 0) : 0
  return {
    id: Buffer.from(id, 'base64').toString('base64url'),
    publicKey: Buffer.from(publicKey, 'base64'),
    signCount,
  }
}

export function toFactorKey(credential: Credential): JsonObject {
  return {
    id: Buffer.from(credential.id, 'base64url').toString('base64'),
    publicKey: Buffer.from(credential.publicKey).toString('base64'),
    attestationType: credential.attestationType,
    transport: [...credential.transports],
    flags: {
      userPresent: true,
      userVerified: credential.isUserVerified,
      backupEligible: credential.isBackupEligible,
      backupState: credential.isBackedUp,
    },
    authenticator: {
      AAGUID: Buffer.from(credential.aaguid.replaceAll('-', ''), 'hex').toString('base64'),
      signCount: credential.signCount,
      cloneWarning: false,
      attachment: '',
    },
  }
}

/** The same key after it was used. */
export function withSignCount(stored: JsonObject, signCount: number): JsonObject {
  const known = isJsonObject(stored['authenticator']) ? stored['authenticator'] : {}
  return { ...stored, authenticator: { ...known, signCount } }
}
