/** Twitter, which speaks OAuth 1.0a (RFC 5849): requests signed with HMAC-SHA1, a request token in place of a state. */
import { createHmac, randomBytes } from 'node:crypto'
import { getJson, ProviderFailure, textAt } from '#services/auth/outside'
import { hostOr, primaryEmail, usualClaims } from '#services/auth/provider'
import type {
  Preset,
  ProviderSettings,
  ProviderTokens,
  ProviderTools,
} from '#services/auth/provider'

/** `Ladies + Gentlemen` → `Ladies%20%2B%20Gentlemen` (section 3.6) */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

export interface SignedRequest {
  readonly method: 'GET' | 'POST'
  /** Its query is signed too. */
  readonly url: string
  readonly parameters: Readonly<Record<string, string>>
  readonly consumerSecret: string
  readonly tokenSecret: string
}

/** The base64 signature of section 3.4. */
export function signRequest(request: SignedRequest): string {
  const url = new URL(request.url)
  const pairs = [...Object.entries(request.parameters), ...url.searchParams]
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .toSorted()
  const base = [request.method, url.origin + url.pathname, pairs.join('&')].map(percentEncode)
  const key = `${percentEncode(request.consumerSecret)}&${percentEncode(request.tokenSecret)}`
  return createHmac('sha1', key).update(base.join('&')).digest('base64')
}

interface Token {
  readonly token: string
  readonly secret: string
}

function authorizationHeader(
  settings: ProviderSettings,
  { clock }: ProviderTools,
  request: Pick<SignedRequest, 'method' | 'url'>,
  { token, secret }: Token,
  more: Readonly<Record<string, string>>,
): string {
  const parameters: Record<string, string> = {
    oauth_consumer_key: settings.clientIds[0] ?? '',
    oauth_nonce: randomBytes(16).toString('hex'),
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(Math.floor(clock.now() / 1000)),
    oauth_version: '1.0',
    ...(token === '' ? {} : { oauth_token: token }),
    ...more,
  }
  const consumerSecret = settings.clientSecret
  const signature = signRequest({ ...request, parameters, consumerSecret, tokenSecret: secret })
  const members = Object.entries({ ...parameters, oauth_signature: signature })
  return `OAuth ${members.map(([name, value]) => `${name}="${percentEncode(value)}"`).join(', ')}`
}

/** A POST answered with a form that has `oauth_token` and `oauth_token_secret`. */
async function requestToken(
  settings: ProviderSettings,
  tools: ProviderTools,
  url: string,
  token: Token,
  more: Readonly<Record<string, string>>,
): Promise<Token> {
  const authorization = authorizationHeader(settings, tools, { method: 'POST', url }, token, more)
  const { status, text } = await tools.outgoing({
    method: 'POST',
    url,
    headers: { authorization },
    body: '',
  })
  const form = new URLSearchParams(text)
  const given = {
    token: form.get('oauth_token') ?? '',
    secret: form.get('oauth_token_secret') ?? '',
  }
  if (status !== 200 || given.token === '') throw new ProviderFailure(`${url} answered ${status}`)
  return given
}

const none: Token = { token: '', secret: '' }
const baseOf = (settings: ProviderSettings): string => hostOr(settings, 'api.twitter.com')

async function begin(
  settings: ProviderSettings,
  tools: ProviderTools,
  state: string,
): Promise<string> {
  const base = baseOf(settings)
  const oauth_callback = `${settings.redirectUri}?state=${state}`
  const { token } = await requestToken(settings, tools, `${base}/oauth/request_token`, none, {
    oauth_callback,
  })
  return `${base}/oauth/authenticate?oauth_token=${encodeURIComponent(token)}`
}

/** Twitter wants no secret of the request token here: what we would have to keep until the browser is back. */
async function exchange(
  settings: ProviderSettings,
  tools: ProviderTools,
  given: URLSearchParams,
): Promise<ProviderTokens> {
  const token = { token: given.get('oauth_token') ?? '', secret: '' }
  const oauth_verifier = given.get('oauth_verifier') ?? ''
  const url = `${baseOf(settings)}/oauth/access_token`
  const access = await requestToken(settings, tools, url, token, { oauth_verifier })
  return {
    accessToken: access.token,
    refreshToken: '',
    idToken: '',
    raw: { oauth_token_secret: access.secret },
  }
}

export const twitter: Preset = {
  scopes: [],
  clientAuth: 'post',
  locate: (settings) => {
    const base = baseOf(settings)
    return { authorization: `${base}/oauth/authenticate`, token: `${base}/oauth/access_token` }
  },
  begin,
  exchange,
  readUser: async ({ settings, tokens, ...tools }) => {
    const profile = `${baseOf(settings)}/1.1/account/verify_credentials.json`
    const url = `${profile}?include_email=true&include_entities=false&skip_status=true`
    const token = { token: tokens.accessToken, secret: textAt(tokens.raw, 'oauth_token_secret') }
    const authorization = authorizationHeader(settings, tools, { method: 'GET', url }, token, {})
    const user = await getJson(tools.outgoing, url, { authorization })
    const sub = textAt(user, 'id_str')
    const name = textAt(user, 'name')
    const login = textAt(user, 'screen_name')
    const picture = textAt(user, 'profile_image_url_https')
    return {
      emails: primaryEmail(textAt(user, 'email'), true),
      claims: usualClaims(
        profile,
        { sub, name, picture },
        {
          preferred_username: login,
          user_name: login,
        },
      ),
    }
  },
}
