/** POST /oauth/token: a code, or a refresh token, for tokens (OAuth 2.1 section 3.2). */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { PlatformError, isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { authErrors, OauthError, readBody, readForm } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { issueFor, refreshSession } from '#services/auth/session'
import type { GrantedSession } from '#services/auth/session'
import type { UserRow } from '#services/auth/sql'
import { authenticateClient } from './authenticate-client.ts'
import type { OauthClientRow } from './client-statements.ts'
import { exchangeAuthorization } from './exchange-authorization.ts'
import { listOf } from './render-client.ts'
import { requireEnabled } from './require-enabled.ts'

type Form = Readonly<Record<string, string>>

export async function issueTokens(context: AuthContext): Promise<HttpResponse> {
  requireEnabled(context)
  const form = await readMembers(context)
  const client = await authenticateClient(context, form)
  const { grant_type: type = '' } = form
  if (type === '') throw new OauthError('invalid_request', 'grant_type is required')
  if (!listOf(client.grant_types).includes(type)) {
    const description = `Client is not allowed to use grant type: ${type}`
    throw new OauthError('unsupported_grant_type', description)
  }
  return type === 'refresh_token'
    ? grantByRefreshToken(context, client, form)
    : grantByCode(context, client, form)
}

/** A form, as OAuth has it; JSON as well. Every member is text. */
async function readMembers(context: AuthContext): Promise<Form> {
  const type = context.request.headers['content-type'] ?? ''
  if (!type.includes('application/json')) {
    return Object.fromEntries(await readForm(context.request))
  }
  const body = await readBody(context.request, 64 * 1024).catch((error: unknown) => {
    throw new OauthError('invalid_request', 'Invalid JSON body', error)
  })
  if (!isJsonObject(body)) throw new OauthError('invalid_request', 'Invalid JSON body')
  const texts = Object.entries(body).filter((member) => typeof member[1] === 'string')
  return Object.fromEntries(texts) as Form
}

async function grantByCode(
  context: AuthContext,
  client: OauthClientRow,
  form: Form,
): Promise<HttpResponse> {
  const { code = '', redirect_uri: redirectUri = '', code_verifier: verifier = '' } = form
  if (code === '') {
    throw new OauthError('invalid_request', 'code is required for authorization_code grant')
  }
  const exchange = { code, redirectUri, verifier, resource: form['resource'] ?? '' }
  const { user, session, idToken } = await exchangeAuthorization(context, client, exchange)
  const more: JsonObject = idToken === null ? {} : { id_token: idToken }
  return respond(context, user, session, more)
}

async function grantByRefreshToken(
  context: AuthContext,
  client: OauthClientRow,
  form: Form,
): Promise<HttpResponse> {
  const { refresh_token: token = '' } = form
  if (token === '') {
    const description = 'refresh_token is required for refresh_token grant'
    throw new OauthError('invalid_request', description)
  }
  if (!/^[a-z0-9]{12}$/.test(token)) {
    throw asInvalidGrant(authErrors.invalid({ message: 'Refresh token is not valid' }))
  }
  const { row, session } = await refreshSession(context, token, client.id).catch(
    (error: unknown) => {
      throw asInvalidGrant(error)
    },
  )
  return respond(context, row, session, {})
}

/** What GoTrue says of refresh tokens, and the word clients of OAuth wait for. */
function asInvalidGrant(error: unknown): unknown {
  if (!(error instanceof PlatformError) || error instanceof OauthError || error.status >= 500) {
    return error
  }
  return new OauthError('invalid_grant', error.message, error, error)
}

async function respond(
  context: AuthContext,
  user: UserRow,
  session: GrantedSession,
  more: JsonObject,
): Promise<HttpResponse> {
  const { token } = await issueFor(context, user, session)
  const body = {
    access_token: token,
    token_type: 'bearer',
    expires_in: context.config['auth.jwt_expiry'],
    refresh_token: session.refreshToken,
    ...more,
  }
  return jsonResponse(200, body, { 'cache-control': 'no-store', pragma: 'no-cache' })
}
