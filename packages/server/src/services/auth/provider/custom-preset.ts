/** A provider an administrator set up at run time, as a preset (supabase/auth internal/api/provider/custom_oauth.go). */
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { ProviderFailure } from '#services/auth/outside'
import { readGeneric, userOfIdToken } from './id-token-user.ts'
import { verifyIdToken } from './id-token.ts'
import { fetchUser } from './preset-requests.ts'
import type { Preset, ProviderEndpoints, ProviderSession, ProviderTools } from './preset.ts'
import { primaryEmail } from './provider-user.ts'
import type { ProviderUser } from './provider-user.ts'

export interface CustomProvider {
  readonly scopes: readonly string[]
  readonly pkce: boolean
  /** Parameters of the authorization request. */
  readonly parameters: Readonly<Record<string, string>>
  /** Claim → the provider's name of it, or a value that is no text. */
  readonly attributeMapping: JsonObject
  /** Claims kept under `custom_claims`. */
  readonly keptClaims: readonly string[]
  readonly source:
    | { readonly kind: 'oidc'; readonly issuer: string; readonly documentUrl: string | null }
    | {
        readonly kind: 'oauth2'
        readonly authorizationUrl: string
        readonly tokenUrl: string
        readonly userinfoUrl: string
      }
}

export function createCustomPreset(provider: CustomProvider): Preset {
  return {
    scopes: [],
    defaultScopes: provider.scopes,
    requiredScopes: provider.source.kind === 'oidc' ? ['openid'] : [],
    // of the two the one that every server must have (RFC 6749 section 2.3.1)
    clientAuth: 'basic',
    pkce: provider.pkce,
    parameters: provider.parameters,
    locate: (_, tools) => locate(provider, tools),
    readUser: async (session) => {
      const claims = await readClaims(provider, session)
      return mapClaims(provider, claims)
    },
  }
}

async function locate(
  { source }: CustomProvider,
  tools: ProviderTools,
): Promise<ProviderEndpoints> {
  if (source.kind === 'oauth2') {
    return { authorization: source.authorizationUrl, token: source.tokenUrl }
  }
  const { discover } = tools
  const found = await discover(source.issuer, source.documentUrl ?? undefined)
  if (found.authorizationEndpoint === '' || found.tokenEndpoint === '') {
    throw new ProviderFailure(`${source.issuer} has no code flow`)
  }
  const methods = found.tokenEndpointAuthMethods
  const isPostOnly =
    methods.includes('client_secret_post') && !methods.includes('client_secret_basic')
  return {
    authorization: found.authorizationEndpoint,
    token: found.tokenEndpoint,
    ...(isPostOnly ? { clientAuth: 'post' as const } : {}),
  }
}

/** The ID token's where there is one, else those of the user endpoint. */
async function readClaims(
  { source }: CustomProvider,
  session: ProviderSession,
): Promise<JsonObject> {
  const { tokens, settings, clock, discover } = session
  if (source.kind === 'oauth2') return asObject(await fetchUser(session, source.userinfoUrl))
  const issuer = await discover(source.issuer, source.documentUrl ?? undefined)
  if (tokens.idToken !== '') {
    return verifyIdToken(tokens.idToken, issuer, {
      issuers: [issuer.issuer],
      audiences: settings.clientIds,
      accessToken: '',
      clock,
    })
  }
  if (issuer.userinfoEndpoint === '') throw new ProviderFailure('neither an ID token nor userinfo')
  return asObject(await fetchUser(session, issuer.userinfoEndpoint))
}

function asObject(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw new ProviderFailure('the user is no JSON object')
  return value
}

/** Claims of a verified ID token, or of userinfo, under the administrator's names. */
export function mapClaims(
  { attributeMapping, keptClaims, source }: CustomProvider,
  raw: JsonObject,
): ProviderUser {
  const mapped: Record<string, JsonObject[string]> = { ...raw }
  for (const [target, from] of Object.entries(attributeMapping)) {
    if (typeof from !== 'string') mapped[target] = from
    else if (Object.hasOwn(raw, from)) mapped[target] = raw[from]
  }
  const kept = keptClaims.flatMap((name) => (Object.hasOwn(raw, name) ? [[name, raw[name]]] : []))
  const user = source.kind === 'oidc' ? userOfIdToken(mapped) : readGeneric(mapped)
  const [email] = user.emails
  // what the provider vouched for is its own `email`, not whatever was put in its place
  const isVouched = raw['email'] === undefined || raw['email'] === email?.email
  return {
    emails: primaryEmail(email?.email ?? '', (email?.verified ?? false) && isVouched),
    claims: {
      ...user.claims,
      custom_claims: { ...user.claims.custom_claims, ...(Object.fromEntries(kept) as JsonObject) },
    },
  }
}
