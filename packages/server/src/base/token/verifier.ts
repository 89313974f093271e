/**
 * Verification of bearer tokens: HS…, ES…, RS… and EdDSA on node:crypto (4 µs a token where `jose` needs 29–74),
 * and a bounded cache of verified ones. Messages follow PostgREST 14 (its `JwtDecodeErr`, PGRST301).
 */
import { createHmac, createSecretKey, timingSafeEqual, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { BoundedCache, isJsonObject } from '#base/kernel'
import type { Clock, JsonObject } from '#base/kernel'
import { decodeBase64Url } from './base64url.ts'
import { findClaimProblem, isExpired } from './claims.ts'
import { importVerificationKey } from './jwk.ts'
import type { JwkSet, VerificationKey, VerifiedAlgorithm } from './jwk.ts'
import type { TokenFailure, Verification, Verifier } from './verification.ts'

export interface VerifierOptions {
  /** HS256 secret: bytes, or text used as UTF-8; null when only `jwks` verify. */
  readonly jwtSecret: string | Uint8Array | null
  /** Further keys: asymmetric ones, and symmetric ones that were rotated out. */
  readonly jwks?: JwkSet
  /** Required in `aud` where a token has one. Absent: any audience. */
  readonly audience?: string
  readonly clock: Clock
  /** Verified tokens remembered; default 4096. */
  readonly capacity?: number
}

interface Verified {
  readonly result: Verification & { ok: true }
  /** Unix seconds, or null for a token without `exp`. */
  readonly exp: number | null
}

interface Header {
  readonly algorithm: VerifiedAlgorithm
  readonly kid: string | null
}

/** The digest of each; null where the signature brings its own. */
const digests: Readonly<Record<VerifiedAlgorithm, string | null>> = {
  HS256: 'sha256',
  HS384: 'sha384',
  HS512: 'sha512',
  ES256: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512',
  EdDSA: null,
}
/** Longer tokens are verified each time instead of filling the cache. */
const maxCachedLength = 4096
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A verifier of one project's tokens. Synchronous: nothing is fetched. */
export function createVerifier(options: VerifierOptions): Verifier {
  const keys = importKeys(options)
  const cache = new BoundedCache<string, Verified>(options.capacity ?? 4096)
  const audience = options.audience ?? null

  function cached(token: string, nowSeconds: number): Verification | null {
    const hit = cache.get(token)
    if (hit === undefined) return null
    if (hit.exp === null || !isExpired(hit.exp, nowSeconds)) return hit.result
    cache.delete(token)
    return null
  }

  return {
    verify(token) {
      const nowSeconds = Math.floor(options.clock.now() / 1000)
      const hit = cached(token, nowSeconds)
      if (hit !== null) return hit
      const result = verifyToken(token, keys, nowSeconds, audience)
      if (result.ok && token.length <= maxCachedLength) {
        const exp = result.claims['exp']
        cache.set(token, { result, exp: typeof exp === 'number' ? Math.floor(exp) : null })
      }
      return result
    },
    clear: () => cache.clear(),
  }
}

/** The shared secret last: a `kid` that names a key is looked up among the JWKs first. */
function importKeys(options: VerifierOptions): readonly VerificationKey[] {
  const jwks = (options.jwks?.keys ?? []).flatMap((jwk) => importVerificationKey(jwk) ?? [])
  const { jwtSecret } = options
  if (jwtSecret === null) return jwks
  const bytes = typeof jwtSecret === 'string' ? Buffer.from(jwtSecret, 'utf8') : jwtSecret
  const secret = createSecretKey(bytes)
  return [...jwks, { algorithms: ['HS256'], kid: null, key: secret }]
}

function verifyToken(
  token: string,
  keys: readonly VerificationKey[],
  nowSeconds: number,
  audience: string | null,
): Verification {
  if (token === '') return refuse('malformed', 'Empty JWT is sent in Authorization header')
  const parts = token.split('.')
  if (parts.length !== 3) {
    return refuse('malformed', `Expected 3 parts in JWT; got ${parts.length}`)
  }
  const header = readHeader(parts[0] ?? '')
  if ('ok' in header) return header
  const refusal = checkSignature(token, parts[2] ?? '', header, keys)
  return refusal ?? readClaims(parts[1] ?? '', nowSeconds, audience)
}

function readHeader(part: string): Header | (Verification & { ok: false }) {
  const header = readObject(part)?.value
  if (header === undefined) return refuse('malformed', 'JWT cryptographic operation failed')
  const { alg, kid } = header
  // `crit` lists extensions the reader must understand (RFC 7515 section 4.1.11); we know none
  if (typeof alg !== 'string' || !Object.hasOwn(digests, alg) || header['crit'] !== undefined) {
    return refuse('algorithm', 'Wrong or unsupported encoding algorithm')
  }
  return { algorithm: alg as VerifiedAlgorithm, kid: typeof kid === 'string' ? kid : null }
}

/** Null when the signature holds under a key that is meant for this algorithm. */
function checkSignature(
  token: string,
  signaturePart: string,
  header: Header,
  keys: readonly VerificationKey[],
): (Verification & { ok: false }) | null {
  const candidates = candidateKeys(header, keys)
  if (candidates.length === 0) return refuse('key', 'No suitable key or wrong key type')
  const signature = decodeBase64Url(signaturePart)
  if (signature === null) return refuse('malformed', 'JWT cryptographic operation failed')
  const content = token.slice(0, token.length - signaturePart.length - 1)
  const { algorithm } = header
  if (candidates.some(({ key }) => signatureHolds(algorithm, key, content, signature))) return null
  return refuse('signature', 'No suitable key or wrong key type')
}

/**
 * A known `kid` decides alone, whatever `alg` the token claims. An unknown or missing one leaves HS… the secrets
 * (tokens of before a signing key was configured), and the asymmetric algorithms their keys only if it is missing.
 */
function candidateKeys(
  { algorithm, kid }: Header,
  keys: readonly VerificationKey[],
): readonly VerificationKey[] {
  const named = kid === null ? [] : keys.filter((key) => key.kid === kid)
  if (named.length > 0) return named.filter((key) => key.algorithms.includes(algorithm))
  if (kid !== null && !algorithm.startsWith('HS')) return []
  return keys.filter((key) => key.algorithms.includes(algorithm))
}

function signatureHolds(
  algorithm: VerifiedAlgorithm,
  key: KeyObject,
  content: string,
  signature: Uint8Array,
): boolean {
  const digest = digests[algorithm]
  if (algorithm.startsWith('HS')) {
    const expected = createHmac(digest ?? '', key)
      .update(content)
      .digest()
    return expected.length === signature.length && timingSafeEqual(expected, signature)
  }
  const by = algorithm.startsWith('ES') ? { key, dsaEncoding: 'ieee-p1363' as const } : key
  return verify(digest, Buffer.from(content), by, signature)
}

function readClaims(part: string, nowSeconds: number, audience: string | null): Verification {
  const payload = readObject(part)
  if (payload === undefined) return refuse('claims', 'Parsing claims failed')
  const problem = findClaimProblem(payload.value, nowSeconds, audience)
  if (problem !== null) return { ok: false, ...problem }
  return { ok: true, claims: payload.value, claimsJson: payload.text }
}

/** The JSON object in a base64url part, with its text as sent; undefined for anything else. */
function readObject(part: string): { value: JsonObject; text: string } | undefined {
  const bytes = decodeBase64Url(part)
  if (bytes === null) return undefined
  try {
    const text = utf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? { value: value as JsonObject, text } : undefined
  } catch {
    return undefined
  }
}

function refuse(failure: TokenFailure, message: string): Verification & { ok: false } {
  return { ok: false, failure, message }
}
