import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { claimsOf, openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'

let auth: AuthFixture
const password = 'Secret-123!'
beforeAll(async () => {
  auth = await openAuth({
    'auth.email.enable_confirmations': true,
    'auth.email.max_frequency': 0,
    'auth.enable_anonymous_sign_ins': true,
  })
})
afterAll(() => auth.close())
beforeEach(() => {
  auth.configure({})
  auth.mails.length = 0
})

const admin = (method: string, path: string, body: object): Promise<Answer> =>
  auth.call(method, path, { body, bearer: auth.keys.serviceRoleKey })
const verify = (body: object): Promise<Answer> => auth.call('POST', '/verify', { body })
const lastLink = () => auth.mails.at(-1)?.tokenHash

test('an anonymous user becomes a permanent one by an address that is confirmed', async () => {
  const { body: nobody } = await auth.call('POST', '/signup', { body: {} })
  const bearer = nobody.access_token
  const asked = await auth.call('PUT', '/user', { body: { email: 'anon@example.com' }, bearer })
  expect(asked.body).toMatchObject({ is_anonymous: true, new_email: 'anon@example.com' })
  const { body } = await verify({ type: 'email_change', token_hash: lastLink() })
  expect(body.user).toMatchObject({
    id: nobody.user.id,
    email: 'anon@example.com',
    is_anonymous: false,
    app_metadata: { provider: 'email', providers: ['email'] },
    identities: [{ provider: 'email', identity_data: { email: 'anon@example.com' } }],
  })
  expect(claimsOf(body.access_token)['is_anonymous']).toBe(false)
  const chosen = await auth.call('PUT', '/user', {
    body: { password },
    bearer: body.access_token,
  })
  expect(chosen.status).toBe(200)
})

test('without confirmations one of the two addresses is enough for a change', async () => {
  auth.configure({ 'auth.email.enable_confirmations': false })
  const { body } = await auth.call('POST', '/signup', {
    body: { email: 'one@example.com', password },
  })
  const bearer = body.access_token
  await auth.call('PUT', '/user', { body: { email: 'two@example.com' }, bearer })
  expect(auth.mails.map(({ to }) => to).toSorted()).toEqual(['one@example.com', 'two@example.com'])
  const changed = await verify({ type: 'email_change', token_hash: lastLink() })
  expect(changed.body.user).toMatchObject({ email: 'two@example.com' })
})

test('who accepts an invitation has a password nobody knows', async () => {
  await admin('POST', '/invite', { email: 'guest@example.com' })
  expect((await verify({ type: 'invite', token_hash: lastLink() })).status).toBe(200)
  const [user] = await auth.query(
    `select encrypted_password from auth.users where email = 'guest@example.com'`,
  )
  expect(user?.['encrypted_password']).toMatch(/^\$argon2id/)
})

test('a link is as old as the account says it is, and of a banned user it says so', async () => {
  await admin('POST', '/admin/users', { email: 'old@example.com', password, email_confirm: true })
  await auth.call('POST', '/recover', { body: { email: 'old@example.com' } })
  const link = { type: 'recovery', token_hash: lastLink() }
  await auth.script(`update auth.users set recovery_sent_at = now() - interval '2 hours'
    where email = 'old@example.com'`)
  expect((await verify(link)).body.error_code).toBe('otp_expired')
  await auth.script(`update auth.users set banned_until = now() + interval '1 hour'
    where email = 'old@example.com'`)
  expect(await verify(link)).toMatchObject({ status: 403, body: { error_code: 'user_banned' } })
})

test("an administrator's new address is as confirmed as they say", async () => {
  const { body } = await admin('POST', '/admin/users', { email: 'was@example.com' })
  const put = (change: object) => admin('PUT', `/admin/users/${body.id}`, change)
  const first = await put({ email: 'is@example.com' })
  expect(first.body.identities[0].identity_data).toMatchObject({
    email: 'is@example.com',
    email_verified: false,
  })
  const second = await put({ email: 'be@example.com', email_confirm: true })
  expect(second.body.identities[0].identity_data).toMatchObject({ email_verified: true })
})

test('an anonymous user enrols no second factor', async () => {
  const { body } = await auth.call('POST', '/signup', { body: {} })
  const bearer = body.access_token
  const answer = await auth.call('POST', '/factors', { body: { factor_type: 'totp' }, bearer })
  expect(answer).toMatchObject({ status: 403, body: { error_code: 'no_authorization' } })
})
