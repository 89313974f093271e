/** What administrators say of an identity provider. */
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { authErrors, readBody } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'

export interface SsoParams {
  readonly type: string
  readonly metadataUrl: string
  readonly metadataXml: string
  /** Null when nothing is said of them. */
  readonly domains: readonly string[] | null
  readonly attributeMapping: JsonObject | null
  readonly nameIdFormat: string
  readonly resourceId: string | null
  readonly disabled: boolean | null
}

const invalid = (message: string) => authErrors.invalid({ message })

const nameIdFormats = [
  'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
]

/** @throws PlatformError 400 */
export async function readSsoParams(
  { request }: AuthContext,
  isUpdate: boolean,
): Promise<SsoParams> {
  const body = await readBody(request)
  if (!isJsonObject(body)) throw authErrors.badJson({ reason: 'the body must be an object' })
  const params = {
    type: textOf(body, 'type') ?? '',
    metadataUrl: textOf(body, 'metadata_url') ?? '',
    metadataXml: textOf(body, 'metadata_xml') ?? '',
    domains: domainsOf(body),
    attributeMapping: mappingOf(body),
    nameIdFormat: textOf(body, 'name_id_format') ?? '',
    resourceId: textOf(body, 'resource_id'),
    disabled: flagOf(body, 'disabled'),
  }
  check(params, isUpdate)
  return params
}

function check(params: SsoParams, isUpdate: boolean): void {
  const { type, metadataUrl: url, metadataXml: xml } = params
  if (!isUpdate && type !== 'saml') throw invalid("Only 'saml' supported for SSO provider type")
  if (url !== '' && xml !== '') {
    throw invalid('Only one of metadata_xml or metadata_url needs to be set')
  }
  if (!isUpdate && url === '' && xml === '') {
    throw invalid('Either metadata_xml or metadata_url must be set')
  }
  if (url !== '' && !URL.canParse(url)) throw invalid('metadata_url is not a valid URL')
  if (url !== '' && new URL(url).protocol !== 'https:') {
    throw invalid('metadata_url is not a HTTPS URL')
  }
  if (params.nameIdFormat !== '' && !nameIdFormats.includes(params.nameIdFormat)) {
    throw invalid(`name_id_format must be unspecified or one of ${nameIdFormats.join(', ')}`)
  }
}

function textOf(body: JsonObject, name: string): string | null {
  const value = body[name] ?? null
  if (value === null || typeof value === 'string') return value
  throw authErrors.badJson({ reason: `member "${name}" must be text` })
}

function flagOf(body: JsonObject, name: string): boolean | null {
  const value = body[name] ?? null
  if (value === null || typeof value === 'boolean') return value
  throw authErrors.badJson({ reason: `member "${name}" must be boolean` })
}

/** Each once; an empty one would match nobody. */
function domainsOf(body: JsonObject): readonly string[] | null {
  const value = body['domains'] ?? null
  if (value === null) return null
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string')
  if (!isList) throw authErrors.badJson({ reason: 'member "domains" must be a list of texts' })
  if (value.includes('')) throw invalid('domains must not be empty')
  return [...new Set(value)]
}

function mappingOf(body: JsonObject): JsonObject | null {
  const value = body['attribute_mapping'] ?? null
  if (value === null) return null
  if (!isJsonObject(value)) {
    throw authErrors.badJson({ reason: 'member "attribute_mapping" must be object' })
  }
  const keys = value['keys'] ?? {}
  const isMapping = isJsonObject(keys) && Object.values(keys).every(isMappedAttribute)
  if (!isMapping) throw authErrors.badJson({ reason: 'attribute_mapping.keys is not understood' })
  return value
}

function isMappedAttribute(value: unknown): boolean {
  if (!isJsonObject(value)) return false
  const { name, names, array } = value
  const areNames = Array.isArray(names) && names.every((one) => typeof one === 'string')
  return (
    (name === undefined || name === null || typeof name === 'string') &&
    (names === undefined || names === null || areNames) &&
    (array === undefined || array === null || typeof array === 'boolean')
  )
}
