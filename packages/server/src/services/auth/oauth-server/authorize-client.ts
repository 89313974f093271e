/** GET /oauth/authorize: a client asks to sign a user in; the application's own page will ask the user. */
import type { HttpResponse } from '#base/http'
import { authErrors, isUuid, newId, readRows, write } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { redirectTo, withParameters } from '#services/auth/redirect'
import { deleteOldAuthorizations, insertAuthorization } from './authorization-statements.ts'
import { findOauthClient } from './client-statements.ts'
import type { OauthClientRow } from './client-statements.ts'
import { oauthServerErrors } from './errors.ts'
import { listOf } from './render-client.ts'
import { requireEnabled } from './require-enabled.ts'
import { defaultScope, isSupported, parseScopes } from './scopes.ts'
import { canIssueIdTokens, noIdTokens } from './issue-id-token.ts'

/** Time to sign in and agree. */
const lifetimeMs = 180_000

export async function authorizeClient(context: AuthContext): Promise<HttpResponse> {
  requireEnabled(context)
  const get = (name: string): string => context.query.get(name) ?? ''
  const client = await findClient(context, get('client_id'), get('redirect_uri'))
  // from here on the client is known, and may be told in its own place
  const fault = findFault(get) ?? findKeyFault(context, get)
  if (fault !== null) {
    const error = fault === noIdTokens ? 'invalid_scope' : 'invalid_request'
    const members = { error, error_description: fault }
    return redirect(context, get('redirect_uri'), members)
  }
  const authorizationId = newAuthorizationId(context)
  const request = {
    id: newId(context),
    authorizationId,
    clientId: client.id,
    redirectUri: get('redirect_uri'),
    scope: parseScopes(get('scope') || defaultScope).join(' '),
    state: get('state'),
    resource: get('resource'),
    challenge: get('code_challenge'),
    method: get('code_challenge_method').toLowerCase() === 'plain' ? 'plain' : 's256',
    nonce: get('nonce'),
    expiresAt: new Date(context.nowMs + lifetimeMs).toISOString(),
  } as const
  await write(context, [
    deleteOldAuthorizations(context.now),
    insertAuthorization(request, context.now),
  ])
  const { config } = context
  const path = config['auth.oauth_server.authorization_url_path'].replace(/^\/*/, '/')
  const page = `${config['auth.site_url'].replace(/\/+$/, '')}${path}`
  const location = withParameters(page, { authorization_id: authorizationId }, {})
  return redirectTo(302, location)
}

/** Whoever is not known, or wants to be answered elsewhere, is answered here. @throws PlatformError 400 */
async function findClient(
  context: AuthContext,
  id: string,
  redirectUri: string,
): Promise<OauthClientRow> {
  if (id === '') throw authErrors.invalid({ message: 'client_id is required' })
  if (redirectUri === '') throw authErrors.invalid({ message: 'redirect_uri is required' })
  if (!isUuid(id))
    throw oauthServerErrors.oauthClientUnknown({ reason: 'invalid client_id format' })
  const [client] = await readRows<OauthClientRow>(context, findOauthClient(id))
  if (client === undefined)
    throw oauthServerErrors.oauthClientUnknown({ reason: 'invalid client_id' })
  // letter by letter (RFC 9700 section 2.1)
  if (!listOf(client.redirect_uris).includes(redirectUri)) {
    throw authErrors.invalid({ message: 'invalid redirect_uri' })
  }
  return client
}

function redirect(
  { query }: AuthContext,
  redirectUri: string,
  members: Record<string, string>,
): HttpResponse {
  const state = query.get('state') ?? ''
  const location = withParameters(
    redirectUri,
    { ...members, ...(state === '' ? {} : { state }) },
    {},
  )
  return redirectTo(302, location)
}

function findFault(get: (name: string) => string): string | null {
  if (!['', 'code'].includes(get('response_type'))) return 'only response_type=code is supported'
  const scopes = parseScopes(get('scope') || defaultScope)
  if (scopes.length === 0) return 'scope parameter cannot be empty'
  if (scopes.length > 20) return 'too many scopes'
  const unknown = scopes.find((scope) => !isSupported(scope))
  if (unknown !== undefined) return `unsupported scope: ${unknown}`
  if (get('state').length > 4096) return 'state is too long'
  if (get('nonce').length > 255) return 'nonce is too long'
  return findResourceFault(get('resource')) ?? findPkceFault(get)
}

/** Here, where the client can be told, not when a user has agreed in vain. */
function findKeyFault(context: AuthContext, get: (name: string) => string): string | null {
  const wantsIdToken = parseScopes(get('scope')).includes('openid')
  return wantsIdToken && !canIssueIdTokens(context) ? noIdTokens : null
}

/** RFC 8707 section 2. */
function findResourceFault(resource: string): string | null {
  if (resource === '') return null
  if (resource.length > 2048) return 'resource is too long'
  if (!/^[a-z][a-z0-9+.-]*:/i.test(resource)) return 'resource must be an absolute URI'
  if (resource.includes('#')) return 'resource must not include a fragment component'
  return resource.includes('?') ? 'resource must not include a query component' : null
}

/** OAuth 2.1 wants PKCE of every client. */
function findPkceFault(get: (name: string) => string): string | null {
  const challenge = get('code_challenge')
  const method = get('code_challenge_method').toLowerCase()
  if (challenge === '' || method === '') {
    return 'PKCE flow requires both code_challenge and code_challenge_method'
  }
  if (method !== 's256' && method !== 'plain') {
    return "code_challenge_method must be 'S256' or 'plain'"
  }
  const isLong = challenge.length >= 43 && challenge.length <= 128
  return isLong ? null : 'code_challenge must be between 43 and 128 characters'
}

/** 32 letters and digits: 190 bits, and nothing to encode. */
function newAuthorizationId({ project }: AuthContext): string {
  let id = ''
  while (id.length < 32) {
    id += Buffer.from(project.random.bytes(32)).toString('base64').replace(/[+/=]/g, '')
  }
  return id.slice(0, 32)
}
