/** Whose ID token it is, and what must hold for it (supabase/auth internal/api/token_oidc.go). */
import type { JsonObject } from '#base/kernel'
import { authErrors, readRows } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { readSettings } from '#services/auth/external/presets'
import type { Discovery } from '#services/auth/outside'
import {
  isAppleIssuer,
  issuers,
  mapClaims,
  peekClaims,
  userOfIdToken,
} from '#services/auth/provider'
import type { ProviderUser } from '#services/auth/provider'
import { findCustomProvider } from './custom-provider-statements.ts'
import type { CustomProviderRow } from './custom-provider-statements.ts'
import { externalErrors } from './errors.ts'
import { callbackUrl, isCustom, readCustom } from './find-provider.ts'

export interface TokenIssuer {
  /** Where its keys are found. */
  readonly issuer: string
  /** Another place for its document; undefined for the usual one. */
  readonly documentUrl?: string
  /** What `iss` may be. */
  readonly spellings: readonly string[]
  /** The identity's provider. */
  readonly provider: string
  readonly clientIds: readonly string[]
  readonly skipNonceCheck: boolean
  readonly emailOptional: boolean
  readonly discover: Discovery
  readonly readUser: (claims: JsonObject) => ProviderUser
}

export interface TokenRequest {
  readonly provider: string
  readonly issuer: string
  readonly idToken: string
}

/** Providers with one issuer. */
const fixed: Readonly<Record<string, string>> = {
  google: issuers.google,
  facebook: issuers.facebook,
  kakao: issuers.kakao,
  vercel_marketplace: issuers.vercel,
  snapchat: issuers.snapchat,
}

const invalid = (message: string) => authErrors.invalid({ message })

/** @throws PlatformError 400 for those that are unknown or off */
export async function findTokenIssuer(
  context: AuthContext,
  request: TokenRequest,
): Promise<TokenIssuer> {
  if (isCustom(request.provider)) return findCustom(context, request.provider)
  return findKnown(context, request)
}

async function findCustom(context: AuthContext, name: string): Promise<TokenIssuer> {
  const [row] = await readRows<CustomProviderRow>(context, findCustomProvider(name))
  if (row === undefined) throw invalid(`Custom provider "${name}" not found`)
  if (!row.enabled) throw externalErrors.customProviderDisabled({ name })
  if (row.provider_type !== 'oidc') throw invalid(`Provider "${name}" is not an OIDC provider`)
  const issuer = row.issuer ?? ''
  return {
    issuer,
    ...(row.discovery_url === null ? {} : { documentUrl: row.discovery_url }),
    spellings: [issuer],
    provider: name,
    clientIds: [row.client_id, ...row.acceptable_client_ids],
    skipNonceCheck: row.skip_nonce_check,
    emailOptional: row.email_optional,
    discover: context.publicly.discover,
    readUser: (claims) => mapClaims(readCustom(row), claims),
  }
}

function findKnown(context: AuthContext, request: TokenRequest): TokenIssuer {
  const { provider, issuer } = request
  if (provider === 'apple' || isAppleIssuer(issuer)) return findApple(context, request)
  const byName = Object.entries(fixed).find(([name, own]) => provider === name || issuer === own)
  if (byName !== undefined) return findFixed(context, byName[0], byName[1])
  if (provider === 'azure' || isAzureToken(issuer)) return findAzure(context, request)
  const keycloak = readSettings(context.config, 'keycloak', callbackUrl(context))?.url ?? ''
  if (provider === 'keycloak' || (keycloak !== '' && issuer === keycloak)) {
    return findFixed(context, 'keycloak', keycloak)
  }
  throw invalid(`Custom OIDC provider "${provider}" not allowed`)
}

function findFixed(context: AuthContext, provider: string, issuer: string): TokenIssuer {
  const settings = readSettings(context.config, provider, callbackUrl(context))
  if (settings === null || issuer === '') throw externalErrors.providerDisabled({ issuer })
  return {
    issuer,
    // Google leaves the scheme away in some
    spellings: provider === 'google' ? [issuer, 'accounts.google.com'] : [issuer],
    provider,
    clientIds: settings.clientIds,
    // Limited Login has no usable nonce
    skipNonceCheck: settings.skipNonceCheck || provider === 'facebook',
    emailOptional: settings.emailOptional,
    discover: context.discover,
    readUser: userOfIdToken,
  }
}

function findApple(context: AuthContext, { issuer, idToken }: TokenRequest): TokenIssuer {
  const own = detect(idToken, 'Apple')
  if (!isAppleIssuer(own)) {
    throw invalid('Detected ID token issuer is not an Apple ID token issuer')
  }
  refuseMismatch(issuer, own)
  // two names, one document
  return { ...findFixed(context, 'apple', issuers.apple), spellings: [own] }
}

const azureIssuer =
  /^https:\/\/(login\.microsoftonline\.com\/[\w.-]+\/v2\.0\/?|sts\.windows\.net\/[\w.-]+\/?)$/

function isAzureToken(issuer: string): boolean {
  return issuer.startsWith('https://login.microsoftonline.com/')
}

/** The tenant is in the token; only Microsoft's own hosts are asked for it. */
function findAzure(context: AuthContext, { issuer, idToken }: TokenRequest): TokenIssuer {
  const own = detect(idToken, 'Azure')
  if (!azureIssuer.test(own)) {
    throw invalid('Detected ID token issuer is not an Azure ID token issuer')
  }
  refuseMismatch(issuer, own)
  return findFixed(context, 'azure', own)
}

function detect(idToken: string, name: string): string {
  const claims = peekClaims(idToken)
  if (claims === null) throw invalid(`Unable to detect issuer in ID token for ${name} provider`)
  return typeof claims['iss'] === 'string' ? claims['iss'] : ''
}

function refuseMismatch(given: string, own: string): void {
  if (given !== '' && given !== own) {
    throw invalid('Provided issuer does not match ID token issuer')
  }
}
