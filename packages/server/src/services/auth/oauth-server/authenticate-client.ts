/** Who asks at the token endpoint: Basic, members of the body, or nothing but an id (RFC 6749 section 2.3). */
import { isUuid, OauthError, readRows } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { isSecret } from './client-secret.ts'
import { findOauthClient } from './client-statements.ts'
import type { OauthClientRow } from './client-statements.ts'
import { oauthServerErrors } from './errors.ts'

interface Credentials {
  readonly id: string
  readonly secret: string
  readonly method: string
}

function refuse(reason: string): OauthError {
  const known = oauthServerErrors.badClientCredentials({ reason })
  return new OauthError('invalid_client', reason, undefined, known)
}

/** @throws OauthError `invalid_client`, the same for unknown clients and wrong secrets */
export async function authenticateClient(
  context: AuthContext,
  form: Readonly<Record<string, string>>,
): Promise<OauthClientRow> {
  const { id, secret, method } = readCredentials(context, form)
  if (id === '') throw refuse('Invalid client credentials: client_id is required')
  if (!isUuid(id)) throw refuse('Invalid client_id format')
  const [client] = await readRows<OauthClientRow>(context, findOauthClient(id))
  // compared before anything is told apart
  const isProven = isSecret(secret, client?.client_secret_hash ?? null)
  if (client === undefined) throw refuse('Invalid client credentials')
  if (method !== client.token_endpoint_auth_method) {
    throw refuse(
      `invalid authentication method: client is registered for '${client.token_endpoint_auth_method}' but '${method}' was used`,
    )
  }
  if (client.client_type === 'confidential' && !isProven) throw refuse('invalid client credentials')
  return client
}

function readCredentials(
  { request }: AuthContext,
  form: Readonly<Record<string, string>>,
): Credentials {
  const basic = /^Basic +(\S+)\s*$/i.exec(request.headers['authorization'] ?? '')?.[1]
  if (basic === undefined) {
    const { client_id: id = '', client_secret: secret = '' } = form
    return { id, secret, method: secret === '' ? 'none' : 'client_secret_post' }
  }
  const text = Buffer.from(basic, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) throw refuse('Invalid client credentials: invalid basic auth format')
  const [id, secret] = [text.slice(0, colon), text.slice(colon + 1)].map(decode)
  return { id: id ?? '', secret: secret ?? '', method: 'client_secret_basic' }
}

/** Both are encoded as in a form; ours have nothing to encode, so most clients do not. */
function decode(text: string): string {
  return new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).get('x') ?? ''
}
