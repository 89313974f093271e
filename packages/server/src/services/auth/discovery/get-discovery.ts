/** GET /.well-known/…: the public keys, and where an OpenID client finds what. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import { publicJwks } from '#base/token'
import { authErrors } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { issuerOf } from '#services/auth/session'

const headers = { 'cache-control': 'public, max-age=600' }

/** Symmetric keys never show: with the default HS256 the set is empty. */
export function getJwks({ project }: AuthContext): HttpResponse {
  const { signingKeys, retiredKeys } = project.keys
  return jsonResponse(200, publicJwks([...(signingKeys ?? []), ...(retiredKeys ?? [])]), {
    ...headers,
  })
}

export function getOpenidConfiguration(context: AuthContext): HttpResponse {
  const issuer = issuerOf(context)
  const base = issuer.replace(/\/+$/, '')
  const document = {
    issuer,
    authorization_endpoint: `${base}/oauth/authorize`,
    token_endpoint: `${base}/oauth/token`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    userinfo_endpoint: `${base}/oauth/userinfo`,
    ...registration(context, base),
    scopes_supported: ['openid', 'profile', 'email', 'phone', 'offline_access'],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'HS256', 'ES256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    code_challenge_methods_supported: ['S256', 'plain'],
    claims_supported: [
      'sub',
      'aud',
      'iss',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      'email',
      'email_verified',
      'phone_number',
      'phone_number_verified',
      'name',
      'picture',
      'preferred_username',
      'updated_at',
    ],
  }
  return jsonResponse(200, document, { ...headers })
}

function registration({ config }: AuthContext, base: string): JsonObject {
  const isOpen =
    config['auth.oauth_server.enabled'] && config['auth.oauth_server.allow_dynamic_registration']
  return isOpen ? { registration_endpoint: `${base}/oauth/clients/register` } : {}
}

/** RFC 8414: the same document, where the OAuth server is on. */
export function getOauthServer(context: AuthContext): HttpResponse {
  if (!context.config['auth.oauth_server.enabled']) {
    throw authErrors.featureDisabled({ feature: 'OAuth server' })
  }
  return getOpenidConfiguration(context)
}
