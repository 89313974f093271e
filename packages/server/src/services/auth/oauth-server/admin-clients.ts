/** GET, PUT, DELETE /admin/oauth/clients…: clients as administrators see and change them. */
import { emptyResponse, jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import {
  authErrors,
  isUuid,
  pageHeaders,
  readAll,
  readPage,
  readParams,
  readRows,
  requireAdmin,
  write,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import {
  authMethods,
  checkGrantTypes,
  checkName,
  checkPage,
  checkRedirectUris,
} from './client-metadata.ts'
import { newClientSecret } from './client-secret.ts'
import {
  countOauthClients,
  deleteOauthClient,
  findOauthClient,
  listOauthClients,
  setOauthClientSecret,
  updateOauthClient,
} from './client-statements.ts'
import type { NewOauthClient, OauthClientRow } from './client-statements.ts'
import { oauthServerErrors } from './errors.ts'
import { renderClient } from './render-client.ts'
import { requireEnabled } from './require-enabled.ts'

export async function adminListClients(context: AuthContext): Promise<HttpResponse> {
  await requireAdmin(context)
  requireEnabled(context)
  const page = readPage(context)
  const [counts, rows] = await readAll(
    context,
    countOauthClients(),
    listOauthClients(page.size, page.offset),
  )
  const total = decodeRows<{ total: number }>(counts as Result)[0]?.total ?? 0
  const clients = decodeRows<OauthClientRow>(rows as Result).map((row) => renderClient(row, null))
  return jsonResponse(200, { clients }, pageHeaders(context, page, total))
}

export async function adminGetClient(context: AuthContext): Promise<HttpResponse> {
  return jsonResponse(200, renderClient(await requireClient(context), null))
}

async function requireClient(context: AuthContext): Promise<OauthClientRow> {
  await requireAdmin(context)
  requireEnabled(context)
  const id = context.pathParams['id'] ?? ''
  if (!isUuid(id)) throw authErrors.invalid({ message: 'invalid client_id format' })
  const [client] = await readRows<OauthClientRow>(context, findOauthClient(id))
  if (client === undefined) throw oauthServerErrors.oauthClientNotFound()
  return client
}

const shape = {
  redirect_uris: 'list of text',
  grant_types: 'list of text',
  client_name: 'optional text',
  client_uri: 'optional text',
  logo_uri: 'optional text',
  token_endpoint_auth_method: 'optional text',
} as const

export async function adminUpdateClient(context: AuthContext): Promise<HttpResponse> {
  const client = await requireClient(context)
  const params = await readParams(context.request, shape)
  if (Object.values(params).every((value) => value === null)) {
    throw authErrors.invalid({ message: 'No fields provided for update' })
  }
  if (params.redirect_uris !== null) checkRedirectUris(params.redirect_uris)
  if (params.grant_types !== null) checkGrantTypes(params.grant_types)
  checkName(params.client_name ?? '')
  checkPage('client_uri', params.client_uri ?? '')
  checkPage('logo_uri', params.logo_uri ?? '')
  if (params.token_endpoint_auth_method !== null) {
    checkAuthMethod(client, params.token_endpoint_auth_method)
  }
  const changed: NewOauthClient = {
    ...client,
    redirect_uris: params.redirect_uris?.join(',') ?? client.redirect_uris,
    grant_types: params.grant_types?.join(',') ?? client.grant_types,
    client_name: (params.client_name ?? client.client_name) || null,
    client_uri: (params.client_uri ?? client.client_uri) || null,
    logo_uri: (params.logo_uri ?? client.logo_uri) || null,
    token_endpoint_auth_method:
      params.token_endpoint_auth_method ?? client.token_endpoint_auth_method,
  }
  const [row] = await write<OauthClientRow>(context, [updateOauthClient(changed, context.now)])
  if (row === undefined) throw oauthServerErrors.oauthClientNotFound()
  return jsonResponse(200, renderClient(row, null))
}

/** A client stays public or confidential all its life. */
function checkAuthMethod({ client_type: type }: OauthClientRow, method: string): void {
  if (!authMethods.some((known) => known === method)) {
    throw authErrors.invalid({
      message: `invalid token_endpoint_auth_method: must be one of [${authMethods.join(' ')}]`,
    })
  }
  const valid = authMethods.filter((known) => (known === 'none') === (type === 'public'))
  if (valid.some((known) => known === method)) return
  throw authErrors.invalid({
    message: `token_endpoint_auth_method '${method}' is not valid for client_type '${type}'; valid methods: [${valid.join(' ')}]`,
  })
}

export async function adminDeleteClient(context: AuthContext): Promise<HttpResponse> {
  const client = await requireClient(context)
  await write(context, [deleteOauthClient(client.id, context.now)])
  return emptyResponse(204)
}

export async function adminRegenerateSecret(context: AuthContext): Promise<HttpResponse> {
  const client = await requireClient(context)
  if (client.client_type === 'public') {
    throw authErrors.invalid({ message: 'Cannot regenerate secret for public client' })
  }
  const { secret, hash } = newClientSecret(context.project.random)
  const [row] = await write<OauthClientRow>(context, [
    setOauthClientSecret(client.id, hash, context.now),
  ])
  if (row === undefined) throw oauthServerErrors.oauthClientNotFound()
  return jsonResponse(200, renderClient(row, secret), { 'cache-control': 'no-store' })
}
