/** Single sign-on: identity providers, sign-ins under way, assertions that were used. */
import type { JsonObject } from '#base/kernel'
import { arrayLiteral, fragment, sql, verbatim } from '#base/sql'
import type { Fragment, Statement } from '#base/sql'

export interface SsoProviderRow {
  readonly id: string
  readonly resource_id: string | null
  readonly disabled: boolean | null
  readonly created_at: string
  readonly updated_at: string
  readonly entity_id: string
  readonly metadata_xml: string
  readonly metadata_url: string | null
  readonly metadata_ms: number
  readonly attribute_mapping: JsonObject | null
  readonly name_id_format: string | null
  readonly domains: readonly string[]
}

const providerColumns = verbatim(`
  provider.id, provider.resource_id, provider.disabled, provider.created_at, provider.updated_at,
  saml.entity_id, saml.metadata_xml, saml.metadata_url, saml.attribute_mapping, saml.name_id_format,
  extract(epoch from saml.updated_at)::float8 * 1000 as metadata_ms,
  (select coalesce(json_agg(owned.domain order by owned.created_at, owned.domain), '[]')
    from auth.sso_domains as owned where owned.sso_provider_id = provider.id) as domains`)

const providers = (condition: Fragment): Fragment => fragment`
    select ${providerColumns}
    from auth.sso_providers as provider join auth.saml_providers as saml on saml.sso_provider_id = provider.id
    where ${condition}`

export function findSsoProvider(id: string): Statement {
  return sql`/* auth.findSsoProvider */ ${providers(fragment`provider.id = ${id}`)}`
}

export function findSsoProviderByResource(resourceId: string): Statement {
  return sql`/* auth.findSsoProviderByResource */
    ${providers(fragment`lower(provider.resource_id) = ${resourceId.toLowerCase()}`)}`
}

export function findSsoProviderByEntity(entityId: string): Statement {
  return sql`/* auth.findSsoProviderByEntity */ ${providers(fragment`saml.entity_id = ${entityId}`)}`
}

/** Whose addresses of one of these domains are. */
export function findSsoProvidersByDomain(domains: readonly string[]): Statement {
  const wanted = arrayLiteral(domains.map((domain) => domain.toLowerCase()))
  return sql`/* auth.findSsoProvidersByDomain */
    ${providers(fragment`provider.id in (
      select owned.sso_provider_id from auth.sso_domains as owned where lower(owned.domain) = any (${wanted}::text[])
    )`)}`
}

/** `prefix` is for the beginning of the resource id; both '' for all. */
export function listSsoProviders(resourceId: string, prefix: string): Statement {
  return sql`/* auth.listSsoProviders */
    ${providers(fragment`(${resourceId} = '' or provider.resource_id = ${resourceId})
      and (${prefix} = '' or starts_with(provider.resource_id, ${prefix}))`)}
    order by provider.created_at, provider.id`
}

export interface SsoProviderChange {
  readonly resourceId: string | null
  readonly disabled: boolean | null
  readonly entityId: string
  readonly metadataXml: string
  readonly metadataUrl: string | null
  readonly attributeMapping: JsonObject
  readonly nameIdFormat: string | null
}

/** Both rows of it. */
export function insertSsoProvider(
  ids: { readonly provider: string; readonly saml: string },
  change: SsoProviderChange,
  now: string,
): Statement {
  return sql`/* auth.insertSsoProvider */
    with made as (
      insert into auth.sso_providers (id, resource_id, disabled, created_at, updated_at)
      values (${ids.provider}, ${change.resourceId}, ${change.disabled}, ${now}, ${now}) returning id
    )
    insert into auth.saml_providers (
      id, sso_provider_id, entity_id, metadata_xml, metadata_url, attribute_mapping, name_id_format, created_at, updated_at
    )
    select ${ids.saml}::uuid, made.id, ${change.entityId}, ${change.metadataXml}, ${change.metadataUrl},
      ${JSON.stringify(change.attributeMapping)}::jsonb, ${change.nameIdFormat}, ${now}::timestamptz, ${now}::timestamptz
    from made`
}

export function updateSsoProvider(id: string, change: SsoProviderChange, now: string): Statement {
  return sql`/* auth.updateSsoProvider */
    with changed as (
      update auth.sso_providers
      set resource_id = ${change.resourceId}, disabled = ${change.disabled}, updated_at = ${now} where id = ${id}
    )
    update auth.saml_providers
    set metadata_xml = ${change.metadataXml}, metadata_url = ${change.metadataUrl},
      attribute_mapping = ${JSON.stringify(change.attributeMapping)}::jsonb, name_id_format = ${change.nameIdFormat},
      updated_at = ${now}
    where sso_provider_id = ${id}`
}

/** What its URL says now. */
export function refreshSsoMetadata(id: string, metadataXml: string, now: string): Statement {
  return sql`/* auth.refreshSsoMetadata */
    update auth.saml_providers set metadata_xml = ${metadataXml}, updated_at = ${now} where sso_provider_id = ${id}`
}

/** Exactly these from now on. */
export function setSsoDomains(id: string, domains: readonly string[], now: string): Statement[] {
  const kept = arrayLiteral([...domains])
  return [
    sql`/* auth.deleteSsoDomains */
      delete from auth.sso_domains where sso_provider_id = ${id} and not domain = any (${kept}::text[])`,
    sql`/* auth.insertSsoDomains */
      insert into auth.sso_domains (id, sso_provider_id, domain, created_at, updated_at)
      select gen_random_uuid(), ${id}::uuid, wanted.domain, ${now}::timestamptz, ${now}::timestamptz
      from unnest(${kept}::text[]) as wanted (domain)
      where not exists (
        select from auth.sso_domains as owned where owned.sso_provider_id = ${id} and owned.domain = wanted.domain
      )`,
  ]
}

export function deleteSsoProvider(id: string): Statement {
  return sql`/* auth.deleteSsoProvider */ delete from auth.sso_providers where id = ${id}`
}

export interface NewRelayState {
  readonly id: string
  readonly providerId: string
  readonly requestId: string
  readonly redirectTo: string
  /** The PKCE flow it ends in; null for the implicit one. */
  readonly flowId: string | null
}

/** Some that nobody came back from go at the same time. */
export function insertRelayState(state: NewRelayState, now: string): Statement {
  return sql`/* auth.insertRelayState */
    with old as (
      delete from auth.saml_relay_states where id in (
        select id from auth.saml_relay_states where created_at < ${now}::timestamptz - interval '1 day'
        limit 20 for update skip locked
      )
    )
    insert into auth.saml_relay_states (id, sso_provider_id, request_id, redirect_to, flow_state_id, created_at, updated_at)
    values (${state.id}, ${state.providerId}, ${state.requestId}, ${state.redirectTo}, ${state.flowId}, ${now}, ${now})`
}

export interface RelayStateRow {
  readonly sso_provider_id: string
  readonly request_id: string
  readonly redirect_to: string | null
  readonly flow_state_id: string | null
  readonly created_ms: number
}

/** Good for one answer. */
export function takeRelayState(id: string): Statement {
  return sql`/* auth.takeRelayState */
    delete from auth.saml_relay_states where id = ${id}
    returning sso_provider_id, request_id, redirect_to, flow_state_id,
      extract(epoch from created_at)::float8 * 1000 as created_ms`
}

/** The PKCE flow of a sign-in that comes back from an identity provider. */
export function insertSsoFlow(
  flow: {
    readonly id: string
    readonly authCode: string
    readonly challenge: string
    readonly method: 's256' | 'plain'
    readonly referrer: string
  },
  now: string,
): Statement {
  return sql`/* auth.insertSsoFlow */
    insert into auth.flow_state (
      id, auth_code, code_challenge, code_challenge_method, provider_type, authentication_method,
      provider_access_token, provider_refresh_token, referrer, created_at, updated_at
    ) values (
      ${flow.id}, ${flow.authCode}, ${flow.challenge}, ${flow.method}, 'sso/saml', 'sso/saml', '', '',
      ${flow.referrer}, ${now}, ${now}
    )`
}

/** Gives the flow its user; the code the client exchanges comes back, unless somebody was first. */
export function completeSsoFlow(id: string, userId: string, now: string): Statement {
  return sql`/* auth.completeSsoFlow */
    update auth.flow_state set user_id = ${userId}, auth_code_issued_at = ${now}, updated_at = ${now}
    where id = ${id} and user_id is null returning auth_code`
}

/** No row comes back for an assertion that was used before. Those of an hour ago have expired by themselves. */
export function useAssertion(key: string, now: string): Statement {
  return sql`/* auth.useAssertion */
    with old as (
      delete from basalt.saml_assertions where key in (
        select key from basalt.saml_assertions where used_at < ${now}::timestamptz - interval '1 hour'
        limit 20 for update skip locked
      )
    )
    insert into basalt.saml_assertions (key, used_at) values (${key}, ${now}) on conflict do nothing returning key`
}
