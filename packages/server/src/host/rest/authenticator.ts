/** Who asks: the token in `Authorization`, the role its claims name, or the anonymous role. */
import { ConfigError } from '#base/config'
import type { RestConfig } from '#base/config'
import type { HttpRequest } from '#base/http'
import { isJsonObject, PlatformError } from '#base/kernel'
import type { Clock, JsonObject } from '#base/kernel'
import type { Authentication, Caller } from '#base/service'
import { createVerifier, parseClaimPath } from '#base/token'
import type { ClaimReader, Jwk, JwkSet, Verifier, VerifierOptions } from '#base/token'
import { restErrors } from './errors.ts'

/** Throws PGRST300 and PGRST302; a token that does not hold is worded by the data API. */
export type Authenticate = (request: HttpRequest) => Authentication

/** Throws a `ConfigError` for a secret or a path that cannot be used. */
export function createAuthenticator(config: RestConfig, clock: Clock): Authenticate {
  const verifier = verifierOf(config, clock)
  const readRole = roleReader(config)
  const anonRole = config['db-anon-role']
  const anonymous = anonRole === null ? null : anonymousAuthentication(anonRole)
  /** By the claims object, which the verifier's cache keeps alive. */
  const known = new WeakMap<JsonObject, Authentication>()

  return ({ headers }) => {
    const token = bearerOf(headers['authorization'])
    if (token === null) return anonymous ?? refuseAnonymous()
    if (verifier === null) throw restErrors.PGRST300()
    const verification = verifier.verify(token)
    if (!verification.ok) return verification
    const { claims, claimsJson } = verification
    const found = known.get(claims)
    if (found !== undefined) return found
    const role = roleOf(readRole(claims)) ?? anonRole
    if (role === null) return refuseAnonymous()
    const authentication: Authentication = { ok: true, token, caller: { role, claims, claimsJson } }
    known.set(claims, authentication)
    return authentication
  }
}

/** `Bearer` alone is an empty token, which is refused; other schemes are none. */
function bearerOf(authorization: string | undefined): string | null {
  return (
    /^bearer(?:\s+(.*))?$/i.exec(authorization ?? '')?.slice(1)[0] ??
    (isBare(authorization) ? '' : null)
  )
}

function isBare(authorization: string | undefined): boolean {
  return /^bearer\s*$/i.test(authorization ?? '')
}

function anonymousAuthentication(role: string): Authentication {
  const claims = { role }
  const caller: Caller = { role, claims, claimsJson: JSON.stringify(claims) }
  return { ok: true, token: null, caller }
}

function refuseAnonymous(): never {
  const { code, status, message } = restErrors.PGRST302()
  throw new PlatformError({ code, status, message, headers: { 'www-authenticate': 'Bearer' } })
}

/** What is not text is taken as its JSON. */
function roleOf(value: ReturnType<ClaimReader>): string | null {
  if (value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function roleReader(config: RestConfig): ClaimReader {
  try {
    return parseClaimPath(config['jwt-role-claim-key'])
  } catch (error) {
    throw problem('jwt-role-claim-key', (error as Error).message)
  }
}

const minSecretBytes = 32

/** Null without a secret. The secret is a JWKS, a JWK, or the bytes of an HS256 key. */
function verifierOf(config: RestConfig, clock: Clock): Verifier | null {
  const bytes = secretBytes(config)
  if (bytes === null) return null
  const audience = config['jwt-aud']
  const common: Omit<VerifierOptions, 'jwtSecret'> = {
    clock,
    capacity: config['jwt-cache-max-entries'],
    ...(audience === null ? {} : { audience }),
  }
  const jwks = parseJwks(bytes)
  if (jwks === null && bytes.length < minSecretBytes) {
    throw problem('jwt-secret', `expected at least ${minSecretBytes} characters, a JWK or a JWKS`)
  }
  try {
    return createVerifier(
      jwks === null ? { ...common, jwtSecret: bytes } : { ...common, jwtSecret: null, jwks },
    )
  } catch (error) {
    throw problem('jwt-secret', (error as Error).message)
  }
}

function secretBytes(config: RestConfig): Uint8Array | null {
  const secret = config['jwt-secret']
  if (secret === null) return null
  if (!config['jwt-secret-is-base64']) return Buffer.from(secret, 'utf8')
  // the URL-safe alphabet too, with `.` for the padding
  const text = secret.trim().replaceAll('_', '/').replaceAll('-', '+').replaceAll('.', '=')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw problem('jwt-secret', 'is not base64')
  }
  return Buffer.from(text, 'base64')
}

function parseJwks(bytes: Uint8Array): JwkSet | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (!isJsonObject(value)) return null
    const { keys } = value
    if (Array.isArray(keys)) return { keys: keys as unknown as readonly Jwk[] }
    return typeof value['kty'] === 'string' ? { keys: [value as unknown as Jwk] } : null
  } catch {
    return null
  }
}

function problem(key: string, message: string): ConfigError {
  return new ConfigError([{ source: 'configuration', key, message }])
}
