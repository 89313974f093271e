import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'

let auth: AuthFixture
beforeAll(async () => {
  auth = await openAuth()
})
afterAll(() => auth.close())
beforeEach(async () => {
  auth.configure({})
  await auth.script('truncate auth.users cascade; truncate auth.audit_log_entries')
})

const password = 'Secret-123!'
const admin = (method: string, path: string, body?: unknown): Promise<Answer> =>
  auth.call(method, `/admin/${path}`, { bearer: auth.keys.serviceRoleKey, body })
const signIn = (body: object): Promise<Answer> =>
  auth.call('POST', '/token?grant_type=password', { body })

test('only administrators may', async () => {
  const asAnon = await auth.call('GET', '/admin/users', { bearer: auth.keys.anonKey })
  expect(asAnon).toMatchObject({ status: 403, body: { error_code: 'not_admin' } })
  expect((await auth.call('GET', '/admin/users')).status).toBe(401)
  const refused = [
    await admin('GET', 'users/abc'),
    await admin('GET', 'users/11111111-1111-4111-8111-111111111111'),
  ]
  expect(refused.map(({ status, body }) => [status, body.error_code])).toEqual([
    [404, 'validation_failed'],
    [404, 'user_not_found'],
  ])
})

test('an account made by an administrator signs in, with a password or with a hash', async () => {
  auth.configure({ 'auth.enable_signup': false })
  const made = await admin('POST', 'users', {
    email: ' A@x.co ',
    password: '1',
    email_confirm: true,
    user_metadata: { n: 1 },
    app_metadata: { plan: 'pro' },
  })
  expect(made).toMatchObject({
    status: 200,
    body: {
      email: 'a@x.co',
      role: 'authenticated',
      user_metadata: { n: 1, email_verified: true },
      app_metadata: { plan: 'pro', provider: 'email', providers: ['email'] },
      identities: [{ provider: 'email', email: 'a@x.co' }],
    },
  })
  expect((await signIn({ email: 'a@x.co', password: '1' })).status).toBe(200)
  // of `Hashed-1`, cost 4
  const hash = '$2a$04$abcdefghijklmnopqrstuuyAH1tDX4VXvvkZ2pNIaVxSLZB4VWPOe'
  const hashed = await admin('POST', 'users', { email: 'b@x.co', password_hash: hash })
  expect(hashed.status).toBe(200)
  expect(
    await auth.query(`select encrypted_password as p from auth.users where email = 'b@x.co'`),
  ).toEqual([{ p: hash }])
})

test.each([
  [{}, 400, 'validation_failed'],
  [{ email: 'c@x.co', password, password_hash: '$2a$04$x' }, 400, 'validation_failed'],
  [{ email: 'c@x.co', password_hash: 'plain' }, 400, 'validation_failed'],
  [{ email: 'c@x.co', ban_duration: '2 weeks' }, 400, 'validation_failed'],
  [{ email: 'c@x.co', id: 'abc' }, 400, 'validation_failed'],
  [{ email: 'c@x.co', id: '00000000-0000-0000-0000-000000000000' }, 400, 'validation_failed'],
  [{ email: 'taken@x.co' }, 422, 'email_exists'],
  [{ phone: '+1 555 0100' }, 422, 'phone_exists'],
])('%j is refused', async (body, status, code) => {
  await admin('POST', 'users', { email: 'taken@x.co', phone: '15550100' })
  expect(await admin('POST', 'users', body)).toMatchObject({ status, body: { error_code: code } })
  expect(await auth.query('select 1 from auth.users')).toHaveLength(1)
})

test('lists come in pages, the last one named', async () => {
  for (const email of ['p1@x.co', 'p2@x.co', 'p3@x.co']) await admin('POST', 'users', { email })
  const first = await admin('GET', 'users?page=1&per_page=2&sort=created_at asc')
  expect(first.body.users.map((user: { email: string }) => user.email)).toEqual([
    'p1@x.co',
    'p2@x.co',
  ])
  expect(first.headers).toMatchObject({
    'x-total-count': '3',
    link: '</admin/users?page=2&per_page=2&sort=created_at+asc>; rel="next", </admin/users?page=2&per_page=2&sort=created_at+asc>; rel="last"',
  })
  expect((await admin('GET', 'users?page=&per_page=')).body.users).toHaveLength(3)
  expect((await admin('GET', 'users?filter=p2')).body.users).toHaveLength(1)
  expect((await admin('GET', 'users?filter=%25')).body.users).toHaveLength(0)
  expect((await admin('GET', 'users?sort=email asc')).status).toBe(400)
  expect((await admin('GET', 'users?page=0')).status).toBe(400)
})

test('a change is immediate: address, password, ban, metadata', async () => {
  const { body: user } = await admin('POST', 'users', {
    email: 'd@x.co',
    password,
    email_confirm: true,
    user_metadata: { a: 1, b: 2 },
  })
  const session = await signIn({ email: 'd@x.co', password })
  const changed = await admin('PUT', `users/${user.id}`, {
    email: 'e@x.co',
    password: 'Admin-set-1',
    user_metadata: { a: null, c: 3 },
  })
  expect(changed.body).toMatchObject({
    email: 'e@x.co',
    user_metadata: { b: 2, c: 3 },
    identities: [{ email: 'e@x.co' }],
  })
  expect(changed.body.user_metadata).not.toHaveProperty('a')
  const stale = await auth.call('GET', '/user', { bearer: session.body.access_token })
  expect(stale.body.error_code).toBe('session_not_found')
  const banned = await admin('PUT', `users/${user.id}`, { ban_duration: '2h45m' })
  expect(banned.body.banned_until).toMatch(/Z$/)
  expect((await signIn({ email: 'e@x.co', password: 'Admin-set-1' })).body.error_code).toBe(
    'user_banned',
  )
  const lifted = await admin('PUT', `users/${user.id}`, { ban_duration: 'none' })
  expect(lifted.body).not.toHaveProperty('banned_until')
  expect((await signIn({ email: 'e@x.co', password: 'Admin-set-1' })).status).toBe(200)
  expect((await admin('PUT', `users/${user.id}`, { password: '1' })).status).toBe(422)
})

test('a soft deletion leaves a row that tells nothing, a hard one nothing at all', async () => {
  const { body: user } = await admin('POST', 'users', {
    email: 'f@x.co',
    password,
    app_metadata: { k: 1 },
  })
  expect((await admin('DELETE', `users/${user.id}`, { should_soft_delete: true })).body).toEqual({})
  const { body } = await admin('GET', `users/${user.id}`)
  expect(body).toMatchObject({
    user_metadata: {},
    app_metadata: {},
    deleted_at: expect.any(String),
  })
  expect(JSON.stringify(body)).not.toContain('f@x.co')
  expect((await admin('POST', 'users', { email: 'f@x.co' })).status).toBe(200)
  expect((await admin('DELETE', `users/${user.id}`)).status).toBe(200)
  expect((await admin('GET', `users/${user.id}`)).status).toBe(404)
})

test('the audit log is read by action, type and author', async () => {
  await admin('POST', 'users', { email: 'g@x.co', password, email_confirm: true })
  await signIn({ email: 'g@x.co', password })
  const { body } = await admin('GET', 'audit?query=action:login')
  expect(body).toMatchObject([{ payload: { action: 'login', log_type: 'account' } }])
  expect((await admin('GET', 'audit?query=author:g@x')).body).toHaveLength(1)
  // what administrators do is theirs, by their role
  expect((await admin('GET', 'audit?query=author:service_role')).body).toMatchObject([
    { payload: { action: 'user_signedup', traits: { user_email: 'g@x.co', provider: 'email' } } },
  ])
  expect((await admin('GET', 'audit?query=type:team')).body).toHaveLength(1)
  expect((await admin('GET', 'audit')).headers['x-total-count']).toBe('2')
  expect((await admin('GET', 'audit?query=x:y')).body.msg).toBe('Invalid query scope: x')
})

test('the token of an administrator whose session is over is refused', async () => {
  const { signToken, signingKeyOf } = await import('#base/token')
  const claims = {
    role: 'service_role',
    session_id: '11111111-1111-4111-8111-111111111111',
    exp: Math.floor(Date.now() / 1000) + 60,
  }
  const bearer = signToken(claims, signingKeyOf(auth.keys))
  const answer = await auth.call('GET', '/admin/users', { bearer })
  expect(answer).toMatchObject({ status: 403, body: { error_code: 'session_expired' } })
})
