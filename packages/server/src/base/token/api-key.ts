/**
 * API keys at the gateway: which requests need one, which one it is, and the bearer token it stands for.
 * Translation as the Supabase CLI's local gateway does it, refusals as Kong (no key) and hosted Supabase (unknown key) word them.
 */
import { constantTimeEqual } from './constant-time-equal.ts'
import type { ApiKeys, ProjectKeys } from './project-keys.ts'

/** What an `apikey` is. `unknown` may still be a legacy JWT key of an earlier secret: the verifier decides. */
export type ApiKeyKind = 'anon' | 'service_role' | 'publishable' | 'secret' | 'unknown'

type Keys = ApiKeys & Pick<ProjectKeys, 'retiredApiKeys'>

/** Which of the project's keys this is. Every key is compared, so that the time says nothing about which one matched. */
export function classifyKey(apikey: string, keys: Keys): ApiKeyKind {
  const table = [keys, ...(keys.retiredApiKeys ?? [])].flatMap(
    (each): readonly (readonly [ApiKeyKind, string])[] => [
      ['secret', each.secretKey],
      ['publishable', each.publishableKey],
      ['service_role', each.serviceRoleKey],
      ['anon', each.anonKey],
    ],
  )
  const matches = table.filter(([, key]) => constantTimeEqual(key, apikey))
  return matches[0]?.[0] ?? 'unknown'
}

export interface TranslatedKey {
  /** The `Authorization` value services see; null when there is none. */
  readonly authorization: string | null
  /** The token in it, when it is a bearer one. */
  readonly bearer: string | null
}

/**
 * What the `Authorization` of a request becomes:
 * one that is not `Bearer sb_…` stays · a secret key becomes the service_role JWT · a publishable key the anon JWT ·
 * else the `apikey` itself, verbatim and without `Bearer`.
 */
export function translateKey(request: {
  /** The header as received. */
  readonly authorization: string | null
  /** The header, or the query parameter of a WebSocket. */
  readonly apikey: string | null
  readonly keys: Keys
}): TranslatedKey {
  const { authorization, apikey, keys } = request
  if (authorization !== null && !authorization.startsWith('Bearer sb_')) {
    return { authorization, bearer: bearerOf(authorization) }
  }
  if (apikey === null) return { authorization: null, bearer: null }
  const kind = classifyKey(apikey, keys)
  if (kind === 'secret') return asBearer(keys.serviceRoleKey)
  if (kind === 'publishable') return asBearer(keys.anonKey)
  return { authorization: apikey, bearer: bearerOf(apikey) }
}

function asBearer(token: string): TranslatedKey {
  return { authorization: `Bearer ${token}`, bearer: token }
}

const bearer = /^bearer[ ]+(\S+)\s*$/i

/** `bearerOf('bearer abc')` → `'abc'`; null for other schemes. */
export function bearerOf(authorization: string): string | null {
  return bearer.exec(authorization)?.[1] ?? null
}

/** `open`: neither asked for nor translated · `optional`: translated when there is one · `required`: 401 without a known one. */
export type KeyRule = 'open' | 'optional' | 'required'

/** Links in mails, browser redirects, discovery, health: nobody can put a header on them. */
const openPaths = [
  /^\/auth\/v1\/(verify|callback|authorize|health)\/?$/,
  // clients of the OAuth server have credentials of their own
  /^\/auth\/v1\/oauth\/(authorize|token|userinfo|clients\/register)\/?$/,
  /^\/auth\/v1\/sso\/saml\/(acs|metadata)\/?$/,
  /^(\/auth\/v1)?\/\.well-known\//,
  /^\/storage\/v1\/s3(\/|$)/,
  // the operator's token
  /^\/v1\//,
]
/** These services look at tokens themselves: public buckets, functions with `verify_jwt = false`, operators without a key, WebSockets whose refusal is read by realtime-js. */
const optionalPaths =
  /^\/(storage|functions|admin)\/v1(\/|$)|^\/realtime\/v1\/(websocket|socket\/websocket)$/

/** The rule for a path as the client sent it, `/auth/v1/signup`. */
export function keyRule(path: string): KeyRule {
  if (openPaths.some((open) => open.test(path))) return 'open'
  return optionalPaths.test(path) ? 'optional' : 'required'
}

export interface KeyRefusal {
  readonly status: 401
  readonly body: { readonly message: string; readonly hint?: string }
}

const noKey: KeyRefusal = {
  status: 401,
  body: { message: 'No API key found in request' },
}
const unknownKey: KeyRefusal = {
  status: 401,
  body: {
    message: 'Invalid API key',
    hint: 'Double check your Supabase `anon` or `service_role` API key.',
  },
}

/**
 * Null when a request under the `required` rule may pass. `isLegacyKey` is asked about keys that are none of the current
 * ones: it should verify the JWT and look for the role anon or service_role, so that a rotated key keeps working.
 */
export function refuseKey(
  apikey: string | null,
  keys: Keys,
  isLegacyKey: (apikey: string) => boolean,
): KeyRefusal | null {
  if (apikey === null || apikey === '') return noKey
  if (classifyKey(apikey, keys) !== 'unknown' || isLegacyKey(apikey)) return null
  return unknownKey
}
