/** JSON Web Keys as they stand in `signing_keys.json` and in a JWKS document. */
import { createHash, createPublicKey, createSecretKey } from 'node:crypto'
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

/** What tokens of others may be signed with. */
export type VerifiedAlgorithm =
  | Algorithm
  | 'HS384'
  | 'HS512'
  | 'ES384'
  | 'ES512'
  | 'RS384'
  | 'RS512'
  | 'EdDSA'

/** A key and the algorithms it verifies: the key says which, never the token alone (alg confusion). */
export interface VerificationKey {
  readonly algorithms: readonly VerifiedAlgorithm[]
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

/** One family a kind of key; a curve has one algorithm. */
const families: Readonly<Record<string, readonly VerifiedAlgorithm[]>> = {
  oct: ['HS256', 'HS384', 'HS512'],
  RSA: ['RS256', 'RS384', 'RS512'],
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'EC P-521': ['ES512'],
  'OKP Ed25519': ['EdDSA'],
}

/** A key to verify with, or null for keys of other algorithms or uses. Throws when the key's members are not a key. */
export function importVerificationKey(jwk: Jwk): VerificationKey | null {
  if (jwk.use !== undefined && jwk.use !== 'sig') return null
  const family = families[jwk.crv === undefined ? jwk.kty : `${jwk.kty} ${jwk.crv}`] ?? []
  const algorithms = family.filter((name) => jwk.alg === undefined || jwk.alg === name)
  if (algorithms.length === 0) return null
  const key =
    jwk.kty === 'oct'
      ? createSecretKey(secretOf(jwk))
      : createPublicKey({ key: { ...publicMembers(jwk) }, format: 'jwk' })
  return { algorithms, kid: jwk.kid ?? null, key }
}

function secretOf(jwk: Jwk): Uint8Array {
  const secret = decodeBase64Url(jwk.k ?? '')
  if (secret === null || secret.length === 0) throw new Error('a symmetric JWK needs `k`')
  return secret
}

/** The public half of an EC, RSA or Edwards key. */
function publicMembers(jwk: Jwk): Jwk {
  if (jwk.kty === 'OKP') return { kty: 'OKP', crv: jwk.crv ?? '', x: jwk.x ?? '' }
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

/** RFC 7638: SHA-256 of the members that make the key, in order of their names. */
export function thumbprintOf(jwk: Jwk): string {
  const members = jwk.kty === 'oct' ? { k: jwk.k, kty: 'oct' } : publicMembers(jwk)
  const ordered = Object.fromEntries(
    Object.entries(members).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )
  return createHash('sha256').update(JSON.stringify(ordered)).digest('base64url')
}

/** What verifies tokens of this key, and signs none: the public half; of a secret all of it. */
export function verifyingJwk(jwk: Jwk): Jwk {
  const { kid, alg, use } = jwk
  const named = {
    ...(kid === undefined ? {} : { kid }),
    ...(alg === undefined ? {} : { alg }),
    ...(use === undefined ? {} : { use }),
  }
  return jwk.kty === 'oct' ? jwk : { ...publicMembers(jwk), ...named }
}
