/** Signing of JWTs: HS256 with the project's secret, ES256 and RS256 with a private JWK. */
import { createHmac, createPrivateKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { JsonObject } from '#base/kernel'
import { encodeBase64Url } from './base64url.ts'
import { algorithmOf } from './jwk.ts'
import type { Jwk } from './jwk.ts'
import type { ProjectKeys } from './project-keys.ts'

/** What a project signs with. */
export type SigningKey =
  | { readonly algorithm: 'HS256'; readonly kid: string | null; readonly secret: string }
  | { readonly algorithm: 'ES256' | 'RS256'; readonly kid: string | null; readonly key: KeyObject }

/** A compact JWS of the claims, members in the order given: header `{"alg","kid"?,"typ":"JWT"}` as GoTrue writes it. */
export function signToken(claims: JsonObject, key: SigningKey | string): string {
  const by: SigningKey =
    typeof key === 'string' ? { algorithm: 'HS256', kid: null, secret: key } : key
  const kid = by.kid === null ? {} : { kid: by.kid }
  const header = encodeBase64Url(JSON.stringify({ alg: by.algorithm, ...kid, typ: 'JWT' }))
  const content = `${header}.${encodeBase64Url(JSON.stringify(claims))}`
  return `${content}.${signature(content, by)}`
}

function signature(content: string, key: SigningKey): string {
  if (key.algorithm === 'HS256') {
    return createHmac('sha256', key.secret).update(content).digest('base64url')
  }
  const private_ = key.algorithm === 'ES256' ? p1363(key.key) : key.key
  return sign('sha256', Buffer.from(content), private_).toString('base64url')
}

/** JWS wants the two numbers of an ECDSA signature side by side, not DER. */
function p1363(key: KeyObject) {
  return { key, dsaEncoding: 'ieee-p1363' as const }
}

/** The key new tokens are signed with: the first private key of `signingKeys`, else the shared secret. */
export function signingKeyOf(keys: Pick<ProjectKeys, 'jwtSecret' | 'signingKeys'>): SigningKey {
  const jwk = keys.signingKeys?.find((candidate) => candidate.d !== undefined)
  const algorithm = jwk === undefined ? null : algorithmOf(jwk)
  if (jwk === undefined || algorithm === null || algorithm === 'HS256') {
    return { algorithm: 'HS256', kid: null, secret: keys.jwtSecret }
  }
  return { algorithm, kid: jwk.kid ?? null, key: privateKey(jwk) }
}

/** Importing a key costs more than a signature, so each JWK is imported once. */
const imported = new WeakMap<Jwk, KeyObject>()

function privateKey(jwk: Jwk): KeyObject {
  let key = imported.get(jwk)
  if (key === undefined) {
    const { kty, crv, x, y, n, e, d, p, q, dp, dq, qi } = jwk as Jwk & Record<string, string>
    const members = { kty, crv, x, y, n, e, d, p, q, dp, dq, qi }
    key = createPrivateKey({ key: JSON.parse(JSON.stringify(members)), format: 'jwk' })
    imported.set(jwk, key)
  }
  return key
}
