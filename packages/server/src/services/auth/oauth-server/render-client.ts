/** A client as administrators and itself see it (RFC 7591 section 3.2.1). */
import type { JsonObject } from '#base/kernel'
import { rfc3339 } from '#services/auth/core'
import type { OauthClientRow } from './client-statements.ts'

export function listOf(text: string): readonly string[] {
  return text.split(',').filter((item) => item !== '')
}

/** `secret` is shown once, when it is made. */
export function renderClient(client: OauthClientRow, secret: string | null): JsonObject {
  return {
    client_id: client.id,
    ...(secret === null ? {} : { client_secret: secret }),
    client_type: client.client_type,
    redirect_uris: listOf(client.redirect_uris),
    token_endpoint_auth_method: client.token_endpoint_auth_method,
    grant_types: listOf(client.grant_types),
    response_types: ['code'],
    ...named(client, ['client_name', 'client_uri', 'logo_uri']),
    registration_type: client.registration_type,
    created_at: rfc3339(client.created_at),
    updated_at: rfc3339(client.updated_at),
  }
}

function named(
  client: OauthClientRow,
  names: readonly ('client_name' | 'client_uri' | 'logo_uri')[],
): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (client[name] ? [[name, client[name]]] : [])))
}

/** The same for the page that asks the user. */
export function describeClient(
  client: Pick<OauthClientRow, 'client_name' | 'client_uri' | 'logo_uri'> & { readonly id: string },
): JsonObject {
  const { id, client_name: name, client_uri: uri, logo_uri: logo } = client
  return {
    id,
    ...(name ? { name } : {}),
    ...(uri ? { uri } : {}),
    ...(logo ? { logo_uri: logo } : {}),
  }
}
