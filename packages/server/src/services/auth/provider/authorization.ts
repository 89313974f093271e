/** The two ends of the code flow at a provider (RFC 6749 section 4.1): where to send the browser, what its code is worth. */
import { createHash } from 'node:crypto'
import { originOf, parseJson, ProviderFailure, textAt } from '#services/auth/outside'
import type { Outgoing } from '#services/auth/outside'
import type { Preset, ProviderEndpoints, ProviderSettings, ProviderTokens } from './preset.ts'

export interface AuthorizationRequest {
  readonly settings: ProviderSettings
  readonly preset: Preset
  readonly endpoints: ProviderEndpoints
  readonly state: string
  /** Separated by commas or spaces. */
  readonly scopes: string
  /** Further parameters of the caller. */
  readonly parameters: Readonly<Record<string, string>>
  /** Null where the provider knows no PKCE. */
  readonly verifier: string | null
}

/** Ours to decide: a caller's parameters of these names are dropped. A nonce may be the caller's. */
export const reservedParameters: ReadonlySet<string> = new Set([
  'client_id',
  'client_secret',
  'redirect_uri',
  'response_type',
  'state',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
])

export function authorizationUrl(request: AuthorizationRequest): string {
  const { settings, preset, endpoints, state, verifier } = request
  const url = new URL(endpoints.authorization)
  const set = (members: Readonly<Record<string, string>>): void => {
    for (const [name, value] of Object.entries(members)) url.searchParams.set(name, value)
  }
  if (preset.ignoresParameters !== true) set(request.parameters)
  if (preset.parameters !== undefined) set(preset.parameters)
  const scope = scopesOf(preset, request.scopes)
  set({
    client_id: settings.clientIds[0] ?? '',
    redirect_uri: settings.redirectUri,
    response_type: 'code',
    ...(scope === '' ? {} : { scope }),
    state,
  })
  if (verifier !== null) {
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    set({ code_challenge: challenge, code_challenge_method: 'S256' })
  }
  // some providers read a plus as a plus
  url.search = url.search.replaceAll('+', '%20')
  return url.href
}

function scopesOf(preset: Preset, asked: string): string {
  const { scopes, ignoresScopes, defaultScopes = [], requiredScopes = [] } = preset
  const given = asked.split(/[\s,]+/).filter((scope) => scope !== '')
  const more = given.length === 0 ? defaultScopes : given
  const all = ignoresScopes === true ? scopes : [...requiredScopes, ...scopes, ...more]
  return [...new Set(all)].join(' ')
}

export interface Exchange {
  readonly outgoing: Outgoing
  readonly settings: ProviderSettings
  readonly preset: Pick<Preset, 'clientAuth'>
  readonly endpoints: ProviderEndpoints
  readonly code: string
  readonly verifier: string | null
}

/** @throws ProviderFailure without what the provider said: it may repeat the secret */
export async function exchangeCode(exchange: Exchange): Promise<ProviderTokens> {
  const { outgoing, settings, preset, endpoints, code, verifier } = exchange
  const id = settings.clientIds[0] ?? ''
  const isBasic = (endpoints.clientAuth ?? preset.clientAuth) === 'basic'
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: settings.redirectUri,
    ...(isBasic ? {} : { client_id: id, client_secret: settings.clientSecret }),
    ...(verifier === null ? {} : { code_verifier: verifier }),
  })
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(isBasic ? { authorization: basic(id, settings.clientSecret) } : {}),
  }
  const url = endpoints.token
  const answer = await outgoing({ method: 'POST', url, headers, body: form.toString() })
  // GitHub and Slack tell of a refusal with status 200
  const raw = readTokens(answer.contentType, answer.text, url)
  const refusal = textAt(raw, 'error')
  if (answer.status < 200 || answer.status > 299 || refusal !== '') {
    throw new ProviderFailure(`${originOf(url)} answered ${answer.status} ${refusal}`.trim())
  }
  const accessToken = textAt(raw, 'access_token')
  if (accessToken === '') throw new ProviderFailure(`${originOf(url)} gave no access token`)
  return {
    accessToken,
    refreshToken: textAt(raw, 'refresh_token'),
    idToken: textAt(raw, 'id_token'),
    raw,
  }
}

/** Encoded as RFC 6749 section 2.3.1 has it. */
function basic(id: string, secret: string): string {
  const encode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}

/** Older providers answer with a form. */
function readTokens(contentType: string, text: string, url: string): unknown {
  if (
    /^(application\/x-www-form-urlencoded|text\/plain)/.test(contentType) &&
    !text.startsWith('{')
  ) {
    return Object.fromEntries(new URLSearchParams(text))
  }
  return parseJson(text, url)
}
