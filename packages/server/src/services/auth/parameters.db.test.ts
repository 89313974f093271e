/**
 * What comes in every parameter of every route: NUL, halves of characters, far too long, of another type, too deep. Whatever
 * it is, it is the caller's fault (4xx) or nobody's, never ours (5xx).
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outgoing } from '#services/auth/outside'
import { openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'
import { TestIdentityProvider } from '#services/auth/testing/providers'
import { routes } from './routes.ts'

let auth: AuthFixture
const bearers: Record<string, string> = {}
const ids: Record<string, string> = {}
const provider = {
  enabled: true,
  client_id: 'x',
  secret: 'y',
  redirect_uri: null,
  url: null,
  skip_nonce_check: false,
  email_optional: false,
}
beforeAll(async () => {
  auth = await openAuth(
    {
      'auth.oauth_server.enabled': true,
      'auth.oauth_server.allow_dynamic_registration': true,
      'auth.mfa.totp.enroll_enabled': true,
      'auth.mfa.totp.verify_enabled': true,
      'auth.mfa.phone.enroll_enabled': true,
      'auth.mfa.web_authn.enroll_enabled': true,
      'auth.passkey.enabled': true,
      'auth.enable_manual_linking': true,
      'auth.sms.enable_signup': true,
      'auth.sms.enable_confirmations': false,
      'auth.email.max_frequency': 0,
      'auth.web3.solana.enabled': true,
      'auth.web3.ethereum.enabled': true,
      'auth.saml.enabled': true,
      'auth.external': { google: provider, github: provider },
    },
    { outgoing: answerForIssuer },
  )
  bearers['admin'] = auth.keys.serviceRoleKey
  ids['sso'] = (await asAdmin('/admin/sso/providers', { ...sso(), domains: [] })).body.id
})
afterAll(() => auth.close())

/** The documents of Google's issuer, and no keys. */
const answerForIssuer: Outgoing = ({ url }) => {
  const issuer = 'https://accounts.google.com'
  const document = {
    issuer,
    authorization_endpoint: `${issuer}/a`,
    token_endpoint: `${issuer}/t`,
    jwks_uri: `${issuer}/keys`,
  }
  const text = JSON.stringify(url.endsWith('/keys') ? { keys: [] } : document)
  return Promise.resolve({ status: 200, contentType: 'application/json', text })
}

const asAdmin = (path: string, body: unknown): Promise<Answer> =>
  auth.call('POST', path, { bearer: auth.keys.serviceRoleKey, body })

/** Somebody with a session, a factor, an identity; a client and two providers. Each route begins anew. */
async function prepare(): Promise<void> {
  const { body } = await auth.call('POST', '/signup', {
    body: { email: email(), password: 'Secret-123!' },
  })
  const bearer = body.access_token
  bearers['user'] = bearer
  ids['user'] = body.user.id
  ids['email'] = body.user.email
  ids['identity'] = body.user.identities[0].identity_id
  const app = { factor_type: 'totp', friendly_name: 'app' }
  ids['factor'] = (await auth.call('POST', '/factors', { bearer, body: app })).body.id
  const challenge = await auth.call('POST', `/factors/${ids['factor']}/challenge`, { bearer })
  ids['challenge'] = challenge.body.id
  ids['client'] = (await asAdmin('/admin/oauth/clients', oauthClient())).body.client_id
  ids['custom'] = (await asAdmin('/admin/custom-providers', custom())).body.identifier
  const asked = await auth.call('GET', `/oauth/authorize?${form(authorization())}`)
  const page = new URL(String(asked.headers['location']))
  ids['authorization'] = page.searchParams.get('authorization_id') ?? ''
  expect(Object.values({ ...ids, ...bearers }).filter((value) => !value)).toEqual([])
}

type Members = Readonly<Record<string, unknown>>
interface Shape {
  /** Good values: each is replaced in turn. */
  readonly query?: () => Members
  readonly body?: () => Members
  readonly form?: () => Members
  readonly path?: () => Members
}

let count = 0
const email = () => `p${++count}@x.co`
const phone = () => `1555${String(++count).padStart(7, '0')}`
const pkce = { code_challenge: 'c'.repeat(43), code_challenge_method: 's256' }
const redirect_to = 'http://127.0.0.1:3000/'
const metadata_xml = new TestIdentityProvider().metadata
const account = () => ({
  id: randomUUID(),
  aud: 'authenticated',
  role: 'authenticated',
  email: email(),
  phone: phone(),
  password: 'Secret-123!',
  password_hash: '',
  email_confirm: true,
  phone_confirm: true,
  user_metadata: { a: 1 },
  app_metadata: { b: 2 },
  ban_duration: 'none',
})
const oauthClient = () => ({
  redirect_uris: ['https://client.example.com/cb'],
  grant_types: ['authorization_code', 'refresh_token'],
  client_name: 'App',
  client_uri: 'https://client.example.com',
  logo_uri: 'https://client.example.com/logo.png',
  token_endpoint_auth_method: 'client_secret_basic',
  client_type: 'confidential',
})
const custom = () => ({
  provider_type: 'oauth2',
  identifier: `custom:p${++count}`,
  name: 'P',
  client_id: 'x',
  client_secret: 'y',
  acceptable_client_ids: ['z'],
  scopes: ['email'],
  pkce_enabled: true,
  attribute_mapping: { email: 'mail' },
  custom_claims_allowlist: ['team'],
  authorization_params: { prompt: 'none' },
  enabled: true,
  email_optional: false,
  issuer: 'https://idp.example.com',
  discovery_url: 'https://idp.example.com/.well-known/openid-configuration',
  skip_nonce_check: false,
  authorization_url: 'https://idp.example.com/a',
  token_url: 'https://idp.example.com/t',
  userinfo_url: 'https://idp.example.com/u',
  jwks_uri: 'https://idp.example.com/k',
})
const sso = () => ({
  type: 'saml',
  metadata_url: '',
  metadata_xml,
  domains: ['corp.example'],
  attribute_mapping: { keys: { a: { name: 'b' } } },
  name_id_format: '',
  resource_id: `r${++count}`,
  disabled: false,
})
const page = () => ({ page: '1', per_page: '10' })
const credential = () => ({
  challenge_id: randomUUID(),
  credential: {
    id: 'AA',
    rawId: 'AA',
    type: 'public-key',
    response: {
      clientDataJSON: 'AA',
      attestationObject: 'AA',
      authenticatorData: 'AA',
      signature: 'AA',
      userHandle: 'AA',
    },
    clientExtensionResults: {},
  },
})
const userId = () => ({ id: ids['user'] })
const anyId = () => ({ id: randomUUID() })
const link = () => ({
  provider: 'google',
  scopes: 'email',
  redirect_to,
  skip_http_redirect: 'true',
  ...pkce,
})

const authorization = () => ({
  client_id: ids['client'],
  redirect_uri: 'https://client.example.com/cb',
  response_type: 'code',
  scope: 'email',
  state: 's',
  resource: 'https://api.example.com',
  nonce: 'n',
  ...pkce,
})
/** Routes without a row have no parameters but what stands in their path. */
const shapes: Readonly<Record<string, Shape>> = {
  'GET /authorize': { query: () => ({ ...link(), invite_token: '', custom: 'x' }) },
  'GET /callback': {
    query: () => ({ state: randomUUID(), code: 'c', error: '', error_description: '' }),
  },
  'POST /callback': { form: () => ({ state: randomUUID(), code: 'c', error: '', user: '{}' }) },
  'POST /signup': {
    query: () => ({ redirect_to }),
    body: () => ({
      email: email(),
      phone: '',
      password: 'Secret-123!',
      data: { a: 1 },
      channel: '',
      ...pkce,
    }),
  },
  'POST /token': {
    query: () => ({ grant_type: 'password' }),
    body: () => ({ email: ids['email'], phone: '', password: 'Secret-123!' }),
  },
  'POST /logout': { query: () => ({ scope: 'local' }) },
  'PUT /user': {
    query: () => ({ redirect_to }),
    body: () => ({
      email: ids['email'],
      phone: '',
      password: null,
      current_password: '',
      nonce: '',
      data: { a: 1 },
      app_metadata: null,
      channel: '',
      ...pkce,
    }),
  },
  'GET /user/identities/authorize': { query: link },
  'DELETE /user/identities/:id': { path: () => ({ id: ids['identity'] }) },
  'POST /factors': {
    body: () => ({ factor_type: 'totp', friendly_name: `f${++count}`, issuer: 'i', phone: '' }),
  },
  'POST /factors/:id/challenge': {
    path: () => ({ id: ids['factor'] }),
    body: () => ({ channel: 'sms' }),
  },
  'POST /factors/:id/verify': {
    path: () => ({ id: ids['factor'] }),
    body: () => ({ challenge_id: ids['challenge'], code: '000000', webauthn: null }),
  },
  'DELETE /factors/:id': { path: anyId },
  'POST /passkeys/authentication/options': { body: () => ({}) },
  'POST /passkeys/authentication/verify': { body: credential },
  'POST /passkeys/registration/verify': { body: credential },
  'PATCH /passkeys/:id': { path: anyId, body: () => ({ friendly_name: 'n' }) },
  'DELETE /passkeys/:id': { path: anyId },
  'POST /otp': {
    query: () => ({ redirect_to }),
    body: () => ({
      email: email(),
      phone: '',
      channel: '',
      create_user: true,
      data: { a: 1 },
      ...pkce,
    }),
  },
  'POST /magiclink': { body: () => ({ email: email(), data: { a: 1 }, ...pkce }) },
  'POST /recover': { body: () => ({ email: ids['email'], ...pkce }) },
  'POST /resend': { body: () => ({ type: 'signup', email: ids['email'], phone: '', ...pkce }) },
  'GET /verify': { query: () => ({ token: 'x', token_hash: '', type: 'signup', redirect_to }) },
  'POST /verify': {
    body: () => ({
      type: 'email',
      token: '123456',
      token_hash: '',
      email: ids['email'],
      phone: '',
      redirect_to: '',
    }),
  },
  'POST /invite': { body: () => ({ email: email(), data: { a: 1 } }) },
  'POST /admin/generate_link': {
    body: () => ({
      type: 'signup',
      email: email(),
      new_email: '',
      password: 'Secret-123!',
      data: { a: 1 },
      redirect_to,
    }),
  },
  'GET /admin/users': { query: () => ({ ...page(), filter: 'a', sort: 'created_at desc' }) },
  'POST /admin/users': { body: account },
  'GET /admin/users/:id': { path: userId },
  'PUT /admin/users/:id': {
    path: userId,
    body: () => ({ ...account(), id: '', email: ids['email'], password: null }),
  },
  'DELETE /admin/users/:id': { path: anyId, body: () => ({ should_soft_delete: true }) },
  'GET /admin/users/:id/factors': { path: userId },
  'PUT /admin/users/:id/factors/:factorId': {
    path: () => ({ ...userId(), factorId: ids['factor'] }),
    body: () => ({ friendly_name: `g${++count}`, phone: '' }),
  },
  'DELETE /admin/users/:id/factors/:factorId': {
    path: () => ({ ...userId(), factorId: randomUUID() }),
  },
  'GET /admin/users/:id/passkeys': { path: userId },
  'DELETE /admin/users/:id/passkeys/:passkeyId': {
    path: () => ({ ...userId(), passkeyId: randomUUID() }),
  },
  'GET /admin/audit': { query: () => ({ ...page(), query: 'author:a' }) },
  'GET /admin/sso/providers': { query: () => ({ resource_id: 'r', resource_id_prefix: 'r' }) },
  'POST /admin/sso/providers': { body: sso },
  'GET /admin/sso/providers/:id': { path: () => ({ id: ids['sso'] }) },
  'PUT /admin/sso/providers/:id': { path: () => ({ id: ids['sso'] }), body: sso },
  'DELETE /admin/sso/providers/:id': { path: () => ({ id: ids['sso'] }) },
  'POST /sso': {
    body: () => ({
      provider_id: '',
      domain: 'corp.example',
      redirect_to,
      skip_http_redirect: true,
      ...pkce,
    }),
  },
  'GET /sso/saml/metadata': { query: () => ({ download: 'true' }) },
  'POST /sso/saml/acs': { form: () => ({ SAMLResponse: 'PHgvPg==', RelayState: randomUUID() }) },
  'GET /admin/custom-providers': { query: () => ({ type: 'oidc', ...page() }) },
  'POST /admin/custom-providers': { body: custom },
  'GET /admin/custom-providers/:identifier': { path: () => ({ identifier: ids['custom'] }) },
  'PUT /admin/custom-providers/:identifier': {
    path: () => ({ identifier: ids['custom'] }),
    body: custom,
  },
  'DELETE /admin/custom-providers/:identifier': { path: () => ({ identifier: ids['custom'] }) },
  'GET /admin/oauth/clients': { query: page },
  'POST /admin/oauth/clients': { body: oauthClient },
  'GET /admin/oauth/clients/:id': { path: () => ({ id: ids['client'] }) },
  'PUT /admin/oauth/clients/:id': { path: () => ({ id: ids['client'] }), body: oauthClient },
  'DELETE /admin/oauth/clients/:id': { path: anyId },
  'POST /admin/oauth/clients/:id/regenerate_secret': { path: anyId },
  'POST /oauth/clients/register': { body: oauthClient },
  'GET /oauth/authorize': { query: authorization },
  'GET /oauth/authorizations/:id': { path: () => ({ id: ids['authorization'] }) },
  'POST /oauth/authorizations/:id/consent': {
    path: () => ({ id: ids['authorization'] }),
    body: () => ({ action: 'approve' }),
  },
  'POST /oauth/token': {
    form: () => ({
      grant_type: 'authorization_code',
      client_id: ids['client'],
      client_secret: 'x',
      code: 'c',
      redirect_uri: 'https://client.example.com/cb',
      code_verifier: 'v',
      refresh_token: '',
      resource: '',
    }),
  },
  'DELETE /user/oauth/grants': { query: () => ({ client_id: ids['client'] }) },
}
/** Further bodies of one route. */
const more: readonly (readonly [string, string, () => Members])[] = [
  ['POST /token', 'grant_type=refresh_token', () => ({ refresh_token: 'abcdefghijkl' })],
  [
    'POST /token',
    'grant_type=pkce',
    () => ({ auth_code: randomUUID(), code_verifier: 'v'.repeat(43) }),
  ],
  [
    'POST /token',
    'grant_type=id_token',
    () => ({
      id_token: 'x.e30.y',
      access_token: '',
      nonce: '',
      provider: 'google',
      client_id: '',
      issuer: '',
      link_identity: false,
    }),
  ],
  [
    'POST /token',
    'grant_type=web3',
    () => ({ message: 'm'.repeat(80), signature: 'A'.repeat(88), chain: 'solana' }),
  ],
  ['POST /signup', '', () => ({ phone: phone(), password: 'Secret-123!', channel: 'sms' })],
  ['POST /otp', '', () => ({ phone: phone(), channel: 'sms' })],
  ['POST /verify', '', () => ({ type: 'magiclink', token_hash: 'x' })],
  ['POST /verify', '', () => ({ type: 'sms', phone: '15550100', token: '1' })],
  ['POST /admin/custom-providers', '', () => ({ ...custom(), provider_type: 'oidc' })],
  [
    'POST /admin/sso/providers',
    '',
    () => ({ ...sso(), metadata_xml: '', metadata_url: 'https://idp.invalid/m' }),
  ],
  [
    'POST /admin/generate_link',
    '',
    () => ({ type: 'email_change_new', email: ids['email'], new_email: email() }),
  ],
  ['POST /admin/users', '', () => ({ email: email(), password_hash: '$2b$10$' + 'a'.repeat(53) })],
]

const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
/** JSON as it is sent, in the place of one value. */
const jsonValues: Readonly<Record<string, string>> = {
  NUL: String.raw`"a\u0000b"`,
  'NUL in a key': String.raw`{"a\u0000":1}`,
  'half a character': String.raw`"\ud800"`,
  'half a character, in a list of keys': String.raw`[{"\udc00":"\ud800"}]`,
  'the name of a prototype': '"__proto__"',
  'a prototype': '{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}',
  'a number': '1',
  'a huge number': '1e400',
  'a negative one': '-9223372036854775809',
  true: 'true',
  null: 'null',
  nothing: '""',
  spaces: '"   "',
  'a list': '[1,"a",null]',
  'an object': '{"a":{"b":[1]}}',
  'too deep': deep(3_000),
  'an object too deep': `{"a":${deep(3_000)}}`,
  '300 characters': `"${'x'.repeat(300)}"`,
  '30,000 characters': `"${Array.from({ length: 30_000 }, (_, i) => String.fromCharCode(97 + ((i * i) % 26))).join('')}"`,
  'beyond Latin': '"日本😀\\u202e"',
  'an injection': `"'; drop table auth.users; --"`,
  percent: '"%s%n%00%ff"',
}
/** Encoded text in the place of one value of a query, a form or a path. */
const textValues: Readonly<Record<string, string>> = {
  NUL: 'a%00b',
  'bytes that are no UTF-8': '%ff%c3%28',
  'half a character': '%ED%A0%80',
  'no escape': '%',
  nothing: '',
  'the name of a prototype': '__proto__',
  'another one': 'constructor',
  'a huge number': '99999999999999999999',
  'a negative one': '-1',
  'no number': 'NaN',
  '3,000 characters': Array.from({ length: 3_000 }, (_, i) =>
    String.fromCharCode(97 + ((i * i) % 26)),
  ).join(''),
  'beyond Latin': '%E6%97%A5%F0%9F%98%80',
  'a path': '..%2f..%2f',
  'an injection': `'%3B drop table auth.users%3B --`,
  'a line break': 'a%0d%0ab',
}

async function send(
  route: string,
  parts: { query?: string; rawBody?: string; path?: Record<string, string>; type?: string },
): Promise<Answer> {
  const [method = '', pattern = ''] = route.split(' ')
  const path = pattern.replaceAll(/:(\w+)/g, (_, name: string) => parts.path?.[name] ?? 'x')
  const isAdmin = pattern.startsWith('/admin') || pattern === '/invite'
  return auth.call(method, `${path}${parts.query === undefined ? '' : `?${parts.query}`}`, {
    bearer: bearers[isAdmin ? 'admin' : 'user'] ?? '',
    ...(parts.rawBody === undefined ? {} : { rawBody: parts.rawBody }),
    ...(parts.type === undefined ? {} : { headers: { 'content-type': parts.type } }),
  })
}

const form = (members: Members, name = '', value = ''): string =>
  Object.entries(members)
    .map(([key, good]) => `${key}=${key === name ? value : encodeURIComponent(String(good))}`)
    .join('&')
const json = (members: Members, name = '', value = ''): string =>
  `{${Object.entries(members)
    .map(([key, good]) => `${JSON.stringify(key)}:${key === name ? value : JSON.stringify(good)}`)
    .join(',')}}`
const texts = (members: Members): Record<string, string> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, String(value)]))

/** Null unless it is ours: 5xx, but for what a project without a provider of SMS answers, as with GoTrue. */
async function faultOf(what: string, answer: Promise<Answer>): Promise<string | null> {
  const { status, body } = await answer
  if (status < 500 || String(body?.msg).includes('Unable to get SMS provider')) return null
  return `${what}: ${status} ${JSON.stringify(body)}`
}

/** Asked at once, as callers come: answers that leave in steps of time would take most of it otherwise. */
async function faultsOf<T>(
  values: readonly T[],
  ask: (value: T) => readonly [what: string, answer: Promise<Answer>],
): Promise<readonly string[]> {
  const found = await Promise.all(values.map((value) => faultOf(...ask(value))))
  return found.filter((fault) => fault !== null)
}

test('every route with parameters has its row', () => {
  const names = routes.map(({ method, pattern }) => `${method} ${pattern}`)
  expect(Object.keys(shapes).filter((name) => !names.includes(name))).toEqual([])
  const without = names.filter((name) => !Object.hasOwn(shapes, name))
  expect(without.filter((name) => name.includes(':') || /^(POST|PUT|PATCH) /.test(name))).toEqual([
    'POST /passkeys/registration/options',
  ])
})

const all: readonly (readonly [string, Shape])[] = [
  ...Object.entries(shapes),
  ...more.map(
    ([route, query, body]) =>
      [route, { body, query: () => Object.fromEntries(new URLSearchParams(query)) }] as const,
  ),
]
describe.each(all)('%s', (route, shape) => {
  beforeAll(prepare)
  const good = () => ({
    ...(shape.query === undefined ? {} : { query: form(shape.query()) }),
    ...(shape.body === undefined ? {} : { rawBody: json(shape.body()) }),
    ...(shape.form === undefined
      ? {}
      : { rawBody: form(shape.form()), type: 'application/x-www-form-urlencoded' }),
    path: texts(shape.path?.() ?? {}),
  })

  test('good values', async () => expect(await faultOf('good', send(route, good()))).toBeNull())

  if (shape.body !== undefined)
    test('every member of the body', async () => {
      const make = shape.body as () => Members
      for (const name of Object.keys(make()))
        expect(
          await faultsOf(Object.entries(jsonValues), ([label, value]) => [
            `${name}: ${label}`,
            send(route, { ...good(), rawBody: json(make(), name, value) }),
          ]),
        ).toEqual([])
      const whole = ['', '{', '\u0000', '{"a":', '{}', 'null', ...Object.values(jsonValues)]
      expect(
        await faultsOf(whole, (rawBody) => [
          `the body: ${rawBody.slice(0, 40)}`,
          send(route, { ...good(), rawBody }),
        ]),
      ).toEqual([])
    })

  for (const place of ['query', 'form', 'path'] as const) {
    const make = shape[place]
    if (make === undefined) continue
    const partsOf = (name: string, value: string) => {
      if (place === 'path') return { path: { ...texts(make()), [name]: value } }
      const encoded = form(make(), name, value)
      return place === 'query' ? { query: encoded } : { rawBody: encoded }
    }
    test(`every member of the ${place}`, async () => {
      for (const name of Object.keys(make()))
        expect(
          await faultsOf(Object.entries(textValues), ([label, value]) => [
            `${name}: ${label}`,
            send(route, { ...good(), ...partsOf(name, value) }),
          ]),
        ).toEqual([])
    })
  }

  test('headers', async () => {
    const [method = '', pattern = ''] = route.split(' ')
    const target = pattern.replaceAll(/:(\w+)/g, (_, name: string) => good().path[name] ?? 'x')
    const names = [
      'x-jwt-aud',
      'redirect_to',
      'referer',
      'user-agent',
      'x-supabase-api-version',
      'origin',
      'content-type',
    ]
    const values = ['x'.repeat(3_000), 'Ã©', '__proto__']
    const pairs = names.flatMap((name) => values.map((value) => [name, value] as const))
    expect(
      await faultsOf(pairs, ([name, value]) => {
        const { rawBody, query } = { rawBody: '', query: '', ...good() }
        const answer = auth.call(method, `${target}?${query}`, {
          bearer: bearers[/^\/(admin|invite)/.test(pattern) ? 'admin' : 'user'] ?? '',
          headers: { [name]: value },
          ...(rawBody === '' ? {} : { rawBody }),
        })
        return [`${name}: ${value.slice(0, 20)}`, answer]
      }),
    ).toEqual([])
  })
})
