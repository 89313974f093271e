import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOutgoing } from '#services/auth/outside'
import { claimsOf, openAuth } from '#services/auth/testing'
import {
  createLocalHosts,
  serveJson,
  signInAt,
  startIssuer,
} from '#services/auth/testing/providers'
import type { Answer, AuthFixture } from '#services/auth/testing'
import type { LocalIssuer, LocalServer } from '#services/auth/testing/providers'

const callbackUrl = 'http://127.0.0.1:54321/auth/v1/callback'
const hosts = createLocalHosts()
let auth: AuthFixture
let idp: LocalIssuer
let plain: LocalServer
let signing: LocalServer
let sign: (claims: Record<string, unknown>) => Promise<string>
let profile: Record<string, unknown> = {}

beforeAll(async () => {
  idp = await startIssuer(
    'https://idp.example.com',
    [{ client_id: 'basalt', client_secret: 'shh', redirect_uris: [callbackUrl] }],
    // every client must use PKCE
    { pkce: { required: () => true } },
  )
  hosts.add('idp.example.com', idp.url)
  plain = await serveJson(({ method }) =>
    method === 'POST' ? { access_token: 'at', token_type: 'bearer' } : profile,
  )
  hosts.add('oauth.example.com', plain.url)
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' }
  const issuer = 'https://sign.example.com'
  signing = await serveJson(({ path }) =>
    path === '/keys'
      ? { keys: [jwk] }
      : {
          issuer,
          authorization_endpoint: `${issuer}/a`,
          token_endpoint: `${issuer}/t`,
          jwks_uri: `${issuer}/keys`,
        },
  )
  hosts.add('sign.example.com', signing.url)
  sign = (claims) =>
    new SignJWT({ iss: issuer, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setExpirationTime('5m')
      .sign(privateKey)
  auth = await openAuth(
    { 'auth.email.enable_confirmations': true },
    { outgoing: createOutgoing({ fetch: hosts.fetch }) },
  )
})
afterAll(() => Promise.all([auth.close(), idp.close(), plain.close(), signing.close()]))

const asAdmin = (method: string, path: string, body?: unknown): Promise<Answer> =>
  auth.call(method, `/admin/custom-providers${path}`, {
    bearer: auth.keys.serviceRoleKey,
    ...(body === undefined ? {} : { body }),
  })

const oidc = {
  provider_type: 'oidc',
  identifier: 'custom:idp',
  name: 'IdP',
  client_id: 'basalt',
  client_secret: 'shh',
  issuer: 'https://idp.example.com',
  scopes: ['email', 'profile'],
}
const oauth = {
  provider_type: 'oauth2',
  identifier: 'custom:plain',
  name: 'Plain',
  client_id: 'basalt',
  client_secret: 'shh',
  scopes: ['user'],
  authorization_url: 'https://oauth.example.com/authorize',
  token_url: 'https://oauth.example.com/token',
  userinfo_url: 'https://oauth.example.com/me',
}

const locationOf = (answer: Answer): URL => new URL(String(answer.headers['location']))
const fragmentOf = (url: URL): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(url.hash.slice(1)))

test('an OpenID provider is set up, found by discovery, and signs its users in', async () => {
  const made = await asAdmin('POST', '', { ...oidc, authorization_params: { prompt: 'consent' } })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({
    identifier: 'custom:idp',
    scopes: ['openid', 'email', 'profile'],
    pkce_enabled: true,
    enabled: true,
    issuer: 'https://idp.example.com',
  })
  expect(made.body).not.toHaveProperty('client_secret')
  expect(made.body).not.toHaveProperty('token_url')
  idp.accounts.set('u1', { sub: 'u1', email: 'u1@example.com', email_verified: true, name: 'Ada' })
  const there = locationOf(await auth.call('GET', '/authorize?provider=custom:idp'))
  expect(Object.fromEntries(there.searchParams)).toMatchObject({
    scope: 'openid email profile',
    prompt: 'consent',
    code_challenge_method: 'S256',
  })
  const back = new URL(await signInAt(hosts, there.href, 'u1', callbackUrl))
  const session = fragmentOf(locationOf(await auth.call('GET', `/callback${back.search}`)))
  expect(claimsOf(session['access_token'] ?? '')).toMatchObject({
    email: 'u1@example.com',
    app_metadata: { provider: 'custom:idp', providers: ['custom:idp'] },
    user_metadata: { sub: 'u1', name: 'Ada', email_verified: true },
  })
})

async function signInPlainly(): Promise<URL> {
  const there = locationOf(await auth.call('GET', '/authorize?provider=custom:plain&scopes=more'))
  expect(there.searchParams.get('scope')).toBe('more')
  const state = there.searchParams.get('state') ?? ''
  return locationOf(await auth.call('GET', `/callback?state=${state}&code=c`))
}

test('an OAuth provider’s claims are mapped, some kept, none of ours decided', async () => {
  await asAdmin('POST', '', {
    ...oauth,
    attribute_mapping: { sub: 'uid', name: 'display', website: 'home', zoneinfo: 7 },
    custom_claims_allowlist: ['groups', 'absent'],
  })
  profile = {
    uid: 'p1',
    display: 'Ada',
    email: 'p1@example.com',
    email_verified: true,
    home: 'https://ada.example',
    groups: ['a'],
    role: 'service_role',
  }
  const claims = claimsOf(fragmentOf(await signInPlainly())['access_token'] ?? '')
  expect(claims['role']).toBe('authenticated')
  expect(claims['user_metadata']).toEqual({
    sub: 'p1',
    name: 'Ada',
    website: 'https://ada.example',
    email: 'p1@example.com',
    email_verified: true,
    phone_verified: false,
    custom_claims: { groups: ['a'] },
  })
})

test('an address put in the place of the verified one is not verified', async () => {
  await asAdmin('PUT', '/custom:plain', { attribute_mapping: { sub: 'uid', email: 'mail' } })
  profile = {
    uid: 'p2',
    email: 'own@example.com',
    email_verified: true,
    mail: 'victim@example.com',
  }
  expect((await signInPlainly()).searchParams.get('error_code')).toBe(
    'provider_email_needs_verification',
  )
})

test('ID tokens of a provider are taken for any of its clients', async () => {
  await asAdmin('POST', '', {
    ...oidc,
    identifier: 'custom:sign',
    issuer: 'https://sign.example.com',
    acceptable_client_ids: ['ios'],
    custom_claims_allowlist: ['team'],
  })
  const grant = (body: unknown): Promise<Answer> =>
    auth.call('POST', '/token?grant_type=id_token', { body })
  const claims = { aud: 'ios', sub: 's1', email: 's1@example.com', email_verified: true, team: 'x' }
  const answer = await grant({ provider: 'custom:sign', id_token: await sign(claims) })
  expect(answer.body.user).toMatchObject({
    app_metadata: { provider: 'custom:sign' },
    user_metadata: { custom_claims: { team: 'x' } },
  })
  const foreign = await grant({
    provider: 'custom:sign',
    id_token: await sign({ ...claims, aud: 'x' }),
  })
  expect(foreign.body.error_description).toBe('Unacceptable audience in id_token: [x]')
  const id_token = await sign(claims)
  expect((await grant({ provider: 'custom:none', id_token })).body.msg).toBe(
    'Custom provider "custom:none" not found',
  )
  expect((await grant({ provider: 'custom:plain', id_token })).body.msg).toBe(
    'Provider "custom:plain" is not an OIDC provider',
  )
  await asAdmin('PUT', '/custom:sign', { enabled: false })
  expect((await grant({ provider: 'custom:sign', id_token })).body).toMatchObject({
    error_code: 'provider_disabled',
    msg: 'Custom provider "custom:sign" is disabled',
  })
  expect((await auth.call('GET', '/authorize?provider=custom:sign')).body.msg).toBe(
    'Unsupported provider: custom provider custom:sign is disabled',
  )
  expect((await auth.call('GET', '/authorize?provider=custom:none')).body.msg).toBe(
    'Unsupported provider: custom provider custom:none not found',
  )
})

test('client secrets lie sealed in the table, and open with one key only', async () => {
  await asAdmin('POST', '', { ...oauth, identifier: 'custom:sealed' })
  await asAdmin('PUT', '/custom:sealed', { client_secret: 'renewed' })
  const read =
    "select client_secret from auth.custom_oauth_providers where identifier = 'custom:sealed'"
  const [row] = await auth.query(read)
  expect(row?.['client_secret']).toMatch(/^v1:/)
  expect((await auth.call('GET', '/authorize?provider=custom:sealed')).status).toBe(302)
  auth.configure({ 'auth.jwt_secret': 'another secret of at least 32 characters' })
  expect((await auth.call('GET', '/authorize?provider=custom:sealed')).body.msg).toBe(
    'Unsupported provider: client secret was sealed with another key',
  )
  auth.configure({})
  await auth.script(
    "update auth.custom_oauth_providers set client_secret = 'plain' where identifier = 'custom:sealed'",
  )
  expect((await auth.call('GET', '/authorize?provider=custom:sealed')).status).toBe(302)
})

test('providers are listed, changed and deleted', async () => {
  const one = { ...oauth, identifier: 'custom:one' }
  await asAdmin('POST', '', one)
  expect(await asAdmin('POST', '', one)).toMatchObject({
    status: 400,
    body: {
      error_code: 'conflict',
      msg: 'A custom OAuth provider with this identifier already exists',
    },
  })
  const listed = await asAdmin('GET', '?type=oauth2')
  expect(listed.body.providers.map((row: { identifier: string }) => row.identifier)).toContain(
    'custom:one',
  )
  expect(
    (await asAdmin('GET', '?type=oidc')).body.providers.map(
      (row: { identifier: string }) => row.identifier,
    ),
  ).not.toContain('custom:one')
  expect((await asAdmin('GET', '?type=saml')).body.msg).toBe(
    "type must be either 'oauth2' or 'oidc'",
  )
  const changed = await asAdmin('PUT', '/custom:one', {
    name: 'New',
    scopes: [],
    email_optional: true,
  })
  expect(changed.body).toMatchObject({
    name: 'New',
    scopes: [],
    email_optional: true,
    client_id: 'basalt',
  })
  expect((await asAdmin('DELETE', '/custom:one')).status).toBe(204)
  expect(await asAdmin('GET', '/custom:one')).toMatchObject({
    status: 404,
    body: { error_code: 'custom_provider_not_found' },
  })
  const stranger = await auth.call('GET', '/admin/custom-providers', { bearer: auth.keys.anonKey })
  expect(stranger.status).toBe(403)
})

const refusals: readonly [object, string][] = [
  [{ provider_type: 'saml' }, "provider_type must be either 'oauth2' or 'oidc'"],
  [{ identifier: '' }, 'identifier is required'],
  [{ identifier: 'acme' }, "identifier must start with 'custom:' prefix, e.g. 'custom:acme'"],
  [
    { identifier: 'custom:A_b' },
    'identifier must be 2 to 50 characters: lowercase letters, digits, colons and hyphens',
  ],
  [{ name: '' }, 'name is required'],
  [{ client_id: '' }, 'client_id is required'],
  [{ client_secret: '' }, 'client_secret is required'],
  [{ token_url: '' }, 'token_url is required for OAuth2 providers'],
  [{ provider_type: 'oidc' }, 'issuer is required for OIDC providers'],
  [{ token_url: 'http://oauth.example.com/token' }, 'URL must use HTTPS'],
  [
    { userinfo_url: 'https://169.254.169.254/latest/meta-data' },
    'URL cannot point to addresses outside the public internet',
  ],
  [
    { authorization_url: 'https://localhost/a' },
    'URL cannot point to localhost or loopback addresses',
  ],
  [{ authorization_params: { State: 'x' } }, 'Cannot override reserved OAuth parameter: State'],
  [{ authorization_params: { a: 1 } }, 'Authorization parameter "a" must be a string'],
  [
    { attribute_mapping: { email_verified: true } },
    'Cannot map to protected system field: email_verified',
  ],
  [{ custom_claims_allowlist: [' '] }, 'custom_claims_allowlist entries must be non-empty strings'],
  [
    { provider_type: 'oidc', issuer: 'https://nowhere.example' },
    'OIDC discovery from "https://nowhere.example" failed',
  ],
]
test.each(refusals)('a provider with %j is refused', async (part, msg) => {
  const body = { ...oauth, identifier: 'custom:bad', ...part }
  expect(await asAdmin('POST', '', body)).toMatchObject({
    status: 400,
    body: { error_code: 'validation_failed', msg },
  })
})
