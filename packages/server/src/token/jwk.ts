/** JSON Web Keys as they stand in `signing_keys.json` and in a JWKS document. */
import { createPublicKey, createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { decodeBase64Url } from './base64url.ts'

/** The members we read (RFC 7517); others are carried along unread. */
export interface Jwk {
  readonly kty: string
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly key_ops?: readonly string[]
  /** Elliptic curve and its point. */
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  /** RSA modulus and exponent. */
  readonly n?: string
  readonly e?: string
  /** The private part of an EC or RSA key. */
  readonly d?: string
  /** The secret of a symmetric key. */
  readonly k?: string
}

export interface JwkSet {
  readonly keys: readonly Jwk[]
}

export type Algorithm = 'HS256' | 'ES256' | 'RS256'

/** A key that verifies exactly one algorithm: the key says which, never the token (alg confusion). */
export interface VerificationKey {
  readonly algorithm: Algorithm
  readonly kid: string | null
  readonly key: KeyObject
}

/** The one algorithm a key is for, or null when it is none of ours. */
export function algorithmOf(jwk: Jwk): Algorithm | null {
  const natural = naturalAlgorithm(jwk)
  return jwk.alg === undefined || jwk.alg === natural ? natural : null
}

function naturalAlgorithm(jwk: Jwk): Algorithm | null {
  if (jwk.kty === 'oct') return 'HS256'
  if (jwk.kty === 'EC' && jwk.crv === 'P-256') return 'ES256'
  return jwk.kty === 'RSA' ? 'RS256' : null
}

/** A key to verify with, or null for keys of other algorithms or uses. Throws when the key's members are not a key. */
export function importVerificationKey(jwk: Jwk): VerificationKey | null {
  const algorithm = algorithmOf(jwk)
  if (algorithm === null || (jwk.use !== undefined && jwk.use !== 'sig')) return null
  const key =
    algorithm === 'HS256'
      ? createSecretKey(secretOf(jwk))
      : createPublicKey({ key: { ...publicMembers(jwk) }, format: 'jwk' })
  return { algorithm, kid: jwk.kid ?? null, key }
}

function secretOf(jwk: Jwk): Uint8Array {
  const secret = decodeBase64Url(jwk.k ?? '')
  if (secret === null || secret.length === 0) throw new Error('a symmetric JWK needs `k`')
  return secret
}

/** The public half of an EC or RSA key. */
function publicMembers(jwk: Jwk): Jwk {
  return jwk.kty === 'EC'
    ? { kty: 'EC', crv: jwk.crv ?? '', x: jwk.x ?? '', y: jwk.y ?? '' }
    : { kty: 'RSA', n: jwk.n ?? '', e: jwk.e ?? '' }
}

/** The JWKS document: public halves only, symmetric keys never. Members as GoTrue publishes them. */
export function publicJwks(keys: readonly Jwk[]): JwkSet {
  const published = keys.flatMap((jwk) => {
    const algorithm = algorithmOf(jwk)
    if (algorithm === null || algorithm === 'HS256') return []
    const kid = jwk.kid === undefined ? {} : { kid: jwk.kid }
    return [{ ...publicMembers(jwk), alg: algorithm, ...kid, use: 'sig', key_ops: ['verify'] }]
  })
  return { keys: published }
}
