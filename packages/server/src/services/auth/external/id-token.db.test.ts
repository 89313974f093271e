import { createHash, createHmac } from 'node:crypto'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createOutgoing } from '#services/auth/outside'
import { claimsOf, openAuth } from '#services/auth/testing'
import { createLocalHosts, serveJson } from '#services/auth/testing/providers'
import type { Answer, AuthFixture } from '#services/auth/testing'
import type { LocalServer } from '#services/auth/testing/providers'

const external = {
  enabled: true,
  client_id: 'web-client, ios-client',
  secret: 'shh',
  redirect_uri: null,
  url: null,
  skip_nonce_check: false,
  email_optional: false,
}
const password = 'Secret-123!'
const hosts = createLocalHosts()
const tenant = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0'
const issuerOfHost: Record<string, string> = {
  'accounts.google.com': 'https://accounts.google.com',
  'appleid.apple.com': 'https://appleid.apple.com',
  'www.facebook.com': 'https://www.facebook.com',
  'kauth.kakao.com': 'https://kauth.kakao.com',
  'login.microsoftonline.com': tenant,
  'id.example.com': 'https://id.example.com/realms/main',
}
let auth: AuthFixture
let server: LocalServer
let keys: Awaited<ReturnType<typeof generateKeyPair>>
let strangers: typeof keys
let publicJwk: Record<string, unknown> = {}

beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true })
  strangers = await generateKeyPair('RS256')
  publicJwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  server = await serveJson(({ path, headers }) => {
    const issuer = issuerOfHost[String(headers['x-forwarded-host'])]
    if (issuer === undefined) return undefined
    if (path.endsWith('/keys')) return { keys: [publicJwk] }
    if (!path.endsWith('/.well-known/openid-configuration')) return undefined
    return {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
    }
  })
  for (const host of Object.keys(issuerOfHost)) hosts.add(host, server.url)
  auth = await openAuth(
    {
      'auth.external': {
        google: external,
        apple: { ...external, client_id: 'app.bundle' },
        azure: external,
        facebook: external,
        kakao: { ...external, enabled: false },
        keycloak: { ...external, url: 'https://id.example.com/realms/main/' },
      },
    },
    { outgoing: createOutgoing({ fetch: hosts.fetch }) },
  )
})
afterAll(() => Promise.all([auth.close(), server.close()]))
beforeEach(() => auth.configure({}))

let count = 0
const newClaims = (): Record<string, unknown> => ({
  iss: 'https://accounts.google.com',
  aud: 'web-client',
  sub: `sub-${++count}`,
  email: `user${count}@example.com`,
  email_verified: true,
  name: 'Ada',
})

interface Signing {
  readonly header?: Record<string, unknown>
  readonly lifetime?: number
  readonly by?: typeof keys
}

function sign(claims: Record<string, unknown>, options: Signing = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ iat: now, exp: now + (options.lifetime ?? 300), ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one', ...options.header })
    .sign((options.by ?? keys).privateKey)
}

const grant = (body: unknown, bearer?: string): Promise<Answer> =>
  auth.call('POST', '/token?grant_type=id_token', {
    body,
    ...(bearer === undefined ? {} : { bearer }),
  })

test('a token of Google signs its user in, for any of our clients', async () => {
  const claims = newClaims()
  const first = await grant({ provider: 'google', id_token: await sign(claims) })
  expect(first.status).toBe(200)
  expect(first.body.user).toMatchObject({
    email: claims['email'],
    app_metadata: { provider: 'google', providers: ['google'] },
    identities: [{ id: claims['sub'], provider: 'google' }],
  })
  expect(claimsOf(first.body.access_token)['amr']).toMatchObject([{ method: 'oauth' }])
  const second = await grant({
    client_id: 'x',
    issuer: 'https://accounts.google.com',
    id_token: await sign({ ...claims, iss: 'accounts.google.com', aud: ['other', 'ios-client'] }),
  })
  expect(second.body.user.id).toBe(first.body.user.id)
})

test('the nonce must be the one the token has the hash of', async () => {
  const nonce = createHash('sha256').update('kept').digest('hex')
  const id_token = await sign({ ...newClaims(), nonce })
  expect((await grant({ provider: 'google', id_token, nonce: 'kept' })).status).toBe(200)
  expect(await grant({ provider: 'google', id_token, nonce: 'guess' })).toMatchObject({
    status: 400,
    body: { error: 'invalid nonce', error_description: 'Nonces mismatch' },
  })
  const both = 'Passed nonce and nonce in id_token should either both exist or not.'
  expect((await grant({ provider: 'google', id_token })).body.error_description).toBe(both)
  const bare = await sign(newClaims())
  expect(
    (await grant({ provider: 'google', id_token: bare, nonce: 'kept' })).body.error_description,
  ).toBe(both)
  auth.configure({ 'auth.external': { google: { ...external, skip_nonce_check: true } } })
  expect((await grant({ provider: 'google', id_token })).status).toBe(200)
})

test('an access token must be the one of the ID token', async () => {
  const digest = createHash('sha256').update('the-access-token').digest()
  const at_hash = digest.subarray(0, 16).toString('base64url')
  const id_token = await sign({ ...newClaims(), at_hash })
  const ok = await grant({ provider: 'google', id_token, access_token: 'the-access-token' })
  expect(ok.status).toBe(200)
  const wrong = await grant({ provider: 'google', id_token, access_token: 'another' })
  expect(wrong.body).toEqual({ error: 'invalid request', error_description: 'Bad ID token' })
})

const unsigned = (header: object, claims: object, signature: string): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(claims)}.${signature}`
}
const timed = (): Record<string, unknown> => ({
  ...newClaims(),
  exp: Math.floor(Date.now() / 1000) + 300,
})
/** Signed with the public key as if it were a shared secret. */
function confused(secret: string): string {
  const content = unsigned({ alg: 'HS256', kid: 'one', typ: 'JWT' }, timed(), '').slice(0, -1)
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

const badTokens: readonly [string, () => Promise<string> | string][] = [
  ['no token', () => 'x.y.z'],
  ['unsigned', () => unsigned({ alg: 'none' }, timed(), '')],
  ['unsigned under a known key', () => unsigned({ alg: 'none', kid: 'one' }, timed(), 'AAAA')],
  ['signed with the public key as a secret', () => confused(String(publicJwk['n']))],
  ['signed with our own secret', () => confused(auth.keys.jwtSecret)],
  ['signed by somebody else', () => sign(newClaims(), { by: strangers })],
  ['under an unknown key', () => sign(newClaims(), { header: { kid: 'two' } })],
  ['expired', () => sign(newClaims(), { lifetime: -60 })],
  ['of another issuer', () => sign({ ...newClaims(), iss: 'https://evil.example' })],
  ['not yet valid', () => sign({ ...newClaims(), nbf: Math.floor(Date.now() / 1000) + 3600 })],
]
test.each(badTokens)('a token that is %s is refused', async (_, make) => {
  const answer = await grant({ provider: 'google', id_token: await make() })
  expect(answer).toMatchObject({
    status: 400,
    body: { error: 'invalid request', error_description: 'Bad ID token' },
  })
})

test('a token that was changed is refused', async () => {
  const token = await sign(newClaims())
  const [header, , signature] = token.split('.')
  const body = Buffer.from(JSON.stringify(timed())).toString('base64url')
  const answer = await grant({ provider: 'google', id_token: `${header}.${body}.${signature}` })
  expect(answer.body.error_description).toBe('Bad ID token')
})

const refusals: readonly [string, Record<string, unknown>, string][] = [
  ['another audience', { aud: 'evil' }, 'Unacceptable audience in id_token: [evil]'],
  [
    'several audiences, asked for by another',
    { aud: ['web-client', 'evil'], azp: 'evil' },
    'Unacceptable audience in id_token: [web-client evil]',
  ],
  ['no subject', { sub: undefined }, 'Missing sub claim in id_token'],
]
test.each(refusals)('a token with %s is refused', async (_, claims, description) => {
  const id_token = await sign({ ...newClaims(), ...claims })
  expect(await grant({ provider: 'google', id_token })).toMatchObject({
    status: 400,
    body: { error: 'invalid request', error_description: description },
  })
})

const requests: readonly [string, Record<string, unknown>, Record<string, unknown>][] = [
  [
    'no token',
    { provider: 'google' },
    { error: 'invalid request', error_description: 'id_token required' },
  ],
  [
    'no provider',
    { id_token: 'x.y.z' },
    { error: 'invalid request', error_description: 'provider or client_id and issuer required' },
  ],
  [
    'an unknown provider',
    { id_token: 'x.y.z', provider: 'nobody' },
    { error_code: 'validation_failed', msg: 'Custom OIDC provider "nobody" not allowed' },
  ],
  [
    'an issuer of the caller’s choice',
    { id_token: 'x.y.z', client_id: 'a', issuer: 'http://169.254.169.254' },
    { error_code: 'validation_failed', msg: 'Custom OIDC provider "" not allowed' },
  ],
  [
    'a provider that is off',
    { id_token: 'x.y.z', provider: 'kakao' },
    {
      error_code: 'provider_disabled',
      msg: 'Provider (issuer "https://kauth.kakao.com") is not enabled',
    },
  ],
  [
    'nonsense for Azure',
    { id_token: 'nonsense', provider: 'azure' },
    { msg: 'Unable to detect issuer in ID token for Azure provider' },
  ],
  [
    'linking without a token',
    { id_token: 'x.y.z', provider: 'google', link_identity: true },
    { error_description: 'Linking requires a valid user access token in Authorization' },
  ],
]
test.each(requests)('a request with %s is refused', async (_, body, expected) => {
  const before = hosts.requests.length
  expect(await grant(body)).toMatchObject({ status: 400, body: expected })
  expect(hosts.requests.length).toBe(before)
})

test('Microsoft’s tenants are found by the token, at Microsoft’s hosts only', async () => {
  const claims = { ...newClaims(), iss: tenant, preferred_username: 'ada@corp', tid: 'one' }
  const answer = await grant({ provider: 'azure', id_token: await sign(claims) })
  expect(answer.body.user.user_metadata).toMatchObject({
    full_name: 'Ada',
    preferred_username: 'ada@corp',
    custom_claims: { tid: 'one' },
    email_verified: true,
  })
  const before = hosts.requests.length
  for (const iss of [
    'https://login.microsoftonline.com.evil.example/x/v2.0',
    'https://login.microsoftonline.com/../x@evil.example/v2.0',
    'http://127.0.0.1/x',
  ]) {
    const refused = await grant({ provider: 'azure', id_token: await sign({ ...claims, iss }) })
    expect(refused.body.msg).toBe('Detected ID token issuer is not an Azure ID token issuer')
  }
  expect(hosts.requests.length).toBe(before)
})

test('Apple’s two names are one issuer, and its addresses are verified', async () => {
  auth.configure({ 'auth.email.enable_confirmations': true })
  const claims = {
    ...newClaims(),
    aud: 'app.bundle',
    is_private_email: 'true',
    email_verified: undefined,
  }
  for (const iss of ['https://appleid.apple.com', 'https://account.apple.com']) {
    const answer = await grant({ provider: 'apple', id_token: await sign({ ...claims, iss }) })
    expect(answer.body.user.user_metadata).toMatchObject({
      email_verified: true,
      custom_claims: { is_private_email: true },
    })
  }
  const foreign = await grant({ provider: 'apple', id_token: await sign(newClaims()) })
  expect(foreign.body.msg).toBe('Detected ID token issuer is not an Apple ID token issuer')
})

test('Keycloak’s issuer is its url', async () => {
  const iss = 'https://id.example.com/realms/main'
  const answer = await grant({
    provider: 'keycloak',
    id_token: await sign({ ...newClaims(), iss }),
  })
  expect(answer.body.user.app_metadata.provider).toBe('keycloak')
})

test('Facebook’s nonce is not looked at', async () => {
  const claims = { ...newClaims(), iss: 'https://www.facebook.com', nonce: 'whatever' }
  expect((await grant({ provider: 'facebook', id_token: await sign(claims) })).status).toBe(200)
})

test('an issuer that cannot be reached is our failure, not the token’s', async () => {
  auth.configure({
    'auth.external': { keycloak: { ...external, url: 'https://nowhere.example' } },
  })
  expect(await grant({ provider: 'keycloak', id_token: await sign(newClaims()) })).toMatchObject({
    status: 500,
    body: { error_code: 'unexpected_failure' },
  })
})

test('an issuer’s documents are fetched once', async () => {
  await grant({ provider: 'google', id_token: await sign(newClaims()) })
  const before = hosts.requests.length
  for (let i = 0; i < 3; i++) await grant({ provider: 'google', id_token: await sign(newClaims()) })
  expect(hosts.requests.length).toBe(before)
})

test('a signed-in user links the identity of a token', async () => {
  const member = await auth.call('POST', '/signup', {
    body: { email: 'member@example.com', password },
  })
  const claims = newClaims()
  const id_token = await sign(claims)
  const body = { provider: 'google', id_token, link_identity: true }
  const linked = await grant(body, member.body.access_token)
  expect(linked.status).toBe(200)
  expect(linked.body.user).toMatchObject({
    id: member.body.user.id,
    email: 'member@example.com',
    app_metadata: { providers: ['email', 'google'] },
  })
  expect((await grant(body, member.body.access_token)).body).toMatchObject({
    error_code: 'identity_already_exists',
  })
})

describe('an address the provider has not verified', () => {
  const issuer = 'https://id.example.com/realms/main'
  const ofKeycloak = async (claims: object, body: object = {}) =>
    grant({
      provider: 'keycloak',
      id_token: await sign({ ...newClaims(), iss: issuer, ...claims }),
      ...body,
    })
  const newVictim = async () => {
    const email = `victim${++count}@example.com`
    const { body } = await auth.call('POST', '/signup', {
      body: { email, password },
    })
    return { id: body.user.id, email }
  }
  const identitiesOf = (id: string) =>
    auth.query(`select provider from auth.identities where user_id = '${id}'`)

  test.each([false, true])(
    'leads into nobody’s account (confirmations: %s)',
    async (confirmations) => {
      const { id, email } = await newVictim()
      auth.configure({ 'auth.email.enable_confirmations': confirmations })
      const sub = `thief${++count}`
      for (const email_verified of [false, undefined, null, 'false', 0])
        for (const spelling of [email, email.toUpperCase(), ` ${email}\t`]) {
          const answer = await ofKeycloak({ sub, email: spelling, email_verified })
          expect(answer).toMatchObject({
            status: 422,
            body: {
              error_code: 'provider_email_needs_verification',
              msg: 'Unverified email with keycloak. Verify the email with keycloak in order to sign in',
            },
          })
        }
      expect(await identitiesOf(id)).toEqual([{ provider: 'email' }])
    },
  )

  test('signs up where it is free and addresses need no confirmation, and is linked to by nobody', async () => {
    const email = `free${++count}@example.com`
    const first = await ofKeycloak({ sub: `a${count}`, email, email_verified: false })
    expect(first.body.user).toMatchObject({ email, user_metadata: { email_verified: true } })
    const second = await ofKeycloak({ sub: `b${count}`, email, email_verified: false })
    expect(second.status).toBe(422)
  })

  test('does not become verified by characters that look like it in lower case', async () => {
    const email = `kim${++count}@example.com`
    await auth.call('POST', '/signup', { body: { email, password } })
    // U+212A KELVIN SIGN is k in lower case
    const spelling = email.replace('k', '\u212a')
    const sub = `kelvin${count}`
    const answer = await ofKeycloak({
      sub,
      email: spelling,
      email_verified: true,
    })
    expect(answer.body.user?.email).not.toBe(email)
    const identities = await auth.query(
      `select identity_data ->> 'email_verified' as verified from auth.identities where provider_id = '${sub}'`,
    )
    expect(identities).toEqual([{ verified: 'false' }])
  })
})

test('addresses are kept without spaces and in lower case', async () => {
  const claims = newClaims()
  const email = `Tidy${++count}@Example.com`
  const { body } = await grant({
    provider: 'google',
    id_token: await sign({ ...claims, email: `\u00a0 ${email}\n` }),
  })
  const tidy = email.toLowerCase()
  expect(body.user).toMatchObject({ email: tidy, user_metadata: { email: tidy } })
  expect(body.user.identities[0]).toMatchObject({ email: tidy, identity_data: { email: tidy } })
})

test('claims that Postgres cannot keep are mended, an id that it cannot is refused', async () => {
  const claims = { ...newClaims(), name: 'A\u0000\ud800', family_name: '\udc00B' }
  const { body } = await grant({ provider: 'google', id_token: await sign(claims) })
  expect(body.user.user_metadata).toMatchObject({ name: 'A\ufffd\ufffd' })
  for (const sub of ['a\u0000b', 'x'.repeat(5_000)]) {
    const refused = await grant({
      provider: 'google',
      id_token: await sign({ ...newClaims(), sub }),
    })
    expect(refused).toMatchObject({ status: 400, body: { error_description: 'Bad ID token' } })
  }
})

test('what is no token costs no request to the provider', async () => {
  auth.configure({
    'auth.external': { keycloak: { ...external, url: 'https://nobody.example.com' } },
  })
  for (const id_token of ['mock-id-token', 'a.b.c', '..']) {
    expect((await grant({ provider: 'keycloak', id_token })).body).toMatchObject({
      error: 'invalid request',
      error_description: 'Bad ID token',
    })
  }
})
