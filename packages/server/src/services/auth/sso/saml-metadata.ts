/** Metadata of identity providers: read, fetched, kept fresh. And GET /sso/saml/metadata: our own. */
import type { HttpResponse } from '#base/http'
import { authErrors, authUrl, write } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import {
  maxXmlBytes,
  parseIdpMetadata,
  renderSpMetadata,
  SamlProblem,
  serviceProviderOf,
} from '#services/auth/sso/saml'
import type { IdentityProvider, ServiceProvider } from '#services/auth/sso/saml'
import { ssoErrors } from './errors.ts'
import { refreshSsoMetadata } from './statements.ts'
import type { SsoProviderRow } from './statements.ts'

export function requireSaml({ config }: AuthContext): void {
  if (!config['auth.saml.enabled']) throw ssoErrors.samlDisabled()
}

export function ownProvider({ config, project }: AuthContext): ServiceProvider {
  return serviceProviderOf(config, authUrl(project))
}

const yearMs = 365 * 24 * 3_600_000

export function getSamlMetadata(context: AuthContext): HttpResponse {
  requireSaml(context)
  const isDownload = context.query.get('download') === 'true'
  // five years, as Google Workspace gives its own
  const lifeMs = isDownload ? 5 * yearMs : 48 * 3_600_000
  const validUntil = new Date(context.nowMs + lifeMs).toISOString()
  return {
    status: 200,
    headers: {
      'content-type': 'application/xml',
      'cache-control': 'public, max-age=600',
      ...(isDownload ? { 'content-disposition': 'attachment; filename="metadata.xml"' } : {}),
    },
    body: renderSpMetadata(ownProvider(context), validUntil),
  }
}

/** @throws PlatformError 400 with what is wrong with it */
export async function readMetadata(xml: string): Promise<IdentityProvider> {
  try {
    return await parseIdpMetadata(xml)
  } catch (error) {
    if (!(error instanceof SamlProblem)) throw error
    const { message } = error
    const isWhole = message.startsWith('SAML Metadata')
    throw authErrors.invalid({ message: isWhole ? message : `SAML Metadata: ${message}` }, error)
  }
}

/** Bounded, without redirects. @throws PlatformError 400 `saml_metadata_fetch_failed` */
export async function fetchMetadata({ outgoing }: AuthContext, url: string): Promise<string> {
  const fail = (reason: string, cause?: unknown) =>
    ssoErrors.samlMetadataFetchFailed({ reason, url }, cause)
  const headers = { accept: 'application/xml;charset=UTF-8' }
  let answer
  try {
    answer = await outgoing({ method: 'GET', url, headers })
  } catch (error) {
    throw fail('Error', error)
  }
  if (answer.status !== 200) throw fail(`HTTP ${answer.status} error`)
  if (Buffer.byteLength(answer.text) > maxXmlBytes) throw fail('Too large an answer')
  return answer.text
}

const dayMs = 24 * 3_600_000
/** A URL that does not answer is left alone for a while, however many sign in. */
const looks = { burst: 1, windowMs: 600_000 }

/** What is stored of a provider, after a look at its URL when that is due. What cannot be fetched stays as it was. */
export async function identityProviderOf(
  context: AuthContext,
  row: SsoProviderRow,
): Promise<IdentityProvider> {
  const known = await readMetadata(row.metadata_xml)
  if (row.metadata_url === null || !isStale(context, known, row)) return known
  const key = `${context.project.ref} saml metadata ${row.id} ${row.metadata_ms}`
  if (context.attempts.tryTake(key, looks, context.nowMs) > 0) return known
  try {
    const xml = await fetchMetadata(context, row.metadata_url)
    const fresh = await readMetadata(xml)
    if (fresh.entityId !== row.entity_id) throw new Error('it is of another entity now')
    await write(context, [refreshSsoMetadata(row.id, xml, context.now)])
    return fresh
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    context.project.log.warn('SAML metadata could not be refreshed', { provider: row.id, reason })
    return known
  }
}

/** Where the metadata says nothing of it, once a day. */
function isStale(
  { nowMs }: AuthContext,
  { validUntilMs, cacheMs }: IdentityProvider,
  { metadata_ms: fetchedMs }: SsoProviderRow,
): boolean {
  if (validUntilMs !== null && nowMs > validUntilMs) return true
  if (cacheMs !== null && cacheMs > 0) return nowMs > fetchedMs + cacheMs
  return validUntilMs === null && nowMs > fetchedMs + dayMs
}
