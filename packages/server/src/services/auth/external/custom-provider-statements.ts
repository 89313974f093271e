/** Providers an administrator set up at run time. */
import type { JsonObject } from '#base/kernel'
import { arrayLiteral, sql, verbatim } from '#base/sql'
import type { Statement } from '#base/sql'

export interface CustomProviderRow {
  readonly id: string
  readonly provider_type: 'oauth2' | 'oidc'
  /** `custom:acme` */
  readonly identifier: string
  readonly name: string
  readonly client_id: string
  readonly client_secret: string
  readonly acceptable_client_ids: readonly string[]
  readonly scopes: readonly string[]
  readonly pkce_enabled: boolean
  readonly attribute_mapping: JsonObject
  readonly custom_claims_allowlist: readonly string[]
  readonly authorization_params: JsonObject
  readonly enabled: boolean
  readonly email_optional: boolean
  readonly issuer: string | null
  readonly discovery_url: string | null
  readonly skip_nonce_check: boolean
  readonly authorization_url: string | null
  readonly token_url: string | null
  readonly userinfo_url: string | null
  readonly jwks_uri: string | null
  readonly created_at: string
  readonly updated_at: string
}

const columns = verbatim(`id, provider_type, identifier, name, client_id, client_secret,
  to_json(acceptable_client_ids) as acceptable_client_ids, to_json(scopes) as scopes, pkce_enabled, attribute_mapping,
  to_json(custom_claims_allowlist) as custom_claims_allowlist, authorization_params, enabled, email_optional, issuer,
  discovery_url, skip_nonce_check, authorization_url, token_url, userinfo_url, jwks_uri, created_at, updated_at`)

export function findCustomProvider(identifier: string): Statement {
  return sql`/* auth.findCustomProvider */
    select ${columns} from auth.custom_oauth_providers where identifier = ${identifier}`
}

/** All where `type` is null. */
export function listCustomProviders(type: string | null): Statement {
  return sql`/* auth.listCustomProviders */
    select ${columns} from auth.custom_oauth_providers
    where ${type}::text is null or provider_type = ${type} order by created_at desc, id`
}

export type NewCustomProvider = Omit<CustomProviderRow, 'created_at' | 'updated_at'>

export function insertCustomProvider(row: NewCustomProvider, now: string): Statement {
  return sql`/* auth.insertCustomProvider */
    insert into auth.custom_oauth_providers (
      id, provider_type, identifier, name, client_id, client_secret, acceptable_client_ids, scopes, pkce_enabled,
      attribute_mapping, custom_claims_allowlist, authorization_params, enabled, email_optional, issuer, discovery_url,
      skip_nonce_check, authorization_url, token_url, userinfo_url, jwks_uri, created_at, updated_at
    ) values (
      ${row.id}, ${row.provider_type}, ${row.identifier}, ${row.name}, ${row.client_id}, ${row.client_secret},
      ${arrayLiteral(row.acceptable_client_ids)}, ${arrayLiteral(row.scopes)}, ${row.pkce_enabled},
      ${JSON.stringify(row.attribute_mapping)}, ${arrayLiteral(row.custom_claims_allowlist)},
      ${JSON.stringify(row.authorization_params)}, ${row.enabled}, ${row.email_optional}, ${row.issuer},
      ${row.discovery_url}, ${row.skip_nonce_check}, ${row.authorization_url}, ${row.token_url}, ${row.userinfo_url},
      ${row.jwks_uri}, ${now}, ${now}
    ) returning ${columns}`
}

export function updateCustomProvider(row: NewCustomProvider, now: string): Statement {
  return sql`/* auth.updateCustomProvider */
    update auth.custom_oauth_providers
    set name = ${row.name}, client_id = ${row.client_id}, client_secret = ${row.client_secret},
      acceptable_client_ids = ${arrayLiteral(row.acceptable_client_ids)}, scopes = ${arrayLiteral(row.scopes)},
      pkce_enabled = ${row.pkce_enabled}, attribute_mapping = ${JSON.stringify(row.attribute_mapping)},
      custom_claims_allowlist = ${arrayLiteral(row.custom_claims_allowlist)},
      authorization_params = ${JSON.stringify(row.authorization_params)}, enabled = ${row.enabled},
      email_optional = ${row.email_optional}, issuer = ${row.issuer}, discovery_url = ${row.discovery_url},
      skip_nonce_check = ${row.skip_nonce_check}, authorization_url = ${row.authorization_url},
      token_url = ${row.token_url}, userinfo_url = ${row.userinfo_url}, jwks_uri = ${row.jwks_uri}, updated_at = ${now}
    where id = ${row.id} returning ${columns}`
}

export function deleteCustomProvider(id: string): Statement {
  return sql`/* auth.deleteCustomProvider */ delete from auth.custom_oauth_providers where id = ${id}`
}
