/** /admin/sso/providers: identity providers in an administrator's hands. `{id}` is a UUID or `resource_<resource id>`. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import {
  causedBy,
  isUuid,
  newId,
  readRows,
  requireAdmin,
  rfc3339,
  write,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { readSsoParams } from './admin-sso-params.ts'
import type { SsoParams } from './admin-sso-params.ts'
import { ssoErrors } from './errors.ts'
import { fetchMetadata, readMetadata } from './saml-metadata.ts'
import {
  deleteSsoProvider,
  findSsoProvider,
  findSsoProviderByEntity,
  findSsoProviderByResource,
  findSsoProvidersByDomain,
  insertSsoProvider,
  listSsoProviders,
  setSsoDomains,
  updateSsoProvider,
} from './statements.ts'
import type { SsoProviderChange, SsoProviderRow } from './statements.ts'

export async function adminListSsoProviders(context: AuthContext): Promise<HttpResponse> {
  await requireAdmin(context)
  const { query } = context
  const wanted = query.get('resource_id') ?? ''
  const prefix = wanted === '' ? (query.get('resource_id_prefix') ?? '') : ''
  const rows = await readRows<SsoProviderRow>(context, listSsoProviders(wanted, prefix))
  // without the metadata, which may be long
  return jsonResponse(200, { items: rows.map((row) => render({ ...row, metadata_xml: '' })) })
}

export async function adminGetSsoProvider(context: AuthContext): Promise<HttpResponse> {
  return jsonResponse(200, render(await findProvider(context)))
}

export async function adminCreateSsoProvider(context: AuthContext): Promise<HttpResponse> {
  await requireAdmin(context)
  const params = await readSsoParams(context, false)
  const metadata = await metadataOf(context, params)
  const { entityId } = metadata
  const known = await readRows(context, findSsoProviderByEntity(entityId))
  if (known.length > 0) throw ssoErrors.samlIdpExists({ entityId })
  const domains = params.domains ?? []
  await refuseTakenDomains(context, domains, null)
  const id = newId(context)
  const change: SsoProviderChange = {
    ...metadata,
    resourceId: params.resourceId || null,
    disabled: params.disabled,
    metadataUrl: params.metadataUrl || null,
    attributeMapping: params.attributeMapping ?? {},
    nameIdFormat: params.nameIdFormat || null,
  }
  const row = await save(context, id, [
    insertSsoProvider({ provider: id, saml: newId(context) }, change, context.now),
    ...setSsoDomains(id, domains, context.now),
  ])
  return jsonResponse(201, render(row))
}

export async function adminUpdateSsoProvider(context: AuthContext): Promise<HttpResponse> {
  const provider = await findProvider(context)
  const params = await readSsoParams(context, true)
  const change = await planUpdate(context, provider, params)
  if (params.domains !== null) await refuseTakenDomains(context, params.domains, provider.id)
  const row = await save(context, provider.id, [
    updateSsoProvider(provider.id, change, context.now),
    ...(params.domains === null ? [] : setSsoDomains(provider.id, params.domains, context.now)),
  ])
  return jsonResponse(200, render(row))
}

export async function adminDeleteSsoProvider(context: AuthContext): Promise<HttpResponse> {
  const provider = await findProvider(context)
  await write(context, [deleteSsoProvider(provider.id)])
  return jsonResponse(200, render(provider))
}

async function findProvider(context: AuthContext): Promise<SsoProviderRow> {
  await requireAdmin(context)
  const id = context.pathParams['id'] ?? ''
  const prefix = 'resource_'
  const isResource = id.startsWith(prefix)
  if (!isResource && !isUuid(id)) throw ssoErrors.ssoProviderNotFound()
  const statement = isResource
    ? findSsoProviderByResource(id.slice(prefix.length))
    : findSsoProvider(id)
  const [row] = await readRows<SsoProviderRow>(context, statement)
  if (row === undefined) throw ssoErrors.ssoProviderNotFound()
  return row
}

async function metadataOf(
  context: AuthContext,
  { metadataUrl: url, metadataXml: xml }: SsoParams,
): Promise<{ readonly entityId: string; readonly metadataXml: string }> {
  const metadataXml = xml === '' ? await fetchMetadata(context, url) : xml
  const { entityId } = await readMetadata(metadataXml)
  return { entityId, metadataXml }
}

/** A provider stays who it is. What nothing is said of stays, but for the format of names, as with GoTrue. */
async function planUpdate(
  context: AuthContext,
  row: SsoProviderRow,
  params: SsoParams,
): Promise<SsoProviderChange> {
  const brings = params.metadataUrl !== '' || params.metadataXml !== ''
  const metadata = brings
    ? await metadataOf(context, params)
    : { entityId: row.entity_id, metadataXml: row.metadata_xml }
  const { entityId: found } = metadata
  if (found !== row.entity_id) {
    throw ssoErrors.samlEntityMismatch({ expected: row.entity_id, found })
  }
  return {
    ...metadata,
    metadataUrl: params.metadataUrl || row.metadata_url,
    resourceId: params.resourceId === null ? row.resource_id : params.resourceId || null,
    disabled: params.disabled ?? row.disabled,
    attributeMapping: params.attributeMapping ?? row.attribute_mapping ?? {},
    nameIdFormat: params.nameIdFormat || null,
  }
}

async function refuseTakenDomains(
  context: AuthContext,
  domains: readonly string[],
  exceptId: string | null,
): Promise<void> {
  const rows = await readRows<SsoProviderRow>(context, findSsoProvidersByDomain(domains))
  for (const { id, domains: owned } of rows) {
    if (id === exceptId) continue
    const taken = domains.find((domain) =>
      owned.some((one) => one.toLowerCase() === domain.toLowerCase()),
    )
    throw ssoErrors.ssoDomainTaken({ domain: taken ?? '', id })
  }
}

async function save(
  context: AuthContext,
  id: string,
  statements: Parameters<typeof write>[1],
): Promise<SsoProviderRow> {
  try {
    const [row] = await write<SsoProviderRow>(context, [...statements, findSsoProvider(id)])
    return row as SsoProviderRow
  } catch (error) {
    if (causedBy(error, '23505') !== null) throw ssoErrors.ssoConflict(undefined, error)
    throw error
  }
}

function render(row: SsoProviderRow): JsonObject {
  return {
    id: row.id,
    ...(row.resource_id === null ? {} : { resource_id: row.resource_id }),
    disabled: row.disabled,
    saml: {
      entity_id: row.entity_id,
      ...(row.metadata_xml === '' ? {} : { metadata_xml: row.metadata_xml }),
      ...(row.metadata_url === null ? {} : { metadata_url: row.metadata_url }),
      attribute_mapping: row.attribute_mapping ?? {},
      ...(row.name_id_format === null ? {} : { name_id_format: row.name_id_format }),
    },
    domains: row.domains.map((domain) => ({ domain })),
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  }
}
