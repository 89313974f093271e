import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { claimsOf, openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'

let auth: AuthFixture
beforeAll(async () => {
  auth = await openAuth()
})
afterAll(() => auth.close())
beforeEach(() => auth.configure({}))

const password = 'Secret-123!'
let count = 0
/** A new user; its sign-up is its first session. */
async function newUser(): Promise<{ email: string; id: string; session: Answer['body'] }> {
  const email = `user${++count}@example.com`
  const { body } = await auth.call('POST', '/signup', { body: { email, password, data: { n: 1 } } })
  return { email, id: body.user.id, session: body }
}
const signIn = (body: unknown, headers = {}) =>
  auth.call('POST', '/token?grant_type=password', { body, headers })
const refresh = (refresh_token: unknown) =>
  auth.call('POST', '/token?grant_type=refresh_token', { body: { refresh_token } })

test('a password gives a session of its own, and its claims say how', async () => {
  const { email, id, session } = await newUser()
  await auth.script(
    `update auth.users set raw_app_meta_data = raw_app_meta_data || '{"plan":"pro"}' where id = '${id}'`,
  )
  const answer = await signIn({ email: email.toUpperCase(), password })
  expect(answer.status).toBe(200)
  expect(answer.body.refresh_token).not.toBe(session.refresh_token)
  const claims = claimsOf(answer.body.access_token)
  expect(claims).toMatchObject({
    aud: 'authenticated',
    sub: id,
    email,
    phone: '',
    role: 'authenticated',
    aal: 'aal1',
    amr: [{ method: 'password' }],
    is_anonymous: false,
    app_metadata: { plan: 'pro' },
    user_metadata: { n: 1 },
  })
  expect(claims['session_id']).not.toBe(claimsOf(session.access_token)['session_id'])
  expect(answer.body.user.last_sign_in_at > session.user.last_sign_in_at).toBe(true)
  expect(answer.headers).toMatchObject({ 'sb-auth-user-id': id, 'cache-control': 'no-store' })
})

const refusals: readonly [string, unknown, number, string, string, object?][] = [
  [
    'an unknown user',
    { email: 'nobody@example.com', password },
    400,
    'invalid_credentials',
    'Invalid login credentials',
  ],
  [
    'a wrong password',
    { email: 'user0@example.com', password: 'wrong' },
    400,
    'invalid_credentials',
    'Invalid login credentials',
  ],
  [
    'no password',
    { email: 'user0@example.com' },
    400,
    'invalid_credentials',
    'Invalid login credentials',
  ],
  ['no identifier', { password }, 400, 'validation_failed', 'missing email or phone'],
  [
    'two identifiers',
    { email: 'a@b.co', phone: '123', password },
    400,
    'validation_failed',
    'Only an email address or phone number should be provided on login.',
  ],
  [
    'a phone while phones are off',
    { phone: '123', password },
    422,
    'phone_provider_disabled',
    'Phone logins are disabled',
  ],
  [
    'an email while emails are off',
    { email: 'a@b.co', password },
    422,
    'email_provider_disabled',
    'Email logins are disabled',
    { 'auth.email.enable_signup': false },
  ],
]
test.each(refusals)('%s is refused', async (_, body, status, code, msg, config = {}) => {
  await auth.call('POST', '/signup', { body: { email: 'user0@example.com', password } })
  auth.configure(config)
  const sessions = await auth.query('select count(*)::int as n from auth.sessions')
  const answer = await signIn(body)
  expect(answer.body).toEqual({ code: status, error_code: code, msg })
  expect(answer.status).toBe(status)
  expect(answer.headers['x-sb-error-code']).toBe(code)
  expect(await auth.query('select count(*)::int as n from auth.sessions')).toEqual(sessions)
})

test('the error body follows the version the client speaks', async () => {
  const current = await signIn(
    { email: 'nobody@example.com', password },
    { 'x-supabase-api-version': '2024-01-01' },
  )
  expect(current).toMatchObject({
    status: 400,
    headers: { 'x-supabase-api-version': '2024-01-01', 'x-sb-error-code': 'invalid_credentials' },
  })
  expect(current.body).toEqual({
    code: 'invalid_credentials',
    message: 'Invalid login credentials',
  })
  const garbage = await signIn(
    { email: 'nobody@example.com', password },
    { 'x-supabase-api-version': 'latest' },
  )
  expect(garbage.body).toHaveProperty('error_code', 'invalid_credentials')
  expect(garbage.headers).not.toHaveProperty('x-supabase-api-version')
})

test('a grant we do not know is refused', async () => {
  for (const target of ['/token', '/token?grant_type=toString', '/token?grant_type=magic']) {
    const answer = await auth.call('POST', target, { body: {} })
    expect(answer.body).toEqual({
      code: 400,
      error_code: 'invalid_credentials',
      msg: 'unsupported_grant_type',
    })
  }
})

test('a banned user is told so, before the password is looked at', async () => {
  const { email, id } = await newUser()
  await auth.script(
    `update auth.users set banned_until = now() + interval '1 hour' where id = '${id}'`,
  )
  const answer = await signIn({ email, password: 'wrong' })
  expect(answer.body).toMatchObject({ code: 400, error_code: 'user_banned', msg: 'User is banned' })
  await auth.script(
    `update auth.users set banned_until = now() - interval '1 hour' where id = '${id}'`,
  )
  expect((await signIn({ email, password })).status).toBe(200)
})

test('an unconfirmed user is told so, but only for the right password', async () => {
  auth.configure({ 'auth.email.enable_confirmations': true })
  await auth.call('POST', '/signup', { body: { email: 'uc@example.com', password } })
  const answer = await signIn({ email: 'uc@example.com', password })
  expect(answer.body).toMatchObject({ code: 400, error_code: 'email_not_confirmed' })
  const wrong = await signIn({ email: 'uc@example.com', password: 'wrong' })
  expect(wrong.body).toHaveProperty('error_code', 'invalid_credentials')
})

test('a phone number signs in once it is confirmed', async () => {
  auth.configure({ 'auth.sms.enable_signup': true })
  await auth.call('POST', '/signup', { body: { phone: '+15550177', password } })
  expect((await signIn({ phone: '+1 555 0177', password })).status).toBe(200)
  await auth.script(`update auth.users set phone_confirmed_at = null where phone = '15550177'`)
  expect((await signIn({ phone: '15550177', password })).body).toEqual({
    code: 400,
    error_code: 'phone_not_confirmed',
    msg: 'Phone not confirmed',
  })
})

test('a password that is weak by now signs in, with a warning', async () => {
  const { email } = await newUser()
  auth.configure({ 'auth.minimum_password_length': 20 })
  const answer = await signIn({ email, password })
  expect(answer.body.weak_password).toEqual({
    reasons: ['length'],
    message: 'Password should be at least 20 characters.',
  })
})

test('a bcrypt hash is good for one sign-in, then it is Argon2id', async () => {
  const { email, id } = await newUser()
  const hash = hashSync('imported-1', 4)
  await auth.script(`update auth.users set encrypted_password = '${hash}' where id = '${id}'`)
  expect((await signIn({ email, password: 'wrong' })).status).toBe(400)
  expect((await signIn({ email, password: 'imported-1' })).status).toBe(200)
  expect(
    await auth.query(
      `select left(encrypted_password, 9) as hash from auth.users where id = '${id}'`,
    ),
  ).toEqual([{ hash: '$argon2id' }])
  expect((await signIn({ email, password: 'imported-1' })).status).toBe(200)
})

test('a refresh gives another token of the same session, with the same claims about how', async () => {
  const { session } = await newUser()
  auth.advance(5)
  const answer = await refresh(session.refresh_token)
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({
    token_type: 'bearer',
    expires_in: 3600,
    user: { id: session.user.id },
  })
  expect(answer.body.refresh_token).not.toBe(session.refresh_token)
  const [before, after] = [claimsOf(session.access_token), claimsOf(answer.body.access_token)]
  expect(after['session_id']).toBe(before['session_id'])
  expect(after['amr']).toEqual(before['amr'])
  expect(after['exp']).toBeGreaterThan(before['exp'] as number)
  expect(answer.headers['sb-auth-refresh-token-reuse']).toBe('false')
  expect(answer.body.user.last_sign_in_at).toBe(session.user.last_sign_in_at)
})

test('the parent of the active token gives the active token again, however late', async () => {
  auth.configure({ 'auth.refresh_token_reuse_interval': 0 })
  const { session } = await newUser()
  const { body: second } = await refresh(session.refresh_token)
  auth.advance(3600)
  for (let i = 0; i < 3; i++) {
    const again = await refresh(session.refresh_token)
    expect(again.body.refresh_token).toBe(second.refresh_token)
  }
  expect((await refresh(second.refresh_token)).status).toBe(200)
})

test('an older token gives the active one within the reuse interval', async () => {
  const { session } = await newUser()
  const { body: second } = await refresh(session.refresh_token)
  const { body: third } = await refresh(second.refresh_token)
  auth.advance(9)
  const answer = await refresh(session.refresh_token)
  expect(answer.status).toBe(200)
  expect(answer.body.refresh_token).toBe(third.refresh_token)
})

test('an older token after the interval revokes every token of the session', async () => {
  const { session, id } = await newUser()
  const { body: second } = await refresh(session.refresh_token)
  const { body: third } = await refresh(second.refresh_token)
  auth.advance(11)
  const used = {
    code: 400,
    error_code: 'refresh_token_already_used',
    msg: 'Invalid Refresh Token: Already Used',
  }
  expect((await refresh(session.refresh_token)).body).toEqual(used)
  expect(
    await auth.query(`select 1 from auth.refresh_tokens where user_id = '${id}' and not revoked`),
  ).toEqual([])
  // at once: what was found out opens no new interval, for none of them
  for (const token of [third, second, session, third])
    expect((await refresh(token.refresh_token)).body).toEqual(used)
  auth.advance(11)
  expect((await refresh(third.refresh_token)).body).toEqual(used)
  expect(await auth.query(`select 1 from auth.sessions where user_id = '${id}'`)).toHaveLength(1)
})

test('a token used a moment ago is of no use either, once a copy was found out', async () => {
  const { session } = await newUser()
  const { body: second } = await refresh(session.refresh_token)
  auth.advance(8)
  const { body: third } = await refresh(second.refresh_token)
  auth.advance(4)
  // of the first token's interval 12 s are over, of the second's 4
  expect((await refresh(session.refresh_token)).status).toBe(400)
  for (const token of [second, third])
    expect((await refresh(token.refresh_token)).body.error_code).toBe('refresh_token_already_used')
})

test('using a token again does not prolong its interval', async () => {
  const { session } = await newUser()
  const { body: second } = await refresh(session.refresh_token)
  await refresh(second.refresh_token)
  for (let i = 0; i < 3; i++) {
    auth.advance(3)
    expect((await refresh(session.refresh_token)).status).toBe(200)
  }
  auth.advance(3)
  expect((await refresh(session.refresh_token)).status).toBe(400)
})

test('without rotation, an older token is refused and revokes nothing', async () => {
  auth.configure({ 'auth.enable_refresh_token_rotation': false })
  const { session } = await newUser()
  const { body: second } = await refresh(session.refresh_token)
  const { body: third } = await refresh(second.refresh_token)
  auth.advance(11)
  expect((await refresh(session.refresh_token)).status).toBe(400)
  expect((await refresh(third.refresh_token)).status).toBe(200)
})

test('refreshes at the same instant all get the same new token', async () => {
  const { session, id } = await newUser()
  const answers = await auth.collide(
    `select from auth.sessions where user_id = '${id}' for update`,
    Array.from({ length: 6 }, () => () => refresh(session.refresh_token)),
  )
  expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200))
  expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1)
  expect(
    await auth.query(`select 1 from auth.refresh_tokens where user_id = '${id}' and not revoked`),
  ).toHaveLength(1)
  expect(await auth.query(`select 1 from auth.sessions where user_id = '${id}'`)).toHaveLength(1)
})

test('a refresh that waits too long for another is a conflict, and its token stays good', async () => {
  const impatient = await openAuth({}, { refreshWaitMs: 50 })
  const { body } = await impatient.call('POST', '/signup', { body: { email: 'a@b.co', password } })
  const again = () =>
    impatient.call('POST', '/token?grant_type=refresh_token', {
      body: { refresh_token: body.refresh_token },
    })
  const answer = await impatient.hold('select from auth.sessions for update', again)
  expect(answer.body).toEqual({
    code: 409,
    error_code: 'conflict',
    msg: 'Too many concurrent token refresh requests on the same session or refresh token',
  })
  expect((await again()).status).toBe(200)
  await impatient.close()
})

test('what was never a refresh token is refused', async () => {
  for (const token of ['', 'short', 'AAAAAAAAAAAA', "a' or '1'='1", 'a'.repeat(40), null]) {
    expect((await refresh(token)).body).toEqual({
      code: 400,
      error_code: 'validation_failed',
      msg: 'Refresh token is not valid',
    })
  }
  expect((await refresh('aaaaaaaaaaaa')).body).toEqual({
    code: 400,
    error_code: 'refresh_token_not_found',
    msg: 'Invalid Refresh Token: Refresh Token Not Found',
  })
})

test('a banned user cannot refresh', async () => {
  const { session, id } = await newUser()
  await auth.script(
    `update auth.users set banned_until = now() + interval '9 years' where id = '${id}'`,
  )
  expect((await refresh(session.refresh_token)).body).toEqual({
    code: 400,
    error_code: 'user_banned',
    msg: 'Invalid Refresh Token: User Banned',
  })
})

test('a token of before sessions existed is refused and removed', async () => {
  const { session, id } = await newUser()
  await auth.script(`update auth.refresh_tokens set session_id = null where user_id = '${id}'`)
  const answer = await refresh(session.refresh_token)
  expect(answer.body).toHaveProperty('msg', 'Invalid Refresh Token: No Valid Session Found')
  expect(await auth.query(`select 1 from auth.refresh_tokens where user_id = '${id}'`)).toEqual([])
})

test.each([
  ['timebox', { 'auth.sessions.timebox': 60_000 }, ''],
  ['inactivity timeout', { 'auth.sessions.inactivity_timeout': 60_000 }, ' (Inactivity)'],
])('a session is over after its %s', async (_, config, why) => {
  const { session } = await newUser()
  auth.configure(config)
  const { body } = await refresh(session.refresh_token)
  expect(body).toHaveProperty('refresh_token')
  auth.advance(61)
  expect((await refresh(body.refresh_token)).body).toEqual({
    code: 400,
    error_code: 'session_expired',
    msg: `Invalid Refresh Token: Session Expired${why}`,
  })
})

test('a session is over at the moment set for it', async () => {
  const { session, id } = await newUser()
  await auth.script(
    `update auth.sessions set not_after = now() - interval '1 minute' where user_id = '${id}'`,
  )
  const answer = await refresh(session.refresh_token)
  expect(answer.body).toHaveProperty('msg', 'Invalid Refresh Token: Session Expired')
})

test('an unknown user and a wrong password take the same time', async () => {
  const { email } = await newUser()
  const bodies = [
    { email, password: 'wrong' },
    { email: 'nobody@example.com', password: 'wrong' },
  ]
  // In turns, and the fastest of each: what else the machine does only ever adds time.
  const fastest = [Infinity, Infinity]
  for (let i = 0; i < 40; i++) {
    const start = performance.now()
    await signIn(bodies[i % 2])
    fastest[i % 2] = Math.min(fastest[i % 2] as number, performance.now() - start)
  }
  // refusals leave in steps of 25 ms: on a busy machine one of them may be a step later
  expect(Math.max(...fastest) - Math.min(...fastest)).toBeLessThan(30)
})

test("an account of Firebase's signs in with its hash, and has ours from then on", async () => {
  const hash =
    '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=='
  const { email, id } = await newUser()
  await auth.script(`update auth.users set encrypted_password = '${hash}' where id = '${id}'`)
  expect((await signIn({ email, password: 'user1password' })).status).toBe(200)
  const [user] = await auth.query(`select encrypted_password from auth.users where id = '${id}'`)
  expect(user?.['encrypted_password']).toMatch(/^\$argon2id\$/)
  expect((await signIn({ email, password: 'user1password' })).status).toBe(200)
})

test('with one session a user, who signs in elsewhere cannot refresh here any more', async () => {
  const { email, session } = await newUser()
  auth.advance(1)
  const elsewhere = await signIn({ email, password })
  auth.configure({ 'basalt.auth.single_session_per_user': true })
  expect((await refresh(session.refresh_token)).body).toMatchObject({
    error_code: 'session_expired',
    msg: 'Invalid Refresh Token: Session Expired (Revoked by Newer Login)',
  })
  expect((await refresh(elsewhere.body.refresh_token)).status).toBe(200)
})

test('who has a second factor and does not use it is signed out where that is limited', async () => {
  const { id, session } = await newUser()
  await auth.script(`insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
    values (gen_random_uuid(), '${id}', 'totp', 'verified', now(), now())`)
  auth.configure({ 'basalt.auth.allow_low_aal': 60_000 })
  const next = await refresh(session.refresh_token)
  expect(next.status).toBe(200)
  auth.advance(61)
  expect((await refresh(next.body.refresh_token)).body).toMatchObject({
    msg: 'Invalid Refresh Token: Session Expired (Low AAL: User Needs MFA Verification)',
  })
})
