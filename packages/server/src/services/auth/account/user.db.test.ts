import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { signToken } from '#base/token'
import type { Jwk } from '#base/token'
import { claimsOf, openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'

let auth: AuthFixture
beforeAll(async () => {
  auth = await openAuth()
})
afterAll(() => auth.close())
beforeEach(() => {
  auth.configure({})
  auth.mails.length = 0
})

const password = 'Secret-123!'
let count = 0
async function newUser(): Promise<{ email: string; id: string; bearer: string; refresh: string }> {
  const email = `user${++count}@example.com`
  const { body } = await auth.call('POST', '/signup', { body: { email, password } })
  return { email, id: body.user.id, bearer: body.access_token, refresh: body.refresh_token }
}
async function newAnonymous(): Promise<{ id: string; bearer: string }> {
  auth.configure({ 'auth.enable_anonymous_sign_ins': true })
  const { body } = await auth.call('POST', '/signup', { body: {} })
  return { id: body.user.id, bearer: body.access_token }
}
const signIn = (email: string, secret: string) =>
  auth.call('POST', '/token?grant_type=password', { body: { email, password: secret } })
const put = (bearer: string, body: unknown): Promise<Answer> =>
  auth.call('PUT', '/user', { bearer, body })
const token = (claims: object) =>
  signToken({ role: 'authenticated', exp: Date.now() / 1000 + 600, ...claims }, auth.keys.jwtSecret)
const unknownId = '00000000-0000-4000-8000-000000000001'

test('GET /user is the account of the token, with or without a trailing slash', async () => {
  const { bearer, id, email } = await newUser()
  for (const path of ['/user', '/user/']) {
    const answer = await auth.call('GET', path, { bearer })
    expect(answer).toMatchObject({ status: 200, body: { id, email, role: 'authenticated' } })
    expect(answer.body.identities).toHaveLength(1)
  }
})

const bearers: readonly [string, () => string | undefined, number, string, string | RegExp][] = [
  [
    'no token',
    () => undefined,
    401,
    'no_authorization',
    'This endpoint requires a valid Bearer token',
  ],
  [
    'nonsense',
    () => 'nonsense',
    403,
    'bad_jwt',
    /^invalid JWT: unable to parse or verify signature, /,
  ],
  [
    'a foreign token',
    () => signToken({ sub: unknownId }, 'other'),
    403,
    'bad_jwt',
    /^invalid JWT: /,
  ],
  [
    'an expired token',
    () => token({ sub: unknownId, exp: 1 }),
    403,
    'bad_jwt',
    /token is expired$/,
  ],
  ['the anon key', () => auth.keys.anonKey, 403, 'bad_jwt', 'invalid claim: missing sub claim'],
  [
    'a sub that is no UUID',
    () => token({ sub: '42' }),
    400,
    'bad_jwt',
    'invalid claim: sub claim must be a UUID',
  ],
  [
    'an unknown sub',
    () => token({ sub: unknownId }),
    403,
    'user_not_found',
    'User from sub claim in JWT does not exist',
  ],
  [
    'a session_id that is no UUID',
    () => token({ sub: unknownId, session_id: 'x' }),
    403,
    'bad_jwt',
    'invalid claim: session_id claim must be a UUID',
  ],
]
test.each(bearers)('%s does not open an account', async (_, bearer, status, code, message) => {
  const msg = typeof message === 'string' ? message : expect.stringMatching(message)
  for (const [method, path] of [
    ['GET', '/user'],
    ['PUT', '/user'],
    ['POST', '/logout'],
  ] as const) {
    const given = bearer()
    const answer = await auth.call(method, path, {
      ...(given === undefined ? {} : { bearer: given }),
      ...(method === 'PUT' ? { body: {} } : {}),
    })
    expect(answer).toMatchObject({ status, body: { code: status, error_code: code, msg } })
  }
})

test('a token whose session is gone, or whose user is banned, opens nothing', async () => {
  const { bearer, id } = await newUser()
  await auth.script(
    `update auth.users set banned_until = now() + interval '1 hour' where id = '${id}'`,
  )
  expect((await auth.call('GET', '/user', { bearer })).body).toMatchObject({
    code: 403,
    error_code: 'user_banned',
  })
  await auth.script(`update auth.users set banned_until = null where id = '${id}';
    delete from auth.sessions where user_id = '${id}'`)
  expect((await auth.call('GET', '/user', { bearer })).body).toMatchObject({
    code: 403,
    error_code: 'session_not_found',
    msg: 'Session from session_id claim in JWT does not exist',
  })
})

test('a token without a session, or with the nil one, is enough to read', async () => {
  const { id } = await newUser()
  const nil = '00000000-0000-0000-0000-000000000000'
  for (const session_id of [undefined, '', nil]) {
    const bearer = token({ sub: id, aud: 'authenticated', session_id })
    expect((await auth.call('GET', '/user', { bearer })).status).toBe(200)
  }
})

test("the audience asked for must be the token's", async () => {
  const { bearer } = await newUser()
  const answer = await auth.call('GET', '/user', { bearer, headers: { 'x-jwt-aud': 'other' } })
  expect(answer.body).toEqual({
    code: 400,
    error_code: 'validation_failed',
    msg: "Token audience doesn't match request audience",
  })
})

test('logout ends all sessions, the own one, or the others', async () => {
  const { email, bearer, id, refresh } = await newUser()
  const { body: second } = await signIn(email, password)
  const sessions = () => auth.query(`select id::text from auth.sessions where user_id = '${id}'`)
  const logout = (scope: string, token: string) =>
    auth.call('POST', `/logout${scope}`, { bearer: token })
  expect(await logout('?scope=wrong', bearer)).toMatchObject({
    status: 400,
    body: { error_code: 'validation_failed', msg: 'Unsupported logout scope "wrong"' },
  })
  expect(await sessions()).toHaveLength(2)

  expect(await logout('?scope=others', bearer)).toMatchObject({ status: 204, body: null })
  expect(await sessions()).toEqual([{ id: claimsOf(bearer)['session_id'] }])
  expect((await auth.call('GET', '/user', { bearer: second.access_token })).status).toBe(403)

  const { body: third } = await signIn(email, password)
  expect((await logout('?scope=local', third.access_token)).status).toBe(204)
  expect(await sessions()).toHaveLength(1)

  await signIn(email, password)
  expect((await logout('', bearer)).status).toBe(204)
  expect(await sessions()).toEqual([])
  const gone = await auth.call('POST', '/token?grant_type=refresh_token', {
    body: { refresh_token: refresh },
  })
  expect(gone.body).toHaveProperty('error_code', 'refresh_token_not_found')
})

test('metadata is merged at the first level, and null removes a member', async () => {
  const { bearer } = await newUser()
  await put(bearer, { data: { a: { b: 1 }, c: 1, d: null } })
  const { body } = await put(bearer, { data: { a: { x: 1 }, c: null } })
  expect(body.user_metadata).toMatchObject({ a: { x: 1 }, email_verified: true })
  for (const removed of ['c', 'd']) expect(body.user_metadata).not.toHaveProperty(removed)
})

test('a new password replaces the old, and signs out every other session', async () => {
  const { email, bearer, id } = await newUser()
  await signIn(email, password)
  const answer = await put(bearer, { password: 'Brand-new-9' })
  expect(answer).toMatchObject({ status: 200, body: { id } })
  expect((await signIn(email, password)).status).toBe(400)
  const sessions = await auth.query(`select id::text from auth.sessions where user_id = '${id}'`)
  expect(sessions).toEqual([{ id: claimsOf(bearer)['session_id'] }])
  expect((await signIn(email, 'Brand-new-9')).status).toBe(200)
})

test('where the present password is asked for, only who came by a link may do without', async () => {
  auth.configure({ 'basalt.auth.require_current_password': true })
  const { email, bearer } = await newUser()
  const change = (current_password?: string) =>
    put(bearer, { password: 'Brand-new-9', ...(current_password && { current_password }) })
  expect((await change()).body).toMatchObject({
    code: 400,
    error_code: 'current_password_required',
  })
  expect((await change('wrong')).body).toMatchObject({ error_code: 'current_password_invalid' })
  expect((await change(password)).status).toBe(200)

  const { body } = await auth.call('POST', '/recover', { body: { email } })
  expect(body).toEqual({})
  const link = { type: 'recovery', token_hash: auth.mails.at(-1)?.tokenHash }
  const recovered = await auth.call('POST', '/verify', { body: link })
  const forgotten = await put(recovered.body.access_token, { password: 'Another-new-9' })
  expect(forgotten.status).toBe(200)
})

test.each([
  ['the same password', { password }, 422, 'same_password'],
  ['an empty password', { password: '' }, 422, 'weak_password'],
  ['a short password', { password: 'x' }, 422, 'weak_password'],
  ['a long password', { password: 'x'.repeat(73) }, 400, 'validation_failed'],
  ['app_metadata', { app_metadata: { role: 'boss' } }, 403, 'not_admin'],
  ['a malformed email', { email: 'x' }, 400, 'validation_failed'],
  ['a malformed phone', { phone: '0' }, 400, 'validation_failed'],
])('%s is refused', async (_, body, status, code) => {
  const { bearer, email } = await newUser()
  expect((await put(bearer, body)).body).toMatchObject({ code: status, error_code: code })
  expect((await signIn(email, password)).status).toBe(200)
})

test('an address of somebody else is refused', async () => {
  const [one, two] = [await newUser(), await newUser()]
  expect((await put(one.bearer, { email: two.email.toUpperCase() })).body).toEqual({
    code: 422,
    error_code: 'email_exists',
    msg: 'A user with this email address has already been registered',
  })
  auth.configure({ 'auth.sms.enable_signup': true })
  await put(one.bearer, { phone: '+1555000' })
  expect((await put(two.bearer, { phone: '1555000' })).body).toMatchObject({
    error_code: 'phone_exists',
  })
})

test('a new email is pending until both addresses agree', async () => {
  const { bearer, email, id } = await newUser()
  const { body } = await put(bearer, { email: 'Changed@example.com' })
  expect(body).toMatchObject({
    email,
    new_email: 'changed@example.com',
    email_change_sent_at: expect.any(String),
  })
  expect(auth.mails.map(({ action, to }) => [action, to])).toEqual([
    ['email_change', 'changed@example.com'],
    ['email_change', email],
  ])
  expect(
    await auth.query(
      `select token_type::text from auth.one_time_tokens where user_id = '${id}' order by 1`,
    ),
  ).toEqual([
    { token_type: 'email_change_token_current' },
    { token_type: 'email_change_token_new' },
  ])
  expect((await put(bearer, { email: 'other@example.com' })).body).toMatchObject({ code: 429 })
})

test('an old session has to prove itself before it sets a password, where that is asked for', async () => {
  const { bearer, id, email } = await newUser()
  auth.configure({ 'auth.email.secure_password_change': true })
  await auth.script(
    `update auth.sessions set created_at = now() - interval '25 hours' where user_id = '${id}'`,
  )
  expect((await put(bearer, { password: 'Brand-new-9' })).body).toEqual({
    code: 400,
    error_code: 'reauthentication_needed',
    msg: 'Password update requires reauthentication',
  })
  expect((await put(bearer, { password: 'Brand-new-9', nonce: '000000' })).body).toEqual({
    code: 422,
    error_code: 'reauthentication_not_valid',
    msg: 'Nonce has expired or is invalid',
  })
  await auth.script(
    `update auth.users set reauthentication_sent_at = now(),
       reauthentication_token = encode(sha224('${email}123456'), 'hex') where id = '${id}'`,
  )
  expect((await put(bearer, { password: 'Brand-new-9', nonce: '123456' })).status).toBe(200)
})

test('with a second factor enrolled, a session of the first level changes neither address nor password', async () => {
  const { bearer, id } = await newUser()
  await auth.script(
    `insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
     values (gen_random_uuid(), '${id}', 'totp', 'verified', now(), now())`,
  )
  for (const body of [{ password: 'Brand-new-9' }, { email: 'mfa@example.com' }]) {
    expect((await put(bearer, body)).body).toMatchObject({
      code: 401,
      error_code: 'insufficient_aal',
    })
  }
  const { body } = await put(bearer, { data: { ok: true } })
  expect(body.factors).toMatchObject([{ factor_type: 'totp', status: 'verified', phone: '' }])
})

test('a user of single sign-on changes nothing that the provider decides', async () => {
  const { bearer, id } = await newUser()
  await auth.script(`update auth.users set is_sso_user = true where id = '${id}'`)
  expect((await put(bearer, { password: 'Brand-new-9' })).body).toMatchObject({
    code: 422,
    error_code: 'user_sso_managed',
  })
})

test('an anonymous user becomes a permanent one by an email and a password', async () => {
  const { id, bearer } = await newAnonymous()
  expect((await put(bearer, { password })).body).toMatchObject({
    code: 422,
    error_code: 'validation_failed',
  })
  const { body } = await put(bearer, { email: 'Upgraded@example.com' })
  expect(body).toMatchObject({
    id,
    email: 'upgraded@example.com',
    is_anonymous: false,
    email_confirmed_at: expect.any(String),
    app_metadata: { provider: 'email', providers: ['email'] },
    identities: [{ provider: 'email', identity_data: { email_verified: true } }],
  })
  expect((await put(bearer, { password })).body).toMatchObject({ id })
  expect((await signIn('upgraded@example.com', password)).status).toBe(200)
})

test('settings say what is on', async () => {
  auth.configure({
    'auth.email.enable_confirmations': true,
    'auth.enable_anonymous_sign_ins': true,
    'auth.enable_signup': false,
  })
  const { status, body } = await auth.call('GET', '/settings')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    external: { email: true, phone: false, google: false, anonymous_users: true },
    disable_signup: true,
    mailer_autoconfirm: false,
    saml_enabled: false,
  })
  expect(Object.keys(body.external)).toHaveLength(26)
})

test('health, keys and discovery need no token', async () => {
  expect((await auth.call('GET', '/health')).body).toMatchObject({ name: 'GoTrue' })
  const jwks = await auth.call('GET', '/.well-known/jwks.json')
  expect(jwks).toMatchObject({
    body: { keys: [] },
    headers: { 'cache-control': 'public, max-age=600' },
  })
  const oidc = await auth.call('GET', '/.well-known/openid-configuration')
  expect(oidc.body).toMatchObject({
    issuer: 'http://127.0.0.1:54321/auth/v1',
    jwks_uri: 'http://127.0.0.1:54321/auth/v1/.well-known/jwks.json',
    response_types_supported: ['code'],
  })
  expect((await auth.call('GET', '/.well-known/oauth-authorization-server')).body).toMatchObject({
    code: 404,
    error_code: 'feature_disabled',
    msg: 'OAuth server is disabled',
  })
})

test('unknown paths and methods are not found, in plain text', async () => {
  expect(await auth.call('GET', '/nowhere')).toMatchObject({
    status: 404,
    body: '404 page not found\n',
  })
  expect(await auth.call('DELETE', '/user')).toMatchObject({ status: 405, body: null })
})

test('with a signing key, sessions are signed by it, its public half is published, and old tokens stay good', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { ...(privateKey.export({ format: 'jwk' }) as unknown as Jwk), kid: 'k1' }
  const signed = await openAuth({}, { signingKeys: [key] })
  const { body } = await signed.call('POST', '/signup', { body: { email: 'a@b.co', password } })
  const header = Buffer.from(body.access_token.split('.')[0], 'base64url').toString()
  expect(JSON.parse(header)).toEqual({ alg: 'ES256', kid: 'k1', typ: 'JWT' })
  const old = signToken({ ...claimsOf(body.access_token) } as never, signed.keys.jwtSecret)
  for (const bearer of [body.access_token, old]) {
    expect((await signed.call('GET', '/user', { bearer })).status).toBe(200)
  }
  const jwks = await signed.call('GET', '/.well-known/jwks.json')
  expect(jwks.body.keys).toEqual([
    {
      kty: 'EC',
      crv: 'P-256',
      x: key.x,
      y: key.y,
      alg: 'ES256',
      kid: 'k1',
      use: 'sig',
      key_ops: ['verify'],
    },
  ])
  await signed.close()
})
