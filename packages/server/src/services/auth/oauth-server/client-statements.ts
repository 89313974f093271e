/** Applications that sign users in through this project. */
import { sql, verbatim } from '#base/sql'
import type { Statement } from '#base/sql'

export interface OauthClientRow {
  readonly id: string
  /** Base64url of SHA-256; null for public clients. */
  readonly client_secret_hash: string | null
  readonly registration_type: 'dynamic' | 'manual'
  readonly client_type: 'public' | 'confidential'
  readonly token_endpoint_auth_method: string
  /** Separated by commas. */
  readonly redirect_uris: string
  readonly grant_types: string
  readonly client_name: string | null
  readonly client_uri: string | null
  readonly logo_uri: string | null
  readonly created_at: string
  readonly updated_at: string
}

const columns = verbatim(`id, client_secret_hash, registration_type::text as registration_type,
  client_type::text as client_type, token_endpoint_auth_method, redirect_uris, grant_types, client_name, client_uri,
  logo_uri, created_at, updated_at`)

export function findOauthClient(id: string): Statement {
  return sql`/* auth.findOauthClient */
    select ${columns} from auth.oauth_clients where id = ${id} and deleted_at is null`
}

export function listOauthClients(limit: number, offset: number): Statement {
  return sql`/* auth.listOauthClients */
    select ${columns} from auth.oauth_clients where deleted_at is null
    order by created_at desc, id limit ${limit} offset ${offset}`
}

export function countOauthClients(): Statement {
  return sql`/* auth.countOauthClients */
    select count(*)::int as total from auth.oauth_clients where deleted_at is null`
}

export type NewOauthClient = Omit<OauthClientRow, 'created_at' | 'updated_at'>

export function insertOauthClient(client: NewOauthClient, now: string): Statement {
  return sql`/* auth.insertOauthClient */
    insert into auth.oauth_clients (
      id, client_secret_hash, registration_type, client_type, token_endpoint_auth_method, redirect_uris, grant_types,
      client_name, client_uri, logo_uri, created_at, updated_at
    ) values (
      ${client.id}, ${client.client_secret_hash}, ${client.registration_type}, ${client.client_type},
      ${client.token_endpoint_auth_method}, ${client.redirect_uris}, ${client.grant_types}, ${client.client_name},
      ${client.client_uri}, ${client.logo_uri}, ${now}, ${now}
    ) returning ${columns}`
}

/** All that may change about one, but its secret. */
export function updateOauthClient(client: NewOauthClient, now: string): Statement {
  return sql`/* auth.updateOauthClient */
    update auth.oauth_clients
    set token_endpoint_auth_method = ${client.token_endpoint_auth_method}, redirect_uris = ${client.redirect_uris},
      grant_types = ${client.grant_types}, client_name = ${client.client_name}, client_uri = ${client.client_uri},
      logo_uri = ${client.logo_uri}, updated_at = ${now}
    where id = ${client.id} and deleted_at is null returning ${columns}`
}

export function setOauthClientSecret(id: string, hash: string, now: string): Statement {
  return sql`/* auth.setOauthClientSecret */
    update auth.oauth_clients set client_secret_hash = ${hash}, updated_at = ${now}
    where id = ${id} and deleted_at is null returning ${columns}`
}

/** The row stays for what refers to it; nobody finds it any more. */
export function deleteOauthClient(id: string, now: string): Statement {
  return sql`/* auth.deleteOauthClient */
    update auth.oauth_clients set deleted_at = ${now}, updated_at = ${now} where id = ${id}`
}
