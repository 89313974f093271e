/** Keys of a project: made with it, made anew by a rotation. */
import { createHash, generateKeyPairSync } from 'node:crypto'
import { controlErrors } from '#host/control-plane/core'
import type { RecordKeys, RetiredKeys } from '#host/control-plane/core'
import type { Random } from '#base/kernel'
import { mintOpaqueKeys, signToken, verifyingJwk } from '#base/token'
import type { Jwk } from '#base/token'

export type SigningAlgorithm = 'HS256' | 'ES256'

const secondsOfTenYears = 315_360_000
const dayMs = 86_400_000
const maxGraceMs = 90 * dayMs
/** Every request with a key is compared with all of them. */
const maxRetired = 10

export interface KeyMaker {
  readonly random: Random
  readonly nowMs: number
}

type FreshKeys = Omit<RecordKeys, 'encryptionKey' | 'retired'>

/** `anon` and `service_role` as hosted Supabase has them: HS256, ten years. */
export function mintKeys(
  ref: string,
  { random, nowMs }: KeyMaker,
  algorithm: SigningAlgorithm = 'HS256',
): FreshKeys {
  const jwtSecret = secretText(random)
  const issued = Math.floor(nowMs / 1000)
  const exp = issued + secondsOfTenYears
  const mint = (role: string): string =>
    signToken({ iss: 'supabase', ref, role, iat: issued, exp }, jwtSecret)
  return {
    jwtSecret,
    anonKey: mint('anon'),
    serviceRoleKey: mint('service_role'),
    ...mintOpaqueKeys(),
    signingKeys: algorithm === 'ES256' ? [mintSigningKey()] : [],
  }
}

/** 48 random bytes in base64url, 64 characters. */
export function secretText(random: Random): string {
  return Buffer.from(random.bytes(48)).toString('base64url')
}

function mintSigningKey(): Jwk {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' }) as Jwk
  const kid = createHash('sha256').update(`${jwk.x}.${jwk.y}`).digest('base64url').slice(0, 22)
  return { ...jwk, kid, alg: 'ES256', use: 'sig' }
}

export interface Rotation {
  /** How long the keys of before are good; 0 ends them, and those of earlier rotations, at once. */
  readonly graceMs: number
  /** What tokens are signed with from now on; default what they are signed with now. */
  readonly algorithm?: SigningAlgorithm
}

/** @throws control_grace_invalid, control_too_many_rotations */
export function rotatedKeys(
  ref: string,
  keys: RecordKeys,
  { graceMs, algorithm = keys.signingKeys.length > 0 ? 'ES256' : 'HS256' }: Rotation,
  maker: KeyMaker,
): RecordKeys {
  if (!Number.isFinite(graceMs) || graceMs < 0 || graceMs > maxGraceMs)
    throw controlErrors.control_grace_invalid()
  const { encryptionKey, retired: _, ...old } = keys
  const fresh = mintKeys(ref, maker, algorithm)
  if (graceMs === 0) return { ...fresh, encryptionKey, retired: [] }
  const earlier = keys.retired.filter(({ untilMs }) => untilMs > maker.nowMs)
  if (earlier.length >= maxRetired)
    throw controlErrors.control_too_many_rotations({ count: earlier.length })
  const retired: RetiredKeys = {
    ...old,
    untilMs: maker.nowMs + graceMs,
    signingKeys: old.signingKeys.map(verifyingJwk),
  }
  return { ...fresh, encryptionKey, retired: [retired, ...earlier] }
}
