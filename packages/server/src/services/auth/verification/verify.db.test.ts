import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { claimsOf, openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'

let auth: AuthFixture
const settings = {
  'auth.email.enable_confirmations': true,
  'auth.email.max_frequency': 0,
  'auth.rate_limit.token_verifications': 1000,
}
beforeAll(async () => {
  auth = await openAuth(settings)
})
afterAll(() => auth.close())
beforeEach(async () => {
  auth.configure({})
  auth.mails.length = 0
  await auth.script('truncate auth.users cascade; truncate auth.flow_state cascade')
})

const site = 'http://127.0.0.1:3000'
const password = 'Secret-123!'
const post = (path: string, body: unknown, bearer?: string): Promise<Answer> =>
  auth.call('POST', path, { body, ...(bearer === undefined ? {} : { bearer }) })
const admin = (path: string, body: unknown) => post(path, body, auth.keys.serviceRoleKey)
const lastMail = () => auth.mails.at(-1) ?? expect.fail('no mail was sent')
const verify = (body: object) => post('/verify', body)

async function createUser(email: string): Promise<string> {
  const { body } = await admin('/admin/users', { email, password, email_confirm: true })
  return body.id
}

/** Follows the link of the last mail. */
async function follow(mail = lastMail()): Promise<URL> {
  const query = new URLSearchParams({
    token: mail.tokenHash,
    type: mail.action,
    redirect_to: mail.redirectTo,
  })
  const answer = await auth.call('GET', `/verify?${query.toString()}`)
  expect(answer.status).toBe(303)
  return new URL(answer.headers['location'] as string)
}
const fragmentOf = (url: URL) => Object.fromEntries(new URLSearchParams(url.hash.slice(1)))

test('a sign-up is confirmed by its code, once', async () => {
  await post('/signup', { email: 'a@x.co', password, data: { n: 1 } })
  const answer = { type: 'signup', email: 'A@x.co', token: lastMail().code }
  const { status, body } = await verify(answer)
  expect(status).toBe(200)
  expect(claimsOf(body.access_token)['amr']).toMatchObject([{ method: 'otp' }])
  expect(body.user).toMatchObject({
    email_confirmed_at: expect.any(String),
    user_metadata: { n: 1, email_verified: true },
    identities: [{ identity_data: { email_verified: true } }],
  })
  expect(await verify(answer)).toMatchObject({ status: 403, body: { error_code: 'otp_expired' } })
  expect((await post('/token?grant_type=password', { email: 'a@x.co', password })).status).toBe(200)
})

test('a link signs in, and is of no use to whoever comes second', async () => {
  await createUser('b@x.co')
  await post('/otp', { email: 'b@x.co' })
  expect(lastMail().action).toBe('magiclink')
  const first = await follow()
  expect(`${first.origin}${first.pathname}`).toBe(`${site}/`)
  expect(Object.keys(fragmentOf(first))).toEqual([
    'access_token',
    'expires_at',
    'expires_in',
    'refresh_token',
    'sb',
    'token_type',
    'type',
  ])
  const refreshed = await post('/token?grant_type=refresh_token', {
    refresh_token: fragmentOf(first)['refresh_token'],
  })
  expect(refreshed.status).toBe(200)
  expect(fragmentOf(await follow())).toEqual({
    error: 'access_denied',
    error_code: 'otp_expired',
    error_description: 'Email link is invalid or has expired',
    sb: '',
  })
})

test('of two answers at the same instant one gives a session', async () => {
  await createUser('both@x.co')
  await post('/otp', { email: 'both@x.co' })
  const answer = { type: 'email', email: 'both@x.co', token: lastMail().code }
  const statuses = await auth.collide('lock table auth.one_time_tokens in share mode', [
    () => verify(answer),
    () => verify(answer),
  ])
  expect(statuses.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403])
  expect(await auth.query('select 1 from auth.sessions')).toHaveLength(1)
})

test('a code ends with its time, with a newer one, and with a ban', async () => {
  const id = await createUser('c@x.co')
  const tryLast = (code: string) => verify({ type: 'magiclink', email: 'c@x.co', token: code })
  await post('/otp', { email: 'c@x.co' })
  const older = lastMail().code
  await post('/magiclink', { email: 'c@x.co' })
  const newer = lastMail().code
  if (older !== newer) expect((await tryLast(older)).status).toBe(403)
  await admin(`/admin/users/${id}`, {})
  await auth.script(`update auth.users set banned_until = now() + interval '1 hour'`)
  expect((await tryLast(newer)).body.error_code).toBe('user_banned')
  await auth.script(`update auth.users set banned_until = null;
    update auth.one_time_tokens set created_at = created_at - interval '1 hour 1 second'`)
  expect((await tryLast(newer)).body.error_code).toBe('otp_expired')
})

test.each([
  [{ type: 'email' }, 400, 'Verify requires either a token or a token hash'],
  [
    { type: 'email', token: '1', token_hash: 'h' },
    400,
    'Verify requires either a token or a token hash',
  ],
  [{ token: '1', email: 'a@x.co' }, 400, 'Verify requires a verification type'],
  [
    { type: 'email', token: '1' },
    400,
    'Only an email address or phone number should be provided on verify',
  ],
  [
    { type: 'email', token_hash: 'h', email: 'a@x.co' },
    400,
    'Only the token_hash and type should be provided',
  ],
  [{ type: 'no', token: '1', email: 'a@x.co' }, 400, 'Unsupported verification type'],
  [{ type: 'no', token_hash: 'h' }, 400, 'Invalid email verification type'],
  [{ type: 'email', token: '1', email: 'nonsense' }, 422, 'Invalid email format'],
  [
    { type: 'email', token: '000000', email: 'nobody@x.co' },
    403,
    'Token has expired or is invalid',
  ],
  [{ type: 'email', token_hash: 'h' }, 403, 'Email link is invalid or has expired'],
])('%j is refused', async (body, status, msg) => {
  expect(await verify(body)).toMatchObject({ status, body: { msg } })
})

test('a link without token or type is refused, and never leads to a stranger', async () => {
  expect((await auth.call('GET', '/verify?type=signup')).status).toBe(400)
  expect((await auth.call('GET', '/verify?token=x')).status).toBe(400)
  const target = await auth.call(
    'GET',
    '/verify?token=x&type=signup&redirect_to=https://evil.example/',
  )
  expect(target.headers['location']).toMatch(/^http:\/\/127\.0\.0\.1:3000#error=/)
})

test('PKCE: the link brings a code, the code and its verifier a session, once', async () => {
  await createUser('d@x.co')
  const verifier = 'v'.repeat(50)
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const begin = { email: 'd@x.co', code_challenge: challenge, code_challenge_method: 's256' }
  await post('/otp', begin)
  const url = await follow()
  const code = url.searchParams.get('code')
  expect(url.hash).toBe('')
  const grant = (body: object) => post('/token?grant_type=pkce', body)
  const wrong = await grant({ auth_code: code, code_verifier: 'w'.repeat(50) })
  expect(wrong.body.error_code).toBe('bad_code_verifier')
  const right = await grant({ auth_code: code, code_verifier: verifier })
  expect(claimsOf(right.body.access_token)['amr']).toMatchObject([{ method: 'magiclink' }])
  const again = await grant({ auth_code: code, code_verifier: verifier })
  expect(again).toMatchObject({ status: 404, body: { error_code: 'flow_state_not_found' } })
  expect((await grant({ auth_code: code })).status).toBe(400)
  expect(new URLSearchParams((await follow()).search).get('error_code')).toBe('otp_expired')

  await post('/recover', begin)
  const late = (await follow()).searchParams.get('code')
  auth.advance(301)
  const expired = await grant({ auth_code: late, code_verifier: verifier })
  expect(expired).toMatchObject({ status: 422, body: { error_code: 'flow_state_expired' } })
})

test('a code of a PKCE mail may be typed in', async () => {
  await createUser('e@x.co')
  const flow = { code_challenge: 'c'.repeat(43), code_challenge_method: 'plain' }
  await post('/otp', { email: 'e@x.co', ...flow })
  const typed = { type: 'email', email: 'e@x.co', token: lastMail().code }
  expect((await verify(typed)).body.access_token).toEqual(expect.any(String))
})

test('a one-time code makes an account for an unknown address, unless it may not', async () => {
  const refused = await post('/otp', { email: 'f@x.co', create_user: false })
  expect(refused).toMatchObject({ status: 422, body: { error_code: 'otp_disabled' } })
  expect((await post('/otp', { email: 'f@x.co', data: { n: 2 } })).body).toEqual({})
  expect(lastMail()).toMatchObject({ action: 'signup', to: 'f@x.co', data: { n: 2 } })
  const { body } = await verify({ type: 'email', email: 'f@x.co', token: lastMail().code })
  expect(body.user.user_metadata).toMatchObject({ n: 2 })
  auth.configure({ 'auth.enable_signup': false })
  expect((await post('/otp', { email: 'g@x.co' })).body.error_code).toBe('signup_disabled')
  auth.configure({ 'auth.email.enable_confirmations': false })
  await post('/otp', { email: 'h@x.co' })
  expect(lastMail().action).toBe('magiclink')
})

test('test numbers get in by their code, others have no provider', async () => {
  const phones = { 'auth.sms.enable_signup': true, 'auth.sms.test_otp': { '15550100': '123456' } }
  expect((await post('/otp', { phone: '15550100' })).body.error_code).toBe(
    'phone_provider_disabled',
  )
  auth.configure(phones)
  expect((await post('/otp', { phone: '15550199' })).status).toBe(500)
  expect(await post('/otp', { phone: '+15550100' })).toMatchObject({ status: 200, body: {} })
  const { body } = await verify({ type: 'sms', phone: '+15550100', token: '123456' })
  expect(body.user).toMatchObject({ phone: '15550100', phone_confirmed_at: expect.any(String) })
})

test('recovery is silent about unknown addresses and signs in known ones', async () => {
  expect(await post('/recover', { email: 'nobody@x.co' })).toMatchObject({ status: 200, body: {} })
  expect(auth.mails).toEqual([])
  expect((await post('/recover', {})).body.msg).toBe('Password recovery requires an email')
  expect((await post('/magiclink', {})).status).toBe(422)
  await createUser('i@x.co')
  await post('/recover', { email: 'i@x.co' })
  expect(lastMail().action).toBe('recovery')
  expect((await verify({ type: 'recovery', token_hash: lastMail().tokenHash })).status).toBe(200)
  auth.configure({ 'auth.email.max_frequency': 60_000 })
  expect((await post('/recover', { email: 'i@x.co' })).body.error_code).toBe(
    'over_email_send_rate_limit',
  )
  auth.configure({ 'auth.email.enable_signup': false })
  expect((await post('/recover', { email: 'i@x.co' })).body.error_code).toBe(
    'email_provider_disabled',
  )
})

test('resend sends a new code for what is pending, and says nothing else', async () => {
  await post('/signup', { email: 'j@x.co', password })
  await post('/resend', { type: 'signup', email: 'j@x.co' })
  expect(auth.mails).toHaveLength(2)
  expect((await verify({ type: 'signup', email: 'j@x.co', token: lastMail().code })).status).toBe(
    200,
  )
  await post('/resend', { type: 'signup', email: 'j@x.co' })
  await post('/resend', { type: 'email_change', email: 'j@x.co' })
  expect((await post('/resend', { type: 'signup', email: 'nobody@x.co' })).body).toEqual({})
  expect(auth.mails).toHaveLength(2)
})

test.each([
  [
    { type: 'bogus', email: 'a@x.co' },
    'Missing one of these types: signup, email_change, sms, phone_change',
  ],
  [{ type: 'signup', phone: '1555' }, 'Type provided requires an email address'],
  [{ type: 'sms', email: 'a@x.co' }, 'Type provided requires a phone number'],
  [
    { type: 'signup', email: 'a@x.co', phone: '1555' },
    'Only an email address or phone number should be provided.',
  ],
])('resend of %j is refused', async (body, msg) => {
  expect(await post('/resend', body)).toMatchObject({ status: 400, body: { msg } })
})

test('a change of address needs both addresses, in either order', async () => {
  await createUser('old@x.co')
  const { body } = await post('/token?grant_type=password', { email: 'old@x.co', password })
  await auth.call('PUT', '/user', { bearer: body.access_token, body: { email: 'new@x.co' } })
  const [toNew, toOld] = ['new@x.co', 'old@x.co'].map((to) =>
    auth.mails.find((mail) => mail.to === to),
  )
  const half = await verify({ type: 'email_change', email: 'old@x.co', token: toOld?.code })
  expect(half.body).toEqual({
    msg: 'Confirmation link accepted. Please proceed to confirm link sent to the other email',
    code: '200',
  })
  const done = fragmentOf(await follow(toNew))
  expect(claimsOf(done['access_token'] ?? '')).toMatchObject({ email: 'new@x.co' })
  const { user } = (await post('/token?grant_type=password', { email: 'new@x.co', password })).body
  expect(user).toMatchObject({ email: 'new@x.co', identities: [{ email: 'new@x.co' }] })
  expect(user).not.toHaveProperty('new_email')
})

test('an address somebody else took meanwhile is not handed over', async () => {
  auth.configure({ 'auth.email.double_confirm_changes': false })
  await createUser('mine@x.co')
  const { body } = await post('/token?grant_type=password', { email: 'mine@x.co', password })
  await auth.call('PUT', '/user', { bearer: body.access_token, body: { email: 'wanted@x.co' } })
  await createUser('wanted@x.co')
  expect(fragmentOf(await follow())['error_code']).toBe('email_exists')
})

test('a password is changed with the code of a reauthentication', async () => {
  auth.configure({ 'auth.email.secure_password_change': true })
  await createUser('k@x.co')
  const { body } = await post('/token?grant_type=password', { email: 'k@x.co', password })
  const bearer = body.access_token
  await auth.script(`update auth.sessions set created_at = created_at - interval '2 days'`)
  const change = (more: object) =>
    auth.call('PUT', '/user', { bearer, body: { password: 'Other-456!', ...more } })
  expect((await change({})).body.error_code).toBe('reauthentication_needed')
  expect((await auth.call('GET', '/reauthenticate', { bearer })).body).toEqual({})
  expect((await change({ nonce: lastMail().code })).status).toBe(200)
  await auth.script('update auth.users set email_confirmed_at = null')
  expect((await auth.call('GET', '/reauthenticate', { bearer })).body.error_code).toBe(
    'email_not_confirmed',
  )
  await auth.script(`update auth.users set email = null, phone = '15550100'`)
  expect((await auth.call('GET', '/reauthenticate', { bearer })).body.error_code).toBe(
    'phone_not_confirmed',
  )
})

test('an invitation makes an account that its link confirms', async () => {
  expect((await post('/invite', { email: 'l@x.co' }, auth.keys.anonKey)).status).toBe(403)
  const invited = await admin('/invite', { email: 'l@x.co', data: { team: 1 } })
  expect(invited.body).toMatchObject({ invited_at: expect.any(String) })
  // what an administrator makes keeps the address to the identity
  expect(invited.body.user_metadata).toEqual({ team: 1 })
  expect(invited.body.identities[0].identity_data).toEqual({
    sub: invited.body.id,
    email: 'l@x.co',
    email_verified: false,
    phone_verified: false,
  })
  expect((await admin('/invite', { email: 'l@x.co' })).status).toBe(200)
  expect((await verify({ type: 'invite', token_hash: lastMail().tokenHash })).status).toBe(200)
  expect((await admin('/invite', { email: 'l@x.co' })).body.error_code).toBe('email_exists')
})

test('links are generated for administrators, and no mail is sent', async () => {
  const generate = (body: object) => admin('/admin/generate_link', body)
  const magic = await generate({
    type: 'magiclink',
    email: 'm@x.co',
    redirect_to: `${site}/in?a=1`,
  })
  expect(magic.body).toMatchObject({
    email: 'm@x.co',
    verification_type: 'signup',
    redirect_to: `${site}/in?a=1`,
  })
  expect(magic.body.action_link).toBe(
    `http://127.0.0.1:54321/auth/v1/verify?token=${magic.body.hashed_token}&type=signup&redirect_to=${encodeURIComponent(`${site}/in?a=1`)}`,
  )
  expect(
    (await verify({ type: 'signup', email: 'm@x.co', token: magic.body.email_otp })).status,
  ).toBe(200)
  const change = { email: 'm@x.co', new_email: 'm2@x.co' }
  const toCurrent = await generate({ type: 'email_change_current', ...change })
  expect(toCurrent.body).toMatchObject({
    new_email: 'm2@x.co',
    verification_type: 'email_change_current',
  })
  const toNew = await generate({ type: 'email_change_new', ...change })
  expect(toNew.body.action_link).toContain(`token=${toNew.body.hashed_token}`)
  const email_change = (email: string, token: string) =>
    verify({ type: 'email_change', email, token })
  // the code of each belongs to the address it is for
  expect((await email_change('m@x.co', toNew.body.email_otp)).status).toBe(403)
  expect((await email_change('m@x.co', toCurrent.body.email_otp)).status).toBe(200)
  expect((await email_change('m2@x.co', toNew.body.email_otp)).body.user.email).toBe('m2@x.co')
  const signUp = { type: 'signup', email: 'p@x.co', password, data: { team: 1 } }
  expect((await generate(signUp)).body.user_metadata).toEqual({ team: 1 })
  const refusals = [
    await generate({ type: 'teleport', email: 'm@x.co' }),
    await generate({ type: 'signup', email: 'n@x.co' }),
    await generate({ type: 'recovery', email: 'n@x.co' }),
    await generate({ type: 'email_change_new', email: 'n@x.co', new_email: 'o@x.co' }),
    await generate({ type: 'signup', email: 'm2@x.co', password }),
  ]
  expect(refusals.map(({ status, body }) => [status, body.error_code])).toEqual([
    [400, 'validation_failed'],
    [400, 'validation_failed'],
    [404, 'user_not_found'],
    [404, 'user_not_found'],
    [422, 'email_exists'],
  ])
  expect(auth.mails).toEqual([])
})

test.each(['abc', '+', '0155', '1'.repeat(16), '12 34x'])(
  'a phone number that is none is refused in GoTrue’s words: %s',
  async (phone) => {
    expect(await verify({ type: 'sms', phone, token: '123456' })).toMatchObject({
      status: 400,
      body: {
        error_code: 'validation_failed',
        msg: 'Invalid phone number format (E.164 required)',
      },
    })
  },
)

test.each(['constructor', '__proto__', 'toString'])('no type is named %s', async (type) => {
  const answers = [
    await verify({ type, email: 'a@x.co', token: '123456' }),
    await verify({ type, phone: '15550100', token: '123456' }),
    await verify({ type, token_hash: 'x' }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400])
})
