import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import * as client from 'openid-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Jwk } from '#base/token'
import { claimsOf, openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'

const issuer = 'http://127.0.0.1:54321/auth/v1'
const redirectUri = 'https://client.example.com/cb'
const password = 'Secret-123!'
const on = {
  'auth.oauth_server.enabled': true,
  'auth.oauth_server.allow_dynamic_registration': true,
  'auth.additional_redirect_urls': ['https://consent.example.com'],
} as const

let auth: AuthFixture
beforeAll(async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'es', alg: 'ES256' } as Jwk
  auth = await openAuth(on, { signingKeys: [key] })
})
afterAll(() => auth.close())
beforeEach(() => auth.configure({}))

interface Person {
  readonly id: string
  readonly email: string
  readonly token: string
}

let count = 0
async function newPerson(): Promise<Person> {
  const email = `person${++count}@example.com`
  const { body } = await auth.call('POST', '/signup', {
    body: { email, password, data: { name: 'Ada', avatar_url: 'https://a', username: 'ada' } },
  })
  return { id: body.user.id, email, token: body.access_token }
}

const asAdmin = (method: string, path: string, body?: unknown): Promise<Answer> =>
  auth.call(method, path, {
    bearer: auth.keys.serviceRoleKey,
    ...(body === undefined ? {} : { body }),
  })

interface Application {
  readonly id: string
  readonly secret: string
}

async function newClient(more: object = {}): Promise<Application> {
  const { body } = await asAdmin('POST', '/admin/oauth/clients', {
    redirect_uris: [redirectUri],
    client_name: 'App',
    ...more,
  })
  return { id: body.client_id, secret: body.client_secret ?? '' }
}
const newPublicClient = (): Promise<Application> =>
  newClient({ token_endpoint_auth_method: 'none' })

function newPkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

const locationOf = (answer: Answer): URL => new URL(String(answer.headers['location']))

function authorize(members: Record<string, string>): Promise<Answer> {
  return auth.call('GET', `/oauth/authorize?${new URLSearchParams(members).toString()}`)
}

/** The id of a new request. */
async function request(
  application: Application,
  challenge: string,
  more: Record<string, string> = {},
): Promise<string> {
  const answer = await authorize({
    client_id: application.id,
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  })
  return locationOf(answer).searchParams.get('authorization_id') ?? ''
}

const look = (id: string, bearer: string, headers = {}): Promise<Answer> =>
  auth.call('GET', `/oauth/authorizations/${id}`, { bearer, headers })
const decide = (id: string, bearer: string, action: string, headers = {}): Promise<Answer> =>
  auth.call('POST', `/oauth/authorizations/${id}/consent`, { bearer, body: { action }, headers })

/** The code of a user who looked and agreed. */
async function agree(id: string, person: Person): Promise<string> {
  const seen = await look(id, person.token)
  const url: string =
    seen.body.redirect_url ?? (await decide(id, person.token, 'approve')).body.redirect_url
  return new URL(url).searchParams.get('code') ?? ''
}

function exchange(
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return auth.call('POST', '/oauth/token', {
    rawBody: new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
}

const basic = ({ id, secret }: Application): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

/** openid-client, which is strict, with us behind it. */
async function relyingParty(
  application: Application,
  method?: client.ClientAuth,
): Promise<client.Configuration> {
  return client.discovery(new URL(issuer), application.id, application.secret, method, {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: async (url, options) => {
      const headers = Object.fromEntries(new Headers(options.headers as Record<string, string>))
      const bearer = /^Bearer (.*)$/.exec(headers['authorization'] ?? '')?.[1]
      const answer = await auth.call(options.method, url.slice(issuer.length), {
        headers,
        ...(options.body == null ? {} : { rawBody: String(options.body as string) }),
        ...(bearer === undefined ? {} : { bearer }),
      })
      return new Response(answer.body === null ? null : JSON.stringify(answer.body), {
        status: answer.status,
        headers: answer.headers as Record<string, string>,
      })
    },
  })
}

test('a strict OpenID client signs a user in: discovery, PKCE, consent, ID token, userinfo, refresh', async () => {
  const application = await newClient()
  const person = await newPerson()
  const config = await relyingParty(application, client.ClientSecretBasic(application.secret))
  const { verifier, challenge } = newPkce()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid email profile',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'st',
    nonce: 'no',
  })
  const page = locationOf(await auth.call('GET', `/oauth/authorize${url.search}`))
  expect(page.origin + page.pathname).toBe('http://127.0.0.1:3000/oauth/consent')
  const id = page.searchParams.get('authorization_id') ?? ''
  expect((await look(id, person.token)).body).toEqual({
    authorization_id: id,
    redirect_uri: redirectUri,
    client: { id: application.id, name: 'App' },
    user: { id: person.id, email: person.email },
    scope: 'openid email profile',
  })
  const { body } = await decide(id, person.token, 'approve')
  const tokens = await client.authorizationCodeGrant(config, new URL(body.redirect_url), {
    pkceCodeVerifier: verifier,
    expectedState: 'st',
    expectedNonce: 'no',
    idTokenExpected: true,
  })
  expect(tokens.claims()).toMatchObject({
    iss: issuer,
    aud: application.id,
    sub: person.id,
    email: person.email,
    email_verified: true,
    name: 'Ada',
    picture: 'https://a',
    preferred_username: 'ada',
    nonce: 'no',
  })
  const claims = claimsOf(tokens.access_token)
  expect(claims).toMatchObject({
    client_id: application.id,
    scope: 'openid email profile',
    amr: [{ method: 'oauth_provider/authorization_code' }],
    role: 'authenticated',
  })
  const info = await client.fetchUserInfo(config, tokens.access_token, person.id)
  expect(info).toMatchObject({ email: person.email, email_verified: true, name: 'Ada' })
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
  expect(claimsOf(fresh.access_token)).toMatchObject({
    client_id: application.id,
    scope: 'openid email profile',
    session_id: claims['session_id'],
  })
})

test('a public client needs no secret, and PKCE all the more', async () => {
  const application = await newPublicClient()
  const person = await newPerson()
  const { verifier, challenge } = newPkce()
  const id = await request(application, challenge)
  const code = await agree(id, person)
  const form = { grant_type: 'authorization_code', code, client_id: application.id }
  expect((await exchange(form)).body).toEqual({
    error: 'invalid_grant',
    error_description:
      'PKCE verification failed: code_verifier is required when PKCE challenge is present',
  })
  expect((await exchange({ ...form, code_verifier: newPkce().verifier })).body).toMatchObject({
    error: 'invalid_grant',
  })
  const answer = await exchange({ ...form, code_verifier: verifier, redirect_uri: redirectUri })
  expect(answer.status).toBe(200)
  expect(answer.headers['cache-control']).toBe('no-store')
  expect(Object.keys(answer.body).toSorted()).toEqual([
    'access_token',
    'expires_in',
    'refresh_token',
    'token_type',
  ])
  expect(claimsOf(answer.body.access_token)['scope']).toBe('email')
})

test('a code is good for once, for its client, its place and three minutes', async () => {
  const application = await newClient({ token_endpoint_auth_method: 'client_secret_post' })
  const other = await newClient({ token_endpoint_auth_method: 'client_secret_post' })
  const person = await newPerson()
  const { verifier, challenge } = newPkce()
  const code = await agree(await request(application, challenge), person)
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const own = { client_id: application.id, client_secret: application.secret }
  const refusals: readonly [Record<string, string>, string][] = [
    [
      { client_id: other.id, client_secret: other.secret },
      'Authorization code was not issued for this client',
    ],
    [{ ...own, redirect_uri: 'https://evil.example' }, 'Invalid redirect_uri'],
    [
      { ...own, resource: 'https://api.example' },
      'Authorization code resource does not match the resource parameter',
    ],
    [{ ...own, code: crypto.randomUUID() }, 'Invalid authorization code'],
  ]
  for (const [more, error_description] of refusals) {
    expect((await exchange({ ...form, ...more })).body).toEqual({
      error: 'invalid_grant',
      error_description,
    })
  }
  expect((await exchange({ ...form, ...own })).status).toBe(200)
  expect((await exchange({ ...form, ...own })).body).toMatchObject({ error: 'invalid_grant' })
  const late = await agree(await request(application, challenge), person)
  await auth.script(
    `update auth.oauth_authorizations set created_at = now() - interval '9 minutes', expires_at = now() - interval '1 second' where authorization_code = '${late}'`,
  )
  expect((await exchange({ ...form, ...own, code: late })).body.error_description).toBe(
    'Authorization code has expired',
  )
})

test('a code exchanged twice at the same instant gives one session', async () => {
  const application = await newPublicClient()
  const person = await newPerson()
  const { verifier, challenge } = newPkce()
  const code = await agree(await request(application, challenge), person)
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    client_id: application.id,
  }
  const answers = await Promise.all([exchange(form), exchange(form), exchange(form)])
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
})

test('the banned get no tokens, and users who are gone neither', async () => {
  const application = await newPublicClient()
  const person = await newPerson()
  const { verifier, challenge } = newPkce()
  const code = await agree(await request(application, challenge), person)
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    client_id: application.id,
  }
  await auth.script(
    `update auth.users set banned_until = now() + interval '1 hour' where id = '${person.id}'`,
  )
  expect((await exchange(form)).body).toEqual({
    error: 'access_denied',
    error_description: 'User is banned',
  })
  await auth.script(`delete from auth.users where id = '${person.id}'`)
  expect((await exchange(form)).body.error).toBe('invalid_grant')
})

const credentials: readonly [
  string,
  (one: Application) => [Record<string, string>, Record<string, string>],
][] = [
  ['nothing', () => [{}, {}]],
  ['no id', () => [{ client_id: 'abc' }, {}]],
  ['an unknown id', () => [{ client_id: crypto.randomUUID(), client_secret: 'x' }, {}]],
  ['a wrong secret', (one) => [{}, basic({ ...one, secret: 'x' })]],
  ['an empty secret', (one) => [{}, basic({ ...one, secret: '' })]],
  [
    'the secret in the wrong place',
    (one) => [{ client_id: one.id, client_secret: one.secret }, {}],
  ],
  ['no secret', (one) => [{ client_id: one.id }, {}]],
  ['a broken header', () => [{}, { authorization: 'Basic abc' }]],
]
test.each(credentials)('a client that shows %s is refused', async (_, make) => {
  const [form, headers] = make(await newClient())
  expect(
    await exchange({ grant_type: 'refresh_token', refresh_token: 'a', ...form }, headers),
  ).toMatchObject({
    status: 400,
    body: { error: 'invalid_client', code: 400, error_code: 'invalid_credentials' },
  })
})

test('the token endpoint tells what is missing', async () => {
  const application = await newClient({ grant_types: ['authorization_code'] })
  const send = async (form: Record<string, string>): Promise<unknown> =>
    (await exchange(form, basic(application))).body
  expect(await send({})).toEqual({
    error: 'invalid_request',
    error_description: 'grant_type is required',
  })
  expect(await send({ grant_type: 'password' })).toMatchObject({ error: 'unsupported_grant_type' })
  expect(await send({ grant_type: 'refresh_token' })).toMatchObject({
    error: 'unsupported_grant_type',
  })
  expect(await send({ grant_type: 'authorization_code' })).toMatchObject({
    error: 'invalid_request',
  })
  const json = await auth.call('POST', '/oauth/token', {
    rawBody: '{',
    headers: { 'content-type': 'application/json' },
  })
  expect(json.body).toEqual({ error: 'invalid_request', error_description: 'Invalid JSON body' })
  const body = { grant_type: 'authorization_code', code: 'x', client_id: application.id }
  const asJson = await auth.call('POST', '/oauth/token', {
    body,
    headers: { 'content-type': 'application/json', ...basic(application) },
  })
  expect(asJson.body).toMatchObject({ error: 'invalid_grant' })
})

test('a session belongs to its client: nobody else refreshes it', async () => {
  const application = await newPublicClient()
  const other = await newPublicClient()
  const person = await newPerson()
  const { verifier, challenge } = newPkce()
  const code = await agree(await request(application, challenge), person)
  const { body } = await exchange({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    client_id: application.id,
  })
  const refresh_token: string = body.refresh_token
  const form = { grant_type: 'refresh_token', refresh_token }
  expect(
    (await auth.call('POST', '/token?grant_type=refresh_token', { body: { refresh_token } })).body,
  ).toEqual({
    error: 'invalid_client',
    error_description: 'Client authentication required for OAuth session',
  })
  expect((await exchange({ ...form, client_id: other.id })).body).toEqual({
    error: 'invalid_client',
    error_description: "Client does not match the session's OAuth client",
  })
  const own = await auth.call('POST', '/token?grant_type=password', {
    body: { email: person.email, password },
  })
  expect(
    (await exchange({ ...form, refresh_token: own.body.refresh_token, client_id: application.id }))
      .body,
  ).toMatchObject({ error: 'invalid_client' })
  expect((await exchange({ ...form, client_id: application.id })).status).toBe(200)
  expect(
    (await exchange({ ...form, refresh_token: 'aaaaaaaaaaaa', client_id: application.id })).body,
  ).toMatchObject({
    error: 'invalid_grant',
    error_code: 'refresh_token_not_found',
  })
  expect(
    (await exchange({ ...form, refresh_token: '!', client_id: application.id })).body,
  ).toMatchObject({
    error: 'invalid_grant',
    error_code: 'validation_failed',
  })
})

test('a client’s own token cannot let in another client', async () => {
  const application = await newPublicClient()
  const person = await newPerson()
  const { verifier, challenge } = newPkce()
  const code = await agree(await request(application, challenge), person)
  const { body } = await exchange({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    client_id: application.id,
  })
  const id = await request(await newPublicClient(), challenge)
  const refusal = { status: 403, body: { error_code: 'no_authorization' } }
  expect(await look(id, body.access_token)).toMatchObject(refusal)
  expect(await decide(id, body.access_token, 'approve')).toMatchObject(refusal)
  expect(await auth.call('GET', '/user/oauth/grants', { bearer: body.access_token })).toMatchObject(
    refusal,
  )
  expect((await auth.call('GET', '/oauth/userinfo', { bearer: body.access_token })).body).toEqual({
    sub: person.id,
    email: person.email,
    email_verified: true,
  })
})

test('a user who agreed once is not asked again, until the grant is revoked', async () => {
  const application = await newPublicClient()
  const person = await newPerson()
  const { verifier, challenge } = newPkce()
  const code = await agree(await request(application, challenge, { scope: 'email phone' }), person)
  const session = await exchange({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    client_id: application.id,
  })
  const again = await look(
    await request(application, challenge, { scope: 'phone', state: 's' }),
    person.token,
  )
  const url = new URL(again.body.redirect_url)
  expect(url.searchParams.get('state')).toBe('s')
  expect(url.searchParams.get('code')).toMatch(/^[0-9a-f-]{36}$/)
  const more = await look(
    await request(application, challenge, { scope: 'email profile' }),
    person.token,
  )
  expect(more.body).toHaveProperty('authorization_id')

  const grants = await auth.call('GET', '/user/oauth/grants', { bearer: person.token })
  expect(grants.body).toMatchObject([
    { client: { id: application.id, name: 'App' }, scopes: ['email', 'phone'] },
  ])
  const path = `/user/oauth/grants?client_id=${application.id}`
  expect((await auth.call('DELETE', path, { bearer: person.token })).status).toBe(204)
  expect(await auth.call('DELETE', path, { bearer: person.token })).toMatchObject({
    status: 404,
    body: { error_code: 'oauth_consent_not_found' },
  })
  const refreshed = await exchange({
    grant_type: 'refresh_token',
    refresh_token: session.body.refresh_token,
    client_id: application.id,
  })
  expect(refreshed.body).toMatchObject({ error: 'invalid_grant' })
  const asked = await look(await request(application, challenge, { scope: 'phone' }), person.token)
  expect(asked.body).toHaveProperty('authorization_id')
  expect((await auth.call('DELETE', '/user/oauth/grants', { bearer: person.token })).status).toBe(
    400,
  )
  expect(
    (await auth.call('DELETE', '/user/oauth/grants?client_id=x', { bearer: person.token })).status,
  ).toBe(400)
})

test('who says no sends the client away with the reason', async () => {
  const person = await newPerson()
  const id = await request(await newPublicClient(), newPkce().challenge, { state: 's t' })
  await look(id, person.token)
  const { body } = await decide(id, person.token, 'deny')
  expect(Object.fromEntries(new URL(body.redirect_url).searchParams)).toEqual({
    error: 'access_denied',
    error_description: 'User denied the request',
    state: 's t',
  })
  expect((await decide(id, person.token, 'approve')).body).toMatchObject({
    error_code: 'validation_failed',
    msg: 'authorization request is no longer pending',
  })
  expect((await look(id, person.token)).body.msg).toBe('authorization request cannot be processed')
})

test('a request is one user’s, and three minutes old at most', async () => {
  const [person, other] = [await newPerson(), await newPerson()]
  const { challenge } = newPkce()
  const application = await newPublicClient()
  const notFound = { status: 404, body: { error_code: 'oauth_authorization_not_found' } }
  const id = await request(application, challenge)
  expect(await decide(id, person.token, 'approve')).toMatchObject(notFound)
  await look(id, person.token)
  expect(await look(id, other.token)).toMatchObject(notFound)
  expect(await decide(id, other.token, 'approve')).toMatchObject(notFound)
  expect(await look('nonsense', person.token)).toMatchObject(notFound)
  expect((await decide(id, person.token, 'perhaps')).body.msg).toBe(
    "action must be 'approve' or 'deny'",
  )
  await auth.script(
    `update auth.oauth_authorizations set created_at = now() - interval '9 minutes', expires_at = now() - interval '1 second'`,
  )
  expect(await look(id, person.token)).toMatchObject(notFound)
  expect(await decide(id, person.token, 'approve')).toMatchObject(notFound)
})

test('only the application’s own pages may ask', async () => {
  const person = await newPerson()
  const id = await request(await newPublicClient(), newPkce().challenge)
  for (const origin of ['http://127.0.0.1:3000', 'https://consent.example.com']) {
    expect((await look(id, person.token, { origin })).status).toBe(200)
  }
  for (const origin of ['https://evil.example', 'null']) {
    const refusal = { status: 400, body: { msg: 'unauthorized request origin' } }
    expect(await look(id, person.token, { origin })).toMatchObject(refusal)
    expect(await decide(id, person.token, 'approve', { origin })).toMatchObject(refusal)
  }
  expect((await auth.call('GET', `/oauth/authorizations/${id}`)).status).toBe(401)
})

test('what cannot be trusted is answered here, not at its redirect_uri', async () => {
  const { id } = await newPublicClient()
  const refusals: readonly [Record<string, string>, string, string][] = [
    [{}, 'validation_failed', 'client_id is required'],
    [{ client_id: id }, 'validation_failed', 'redirect_uri is required'],
    [
      { client_id: 'x', redirect_uri: redirectUri },
      'oauth_client_not_found',
      'invalid client_id format',
    ],
    [
      { client_id: crypto.randomUUID(), redirect_uri: redirectUri },
      'oauth_client_not_found',
      'invalid client_id',
    ],
    [
      { client_id: id, redirect_uri: 'https://evil.example/' },
      'validation_failed',
      'invalid redirect_uri',
    ],
    [
      { client_id: id, redirect_uri: `${redirectUri}/more` },
      'validation_failed',
      'invalid redirect_uri',
    ],
    [
      { client_id: id, redirect_uri: `${redirectUri}?a=1` },
      'validation_failed',
      'invalid redirect_uri',
    ],
  ]
  for (const [members, error_code, msg] of refusals) {
    expect(await authorize(members)).toMatchObject({ status: 400, body: { error_code, msg } })
  }
})

test('what is wrong with a known client’s request is told at its redirect_uri', async () => {
  const { id } = await newPublicClient()
  const base = {
    client_id: id,
    redirect_uri: redirectUri,
    state: 's',
    code_challenge: newPkce().challenge,
    code_challenge_method: 'S256',
  }
  const faults: readonly [Record<string, string>, string][] = [
    [{ response_type: 'token' }, 'only response_type=code is supported'],
    [{ scope: 'email admin' }, 'unsupported scope: admin'],
    [{ scope: ' ' }, 'scope parameter cannot be empty'],
    [{ scope: 'email '.repeat(21) }, 'too many scopes'],
    [{ resource: 'api' }, 'resource must be an absolute URI'],
    [{ resource: 'https://a#b' }, 'resource must not include a fragment component'],
    [{ resource: 'https://a?b' }, 'resource must not include a query component'],
    [{ nonce: 'n'.repeat(256) }, 'nonce is too long'],
    [{ code_challenge: '' }, 'PKCE flow requires both code_challenge and code_challenge_method'],
    [{ code_challenge: 'short' }, 'code_challenge must be between 43 and 128 characters'],
    [{ code_challenge_method: 'md5' }, "code_challenge_method must be 'S256' or 'plain'"],
  ]
  for (const [more, error_description] of faults) {
    const answer = await authorize({ ...base, ...more })
    expect(answer.status).toBe(302)
    expect(locationOf(answer).href.startsWith(`${redirectUri}?`)).toBe(true)
    expect(Object.fromEntries(locationOf(answer).searchParams)).toEqual({
      error: 'invalid_request',
      error_description,
      state: 's',
    })
  }
})

test('administrators keep clients', async () => {
  const made = await asAdmin('POST', '/admin/oauth/clients', {
    redirect_uris: [redirectUri, 'http://localhost:3000/cb', 'myapp://cb'],
    client_name: 'App',
    client_uri: 'https://app.example.com',
    logo_uri: 'https://app.example.com/logo.png',
  })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({
    client_type: 'confidential',
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    registration_type: 'manual',
  })
  expect(made.body.client_secret).toMatch(/^[\w-]{43}$/)
  const path = `/admin/oauth/clients/${made.body.client_id}`
  const { client_secret: secret, ...shown } = made.body
  expect((await asAdmin('GET', path)).body).toEqual(shown)
  const listed = await asAdmin('GET', '/admin/oauth/clients?page=1&per_page=1')
  expect(listed.body.clients).toEqual([shown])
  expect(Number(listed.headers['x-total-count'])).toBeGreaterThan(0)
  const changed = await asAdmin('PUT', path, { client_name: 'New', logo_uri: '' })
  expect(changed.body).toMatchObject({ client_name: 'New', client_uri: 'https://app.example.com' })
  expect(changed.body).not.toHaveProperty('logo_uri')
  const fresh = await asAdmin('POST', `${path}/regenerate_secret`)
  expect(fresh.body.client_secret).not.toBe(secret)
  const application = { id: made.body.client_id, secret }
  const form = { grant_type: 'authorization_code', code: 'x' }
  expect((await exchange(form, basic(application))).body.error).toBe('invalid_client')
  const renewed = { ...application, secret: fresh.body.client_secret }
  expect((await exchange(form, basic(renewed))).body.error).toBe('invalid_grant')
  expect((await asAdmin('DELETE', path)).status).toBe(204)
  expect(await asAdmin('GET', path)).toMatchObject({
    status: 404,
    body: { error_code: 'oauth_client_not_found' },
  })
  expect((await exchange(form, basic(renewed))).body.error).toBe('invalid_client')
})

const metadata: readonly [object, string][] = [
  [{ redirect_uris: [] }, 'redirect_uris is required'],
  [
    { redirect_uris: Array.from({ length: 11 }, () => redirectUri) },
    'redirect_uris cannot exceed 10 items',
  ],
  [
    { redirect_uris: ['javascript://x/%0aalert(1)'] },
    "invalid redirect_uri 'javascript://x/%0aalert(1)': scheme 'javascript' is not allowed for security reasons",
  ],
  [
    { redirect_uris: ['http://evil.example/'] },
    "invalid redirect_uri 'http://evil.example/': HTTP scheme only allowed for localhost",
  ],
  [
    { redirect_uris: ['https://a.example/#x'] },
    "invalid redirect_uri 'https://a.example/#x': fragment not allowed in redirect URI",
  ],
  [{ redirect_uris: ['/cb'] }, "invalid redirect_uri '/cb': must have scheme and host"],
  [
    { redirect_uris: ['https://a.example/,https://evil.example/'] },
    "invalid redirect_uri 'https://a.example/,https://evil.example/': invalid URL format",
  ],
  [
    { grant_types: ['password'] },
    "grant_types must only contain 'authorization_code' and/or 'refresh_token'",
  ],
  [{ client_name: 'x'.repeat(1025) }, 'client_name cannot exceed 1024 characters'],
  [{ client_uri: 'javascript:alert(1)' }, 'client_uri must be a valid URL'],
  [{ logo_uri: 'nonsense' }, 'logo_uri must be a valid URL'],
  [{ client_type: 'secret' }, "client_type must be 'public' or 'confidential'"],
  [
    { token_endpoint_auth_method: 'jwt' },
    'token_endpoint_auth_method must be one of: [none client_secret_basic client_secret_post]',
  ],
  [
    { client_type: 'public', token_endpoint_auth_method: 'client_secret_basic' },
    "client_type 'public' is inconsistent with token_endpoint_auth_method 'client_secret_basic' (expected client_type 'confidential')",
  ],
]
test.each(metadata)('a client that says %j of itself is refused', async (part, msg) => {
  const body = { redirect_uris: [redirectUri], ...part }
  expect(await asAdmin('POST', '/admin/oauth/clients', body)).toMatchObject({
    status: 400,
    body: { error_code: 'validation_failed', msg },
  })
})

test('changes of clients are checked too', async () => {
  const { id } = await newPublicClient()
  const path = `/admin/oauth/clients/${id}`
  const refusals: readonly [object, string][] = [
    [{}, 'No fields provided for update'],
    [{ redirect_uris: [] }, 'redirect_uris cannot be empty'],
    [{ grant_types: [] }, 'grant_types cannot be empty'],
    [
      { token_endpoint_auth_method: 'jwt' },
      'invalid token_endpoint_auth_method: must be one of [none client_secret_basic client_secret_post]',
    ],
    [
      { token_endpoint_auth_method: 'client_secret_post' },
      "token_endpoint_auth_method 'client_secret_post' is not valid for client_type 'public'; valid methods: [none]",
    ],
  ]
  for (const [body, msg] of refusals) {
    expect(await asAdmin('PUT', path, body)).toMatchObject({ status: 400, body: { msg } })
  }
  expect((await asAdmin('POST', `${path}/regenerate_secret`)).body.msg).toBe(
    'Cannot regenerate secret for public client',
  )
  expect((await asAdmin('GET', '/admin/oauth/clients/x')).body.msg).toBe('invalid client_id format')
  const stranger = await auth.call('GET', '/admin/oauth/clients', { bearer: auth.keys.anonKey })
  expect(stranger).toMatchObject({ status: 403, body: { error_code: 'not_admin' } })
})

test('clients register themselves where that is allowed, so many at a time', async () => {
  const register = (): Promise<Answer> =>
    auth.call('POST', '/oauth/clients/register', {
      body: { redirect_uris: [redirectUri], client_name: 'Dynamic' },
      remoteAddress: '192.0.2.1',
    })
  const made = await register()
  expect(made).toMatchObject({ status: 201, body: { registration_type: 'dynamic' } })
  for (let i = 0; i < 9; i++) await register()
  expect(await register()).toMatchObject({
    status: 429,
    body: { error_code: 'over_request_rate_limit' },
  })
  auth.configure({ 'auth.oauth_server.allow_dynamic_registration': false })
  expect(await register()).toMatchObject({
    status: 403,
    body: { error_code: 'oauth_dynamic_client_registration_disabled' },
  })
})

test('discovery names the endpoints, the one for registration only where it is open', async () => {
  const { body } = await auth.call('GET', '/.well-known/oauth-authorization-server')
  expect(body).toMatchObject({
    issuer,
    token_endpoint: `${issuer}/oauth/token`,
    registration_endpoint: `${issuer}/oauth/clients/register`,
  })
  auth.configure({ 'auth.oauth_server.allow_dynamic_registration': false })
  const closed = await auth.call('GET', '/.well-known/openid-configuration')
  expect(closed.body).not.toHaveProperty('registration_endpoint')
})

const paths: readonly [string, string][] = [
  ['GET', '/oauth/authorize'],
  ['POST', '/oauth/token'],
  ['GET', '/oauth/userinfo'],
  ['POST', '/oauth/clients/register'],
  ['GET', '/oauth/authorizations/x'],
  ['GET', '/.well-known/oauth-authorization-server'],
  ['GET', '/admin/oauth/clients'],
]
test.each(paths)('%s %s is not there while the server is off', async (method, path) => {
  auth.configure({ 'auth.oauth_server.enabled': false })
  const bearer = auth.keys.serviceRoleKey
  expect(await auth.call(method, path, { bearer })).toMatchObject({
    status: 404,
    body: { error_code: 'feature_disabled', msg: 'OAuth server is disabled' },
  })
})

test('without a key clients could verify, ID tokens are refused where they are asked for', async () => {
  const plain = await openAuth(on)
  try {
    const { body: made } = await plain.call('POST', '/admin/oauth/clients', {
      bearer: plain.keys.serviceRoleKey,
      body: { redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' },
    })
    const { body: person } = await plain.call('POST', '/signup', {
      body: { email: 'a@example.com', password },
    })
    const { verifier, challenge } = newPkce()
    const ask = (scope: string): Promise<Answer> => {
      const query = new URLSearchParams({
        client_id: made.client_id,
        redirect_uri: redirectUri,
        scope,
        state: 'st',
        code_challenge: challenge,
        code_challenge_method: 'S256',
      })
      return plain.call('GET', `/oauth/authorize?${query.toString()}`)
    }
    for (const scope of ['openid', 'email openid']) {
      const refused = locationOf(await ask(scope))
      expect(refused.origin + refused.pathname).toBe(redirectUri)
      expect(Object.fromEntries(refused.searchParams)).toEqual({
        error: 'invalid_scope',
        error_description: expect.stringContaining('unsupported scope: openid'),
        state: 'st',
      })
    }
    // a key that went away since the user was asked
    const path = `/oauth/authorizations/${locationOf(await ask('email')).searchParams.get('authorization_id')}`
    await plain.call('GET', path, { bearer: person.access_token })
    const { body: answer } = await plain.call('POST', `${path}/consent`, {
      bearer: person.access_token,
      body: { action: 'approve' },
    })
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL(answer.redirect_url).searchParams.get('code') ?? '',
      code_verifier: verifier,
      client_id: made.client_id,
    })
    const send = (): Promise<Answer> =>
      plain.call('POST', '/oauth/token', { rawBody: form.toString() })
    await plain.script("update auth.oauth_authorizations set scope = 'openid'")
    expect(await send()).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
    await plain.script("update auth.oauth_authorizations set scope = 'email'")
    expect((await send()).status).toBe(200)
  } finally {
    await plain.close()
  }
})

describe('a code that comes again', () => {
  async function letIn(application: Application) {
    const person = await newPerson()
    const { verifier, challenge } = newPkce()
    const code = await agree(await request(application, challenge), person)
    const form = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      client_id: application.id,
    }
    const { body } = await exchange(form)
    return { form, tokens: body, person }
  }

  test('is refused, and what it became ends', async () => {
    const application = await newPublicClient()
    const { form, tokens, person } = await letIn(application)
    const other = await letIn(application)
    expect(await exchange(form)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await auth.call('GET', '/user', { bearer: tokens.access_token })).body.error_code).toBe(
      'session_not_found',
    )
    const refreshed = await exchange({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
      client_id: application.id,
    })
    expect(refreshed.status).toBe(400)
    // others, and the user's own session, go on
    for (const bearer of [other.tokens.access_token, person.token])
      expect((await auth.call('GET', '/user', { bearer })).status).toBe(200)
    const entries = await auth.query(
      `select from auth.audit_log_entries where payload -> 'traits' ->> 'action' = 'replayed_authorization_code'
        and payload ->> 'actor_id' = '${person.id}'`,
    )
    expect(entries).toHaveLength(1)
  })

  test('from another client ends nothing', async () => {
    const { form, tokens } = await letIn(await newPublicClient())
    const stranger = await newPublicClient()
    expect((await exchange({ ...form, client_id: stranger.id })).status).toBe(400)
    expect((await auth.call('GET', '/user', { bearer: tokens.access_token })).status).toBe(200)
  })

  test('at the same instant gets nothing', async () => {
    const application = await newPublicClient()
    const person = await newPerson()
    const { verifier, challenge } = newPkce()
    const code = await agree(await request(application, challenge), person)
    const form = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      client_id: application.id,
    }
    const answers = await Promise.all(Array.from({ length: 6 }, () => exchange(form)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })
})
