/** …/admin/custom-providers: OAuth and OpenID providers set up at run time (supabase/auth internal/api/custom_oauth_admin.go). */
import { emptyResponse, jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import {
  authErrors,
  causedBy,
  newId,
  readParams,
  readRows,
  requireAdmin,
  rfc3339,
  write,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import {
  checkCustomProvider,
  checkIdentifier,
  customProviderShape,
} from './check-custom-provider.ts'
import type { CustomProviderParams } from './check-custom-provider.ts'
import {
  deleteCustomProvider,
  findCustomProvider,
  insertCustomProvider,
  listCustomProviders,
  updateCustomProvider,
} from './custom-provider-statements.ts'
import type { CustomProviderRow, NewCustomProvider } from './custom-provider-statements.ts'
import { externalErrors } from './errors.ts'
import { sealSecret } from './find-provider.ts'

const invalid = (message: string) => authErrors.invalid({ message })

export async function adminListCustomProviders(context: AuthContext): Promise<HttpResponse> {
  await requireAdmin(context)
  const type = context.query.get('type') || null
  if (type !== null && type !== 'oauth2' && type !== 'oidc') {
    throw invalid("type must be either 'oauth2' or 'oidc'")
  }
  const rows = await readRows<CustomProviderRow>(context, listCustomProviders(type))
  return jsonResponse(200, { providers: rows.map(render) })
}

export async function adminGetCustomProvider(context: AuthContext): Promise<HttpResponse> {
  return jsonResponse(200, render(await requireProvider(context)))
}

async function requireProvider(context: AuthContext): Promise<CustomProviderRow> {
  await requireAdmin(context)
  const identifier = context.pathParams['identifier'] ?? ''
  checkIdentifier(identifier)
  const [row] = await readRows<CustomProviderRow>(context, findCustomProvider(identifier))
  if (row === undefined) throw externalErrors.customProviderNotFound()
  return row
}

export async function adminCreateCustomProvider(context: AuthContext): Promise<HttpResponse> {
  await requireAdmin(context)
  const params = await readParams(context.request, customProviderShape)
  const row = planRow(newId(context), params)
  await checkCustomProvider(context, row, true)
  try {
    const sealed = { ...row, client_secret: sealSecret(context, row.id, row.client_secret) }
    const [made] = await write<CustomProviderRow>(context, [
      insertCustomProvider(sealed, context.now),
    ])
    return jsonResponse(201, render(made as CustomProviderRow))
  } catch (error) {
    if (causedBy(error, '23505') === null) throw error
    throw externalErrors.customProviderExists(undefined, error)
  }
}

function planRow(id: string, params: CustomProviderParams): NewCustomProvider {
  const { provider_type: type } = params
  if (type !== 'oauth2' && type !== 'oidc') {
    throw invalid("provider_type must be either 'oauth2' or 'oidc'")
  }
  const isOidc = type === 'oidc'
  const url = (given: string): string | null => (isOidc ? null : given)
  return {
    id,
    provider_type: type,
    identifier: params.identifier,
    name: params.name,
    client_id: params.client_id,
    client_secret: params.client_secret,
    acceptable_client_ids: params.acceptable_client_ids ?? [],
    scopes: withOpenid(isOidc, params.scopes ?? []),
    pkce_enabled: params.pkce_enabled ?? true,
    attribute_mapping: params.attribute_mapping ?? {},
    custom_claims_allowlist: params.custom_claims_allowlist ?? [],
    authorization_params: params.authorization_params ?? {},
    enabled: params.enabled ?? true,
    email_optional: params.email_optional ?? false,
    issuer: isOidc ? params.issuer : null,
    discovery_url: isOidc ? params.discovery_url || null : null,
    skip_nonce_check: isOidc && params.skip_nonce_check === true,
    authorization_url: url(params.authorization_url),
    token_url: url(params.token_url),
    userinfo_url: url(params.userinfo_url),
    jwks_uri: isOidc ? null : params.jwks_uri || null,
  }
}

function withOpenid(isOidc: boolean, scopes: readonly string[]): readonly string[] {
  return isOidc && !scopes.includes('openid') ? ['openid', ...scopes] : scopes
}

/** What is not given stays; type and identifier always do. */
export async function adminUpdateCustomProvider(context: AuthContext): Promise<HttpResponse> {
  const row = await requireProvider(context)
  const params = await readParams(context.request, customProviderShape)
  const changed = change(row, params)
  const moves = params.issuer !== '' || params.discovery_url !== ''
  await checkCustomProvider(context, changed, moves)
  const { client_secret: secret } = params
  const sealed = secret === '' ? row.client_secret : sealSecret(context, row.id, secret)
  const [updated] = await write<CustomProviderRow>(context, [
    updateCustomProvider({ ...changed, client_secret: sealed }, context.now),
  ])
  if (updated === undefined) throw externalErrors.customProviderNotFound()
  return jsonResponse(200, render(updated))
}

function change(row: CustomProviderRow, params: CustomProviderParams): NewCustomProvider {
  const isOidc = row.provider_type === 'oidc'
  const scopes = params.scopes === null ? row.scopes : withOpenid(isOidc, params.scopes)
  const common = {
    ...row,
    name: params.name || row.name,
    client_id: params.client_id || row.client_id,
    client_secret: params.client_secret || row.client_secret,
    acceptable_client_ids: params.acceptable_client_ids ?? row.acceptable_client_ids,
    scopes,
    pkce_enabled: params.pkce_enabled ?? row.pkce_enabled,
    attribute_mapping: params.attribute_mapping ?? row.attribute_mapping,
    custom_claims_allowlist: params.custom_claims_allowlist ?? row.custom_claims_allowlist,
    authorization_params: params.authorization_params ?? row.authorization_params,
    enabled: params.enabled ?? row.enabled,
    email_optional: params.email_optional ?? row.email_optional,
  }
  if (isOidc) {
    return {
      ...common,
      issuer: params.issuer || row.issuer,
      discovery_url: params.discovery_url || row.discovery_url,
      skip_nonce_check: params.skip_nonce_check ?? row.skip_nonce_check,
    }
  }
  return {
    ...common,
    authorization_url: params.authorization_url || row.authorization_url,
    token_url: params.token_url || row.token_url,
    userinfo_url: params.userinfo_url || row.userinfo_url,
    jwks_uri: params.jwks_uri || row.jwks_uri,
  }
}

export async function adminDeleteCustomProvider(context: AuthContext): Promise<HttpResponse> {
  const row = await requireProvider(context)
  await write(context, [deleteCustomProvider(row.id)])
  return emptyResponse(204)
}

/** The secret never shows; what a provider's type does not have is left out. */
function render(row: CustomProviderRow): JsonObject {
  const given = Object.entries(row).filter(
    ([name, value]) => value !== null && name !== 'client_secret',
  )
  return {
    ...(Object.fromEntries(given) as JsonObject),
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  }
}
