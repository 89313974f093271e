/** POST /oauth/clients/register, POST /admin/oauth/clients: a new client, by itself or by an administrator. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { authErrors, newId, readParams, requireAdmin, write } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { takeAllowance } from '#services/auth/limits'
import {
  checkGrantTypes,
  checkName,
  checkPage,
  checkRedirectUris,
  clientTypeOf,
} from './client-metadata.ts'
import { newClientSecret } from './client-secret.ts'
import { insertOauthClient } from './client-statements.ts'
import type { OauthClientRow } from './client-statements.ts'
import { oauthServerErrors } from './errors.ts'
import { renderClient } from './render-client.ts'
import { requireEnabled } from './require-enabled.ts'

const shape = {
  redirect_uris: 'list of text',
  client_type: 'text',
  token_endpoint_auth_method: 'text',
  grant_types: 'list of text',
  client_name: 'text',
  client_uri: 'text',
  logo_uri: 'text',
} as const

export async function registerClient(context: AuthContext): Promise<HttpResponse> {
  requireEnabled(context)
  if (!context.config['auth.oauth_server.allow_dynamic_registration']) {
    throw oauthServerErrors.registrationDisabled()
  }
  takeAllowance(context, 'oauthRegister')
  return register(context, 'dynamic')
}

export async function adminCreateClient(context: AuthContext): Promise<HttpResponse> {
  await requireAdmin(context)
  requireEnabled(context)
  return register(context, 'manual')
}

async function register(
  context: AuthContext,
  registration: OauthClientRow['registration_type'],
): Promise<HttpResponse> {
  const params = await readParams(context.request, shape)
  const uris = params.redirect_uris ?? []
  if (uris.length === 0) throw authErrors.invalid({ message: 'redirect_uris is required' })
  checkRedirectUris(uris)
  const given = params.grant_types ?? []
  const grants = given.length === 0 ? ['authorization_code', 'refresh_token'] : given
  checkGrantTypes(grants)
  checkName(params.client_name)
  checkPage('client_uri', params.client_uri)
  checkPage('logo_uri', params.logo_uri)
  const type = clientTypeOf(params.client_type, params.token_endpoint_auth_method)
  const usual = type === 'public' ? 'none' : 'client_secret_basic'
  const made = type === 'public' ? null : newClientSecret(context.project.random)
  const client = {
    id: newId(context),
    client_secret_hash: made?.hash ?? null,
    registration_type: registration,
    client_type: type,
    token_endpoint_auth_method: params.token_endpoint_auth_method || usual,
    redirect_uris: uris.join(','),
    grant_types: grants.join(','),
    client_name: params.client_name || null,
    client_uri: params.client_uri || null,
    logo_uri: params.logo_uri || null,
  }
  const [row] = await write<OauthClientRow>(context, [insertOauthClient(client, context.now)])
  const body = renderClient(row as OauthClientRow, made?.secret ?? null)
  return jsonResponse(201, body, { 'cache-control': 'no-store' })
}
