/** What a client says of itself, checked (supabase/auth internal/api/oauthserver/service.go; RFC 7591). */
import { authErrors } from '#services/auth/core'

export const authMethods = ['none', 'client_secret_basic', 'client_secret_post'] as const

const invalid = (message: string) => authErrors.invalid({ message })

/** @throws PlatformError 400 */
export function checkRedirectUris(uris: readonly string[]): void {
  if (uris.length === 0) throw invalid('redirect_uris cannot be empty')
  if (uris.length > 10) throw invalid('redirect_uris cannot exceed 10 items')
  for (const uri of uris) {
    const reason = findFault(uri)
    if (reason !== null) throw invalid(`invalid redirect_uri '${uri}': ${reason}`)
  }
}

const dangerous = new Set(['javascript', 'data', 'file', 'vbscript', 'about', 'blob'])
const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

function findFault(uri: string): string | null {
  if (uri === '') return 'redirect URI cannot be empty'
  if (uri.length > 2048) return 'redirect URI cannot exceed 2048 characters'
  // the list is stored separated by commas
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\\,\u007f]/.test(uri)) return 'invalid URL format'
  const url = parse(uri)
  if (url === null) return 'must have scheme and host'
  const scheme = url.protocol.slice(0, -1)
  if (dangerous.has(scheme)) return `scheme '${scheme}' is not allowed for security reasons`
  if (url.host === '' && !/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(uri))
    return 'must have scheme and host'
  if (scheme === 'http' && !loopback.has(url.hostname)) {
    return 'HTTP scheme only allowed for localhost'
  }
  return uri.includes('#') ? 'fragment not allowed in redirect URI' : null
}

function parse(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/** @throws PlatformError 400 */
export function checkGrantTypes(types: readonly string[]): void {
  if (types.length === 0) throw invalid('grant_types cannot be empty')
  if (types.every((type) => type === 'authorization_code' || type === 'refresh_token')) return
  throw invalid("grant_types must only contain 'authorization_code' and/or 'refresh_token'")
}

/** @throws PlatformError 400 */
export function checkName(name: string): void {
  if (name.length > 1024) throw invalid('client_name cannot exceed 1024 characters')
}

/** Pages and pictures shown to users: nothing a browser would run. @throws PlatformError 400 */
export function checkPage(member: 'client_uri' | 'logo_uri', uri: string): void {
  if (uri === '') return
  if (uri.length > 2048) throw invalid(`${member} cannot exceed 2048 characters`)
  const protocol = parse(uri)?.protocol
  if (protocol !== 'https:' && protocol !== 'http:') throw invalid(`${member} must be a valid URL`)
}

type ClientType = 'public' | 'confidential'

/** By its own word, else by how it will prove itself. @throws PlatformError 400 */
export function clientTypeOf(type: string, authMethod: string): ClientType {
  if (type !== '' && type !== 'public' && type !== 'confidential') {
    throw invalid("client_type must be 'public' or 'confidential'")
  }
  if (authMethod !== '' && !authMethods.some((known) => known === authMethod)) {
    throw invalid(`token_endpoint_auth_method must be one of: [${authMethods.join(' ')}]`)
  }
  const implied = authMethod === 'none' ? 'public' : 'confidential'
  if (type === '') return implied
  if (authMethod !== '' && type !== implied) {
    throw invalid(
      `client_type '${type}' is inconsistent with token_endpoint_auth_method '${authMethod}' (expected client_type '${implied}')`,
    )
  }
  return type
}
