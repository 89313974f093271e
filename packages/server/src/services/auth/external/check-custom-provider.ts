/** What administrators may say of a provider: complete, on the public internet, and nothing that is ours to decide. */
import { authErrors } from '#services/auth/core'
import type { AuthContext, Params } from '#services/auth/core'
import { findUrlFault } from '#services/auth/outside'
import { reservedParameters } from '#services/auth/provider'
import type { NewCustomProvider } from './custom-provider-statements.ts'

export const customProviderShape = {
  provider_type: 'text',
  identifier: 'text',
  name: 'text',
  client_id: 'text',
  client_secret: 'text',
  acceptable_client_ids: 'list of text',
  scopes: 'list of text',
  pkce_enabled: 'boolean',
  attribute_mapping: 'object',
  custom_claims_allowlist: 'list of text',
  authorization_params: 'object',
  enabled: 'boolean',
  email_optional: 'boolean',
  issuer: 'text',
  discovery_url: 'text',
  skip_nonce_check: 'boolean',
  authorization_url: 'text',
  token_url: 'text',
  userinfo_url: 'text',
  jwks_uri: 'text',
} as const

export type CustomProviderParams = Params<typeof customProviderShape>

const invalid = (message: string) => authErrors.invalid({ message })
const identifierFormat = /^[a-z0-9][a-z0-9:-]{0,48}[a-z0-9]$/

/** @throws PlatformError 400 */
export function checkIdentifier(identifier: string): void {
  if (identifier === '') throw invalid('identifier is required')
  if (!identifier.startsWith('custom:')) {
    throw invalid(`identifier must start with 'custom:' prefix, e.g. 'custom:${identifier}'`)
  }
}

/** `asksIssuer` has a new issuer's document fetched: better refused now than at the first sign-in. @throws PlatformError 400 */
export async function checkCustomProvider(
  context: AuthContext,
  row: NewCustomProvider,
  asksIssuer: boolean,
): Promise<void> {
  checkComplete(row)
  checkIdentifierFormat(row.identifier)
  checkMembers(row)
  for (const url of urlsOf(row)) {
    const fault = findUrlFault(url)
    if (fault !== null) throw invalid(fault)
  }
  if (asksIssuer && row.provider_type === 'oidc') await checkIssuer(context, row)
}

function checkComplete(row: NewCustomProvider): void {
  checkIdentifier(row.identifier)
  const common = ['name', 'client_id', 'client_secret'] as const
  const missing = common.find((member) => row[member] === '')
  if (missing !== undefined) throw invalid(`${missing} is required`)
  if (row.name.length > 100) throw invalid('name cannot exceed 100 characters')
  if (row.client_id.length > 512) throw invalid('client_id cannot exceed 512 characters')
  if (row.provider_type === 'oidc') {
    if (!row.issuer) throw invalid('issuer is required for OIDC providers')
    return
  }
  const urls = ['authorization_url', 'token_url', 'userinfo_url'] as const
  const absent = urls.find((member) => !row[member])
  if (absent !== undefined) throw invalid(`${absent} is required for OAuth2 providers`)
}

function checkIdentifierFormat(identifier: string): void {
  if (identifierFormat.test(identifier)) return
  throw invalid(
    'identifier must be 2 to 50 characters: lowercase letters, digits, colons and hyphens',
  )
}

/** What a provider says never decides these. */
const protectedClaims = new Set([
  'id',
  'aud',
  'role',
  'app_metadata',
  'created_at',
  'updated_at',
  'confirmed_at',
  'email_confirmed_at',
  'phone_confirmed_at',
  'email_verified',
  'phone_verified',
  'banned_until',
  'is_super_admin',
])

function checkMembers(row: NewCustomProvider): void {
  for (const [name, value] of Object.entries(row.authorization_params)) {
    const key = name.toLowerCase()
    if (reservedParameters.has(key) || key === 'nonce') {
      throw invalid(`Cannot override reserved OAuth parameter: ${name}`)
    }
    if (typeof value !== 'string')
      throw invalid(`Authorization parameter "${name}" must be a string`)
  }
  const target = Object.keys(row.attribute_mapping).find((name) => protectedClaims.has(name))
  if (target !== undefined) throw invalid(`Cannot map to protected system field: ${target}`)
  if (row.custom_claims_allowlist.some((name) => name.trim() === '')) {
    throw invalid('custom_claims_allowlist entries must be non-empty strings')
  }
}

function urlsOf(row: NewCustomProvider): readonly string[] {
  const { issuer, discovery_url, authorization_url, token_url, userinfo_url, jwks_uri } = row
  const all = [issuer, discovery_url, authorization_url, token_url, userinfo_url, jwks_uri]
  return all.filter((url): url is string => url !== null && url !== '')
}

async function checkIssuer(
  { publicly, project }: AuthContext,
  { issuer, discovery_url: documentUrl }: NewCustomProvider,
): Promise<void> {
  try {
    const found = await publicly.discover(issuer ?? '', documentUrl ?? undefined)
    const endpoints = {
      authorization_endpoint: found.authorizationEndpoint,
      token_endpoint: found.tokenEndpoint,
    }
    const missing = Object.entries(endpoints).filter(([, url]) => url === '')
    if (missing.length === 0) return
    const names = missing.map(([name]) => name).join(', ')
    throw new Error(`the document is missing required fields: ${names}`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    project.log.warn('the discovery of a custom provider failed', { issuer: issuer ?? '', reason })
    // the reason stays here: it may tell of what only we can reach
    throw invalid(`OIDC discovery from "${documentUrl ?? issuer ?? ''}" failed`)
  }
}
