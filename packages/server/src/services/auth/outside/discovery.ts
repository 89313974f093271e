/** What an OpenID issuer publishes about itself, kept for a while; and its keys. */
import { BoundedCache } from '#base/kernel'
import type { Clock } from '#base/kernel'
import type { JWTVerifyGetKey } from 'jose'
import { getJson, ProviderFailure } from './outgoing.ts'
import type { Outgoing } from './outgoing.ts'
import { listAt, textAt } from './read-json.ts'
import { RemoteKeys } from './remote-keys.ts'

export interface Issuer {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly userinfoEndpoint: string
  readonly jwksUri: string
  readonly tokenEndpointAuthMethods: readonly string[]
  /** Asymmetric ones only: with a shared secret whoever knows it could sign. */
  readonly algorithms: readonly string[]
  readonly keys: JWTVerifyGetKey
}

/** The issuer behind an address; rejects when it does not say that it is that one. */
export type Discovery = (issuer: string, documentUrl?: string) => Promise<Issuer>

/** Issuers known at once; a tenant each. */
const capacity = 64
const maxAgeMs = 3_600_000
/** What failed is asked again, or goes on as it was, so long after. */
const retryEveryMs = 5_000
const asymmetric = /^(RS|PS|ES)(256|384|512)$|^Ed25519$|^EdDSA$/

export function createDiscovery(outgoing: Outgoing, clock: Clock): Discovery {
  const known = new BoundedCache<string, { found: Promise<Issuer>; untilMs: number }>(capacity)
  const keys = new BoundedCache<string, RemoteKeys>(capacity)
  const keysAt = (uri: string): JWTVerifyGetKey => {
    const at = keys.get(uri) ?? new RemoteKeys(uri, outgoing, clock)
    keys.set(uri, at)
    return at.find
  }
  return (
    issuer,
    documentUrl = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`,
  ) => {
    const key = `${issuer} ${documentUrl}`
    const hit = known.get(key)
    if (hit !== undefined && clock.now() < hit.untilMs) return hit.found
    const asked = discover(outgoing, keysAt, issuer, documentUrl)
    // what was known goes on while the issuer is away
    const found = hit === undefined ? asked : asked.catch(() => hit.found)
    known.set(key, { found, untilMs: clock.now() + maxAgeMs })
    asked.catch(() => known.set(key, { found, untilMs: clock.now() + retryEveryMs }))
    return found
  }
}

async function discover(
  outgoing: Outgoing,
  keysAt: (uri: string) => JWTVerifyGetKey,
  issuer: string,
  url: string,
): Promise<Issuer> {
  const document = await getJson(outgoing, url)
  // Apple signs under two names and publishes one document
  const own = textAt(document, 'issuer')
  if (own !== issuer && !isSameButSlash(own, issuer) && !isTemplateOf(own, issuer)) {
    throw new ProviderFailure(`${url} is the document of another issuer`)
  }
  const endpoint = (name: string): string => checkEndpoint(textAt(document, name), url, name)
  const jwksUri = endpoint('jwks_uri')
  const algorithms = listAt(document, 'id_token_signing_alg_values_supported').filter(
    (name): name is string => typeof name === 'string' && asymmetric.test(name),
  )
  return {
    issuer: own,
    authorizationEndpoint: endpoint('authorization_endpoint'),
    tokenEndpoint: endpoint('token_endpoint'),
    userinfoEndpoint: endpoint('userinfo_endpoint'),
    jwksUri,
    tokenEndpointAuthMethods: listAt(document, 'token_endpoint_auth_methods_supported').filter(
      (name) => typeof name === 'string',
    ),
    algorithms: algorithms.length === 0 ? ['RS256'] : algorithms,
    keys: keysAt(jwksUri),
  }
}

function isSameButSlash(own: string, issuer: string): boolean {
  return own.replace(/\/$/, '') === issuer.replace(/\/$/, '')
}

/** Entra publishes one document for all tenants. */
function isTemplateOf(own: string, issuer: string): boolean {
  const [before, after, ...rest] = own.split('{tenantid}')
  if (before === undefined || after === undefined || rest.length > 0 || before === '') return false
  return issuer.startsWith(before) && issuer.endsWith(after)
}

/** Plain HTTP only where the issuer itself is reached by it. */
function checkEndpoint(endpoint: string, documentUrl: string, name: string): string {
  if (endpoint === '' && name !== 'jwks_uri') return ''
  const secure = documentUrl.startsWith('https://')
  if (endpoint.startsWith('https://') || (!secure && endpoint.startsWith('http://')))
    return endpoint
  throw new ProviderFailure(`${documentUrl} has no usable ${name}`)
}
