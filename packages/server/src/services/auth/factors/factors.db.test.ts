import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { claimsOf, openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'
import { totpCode } from './totp.ts'

let auth: AuthFixture
let bearer = ''
const password = 'Secret-123!'
const settings = {
  'auth.mfa.totp.enroll_enabled': true,
  'auth.mfa.totp.verify_enabled': true,
  'auth.enable_manual_linking': true,
  'auth.sms.enable_signup': true,
}
beforeAll(async () => {
  auth = await openAuth(settings)
})
afterAll(() => auth.close())
beforeEach(async () => {
  auth.configure({})
  await auth.script('truncate auth.users cascade')
  await admin({ email: 'a@x.co', password, email_confirm: true })
  bearer = (await signIn('a@x.co')).body.access_token
})

const post = (path: string, body: unknown = {}, as = bearer): Promise<Answer> =>
  auth.call('POST', path, { body, bearer: as })
const remove = (path: string, as = bearer): Promise<Answer> =>
  auth.call('DELETE', path, { bearer: as })
const admin = (body: object): Promise<Answer> =>
  post('/admin/users', body, auth.keys.serviceRoleKey)
const signIn = (email: string): Promise<Answer> =>
  auth.call('POST', '/token?grant_type=password', { body: { email, password } })
const enroll = (name = 'app') => post('/factors', { factor_type: 'totp', friendly_name: name })

/** Enrols an app and verifies with it. */
async function raise(): Promise<{ id: string; secret: string; code: string; session: Answer }> {
  const { body } = await enroll()
  const challenge = await post(`/factors/${body.id}/challenge`)
  const code = totpCode(body.totp.secret, Date.now())
  const session = await post(`/factors/${body.id}/verify`, {
    challenge_id: challenge.body.id,
    code,
  })
  return { id: body.id, secret: body.totp.secret, code, session }
}

test('an app is enrolled, and its code raises the session to the second level', async () => {
  const other = (await signIn('a@x.co')).body
  const own = await signIn('a@x.co')
  bearer = own.body.access_token
  const enrolled = await enroll()
  expect(enrolled.body).toMatchObject({
    type: 'totp',
    friendly_name: 'app',
    totp: {
      qr_code: expect.stringContaining('<svg'),
      uri: expect.stringMatching(
        /^otpauth:\/\/totp\/127\.0\.0\.1%3A3000:a%40x\.co\?algorithm=SHA1&/,
      ),
    },
  })
  await remove(`/factors/${enrolled.body.id}`)
  const { session } = await raise()
  const [before, after] = [claimsOf(bearer), claimsOf(session.body.access_token)]
  expect(after).toMatchObject({
    aal: 'aal2',
    session_id: before['session_id'],
    amr: [{ method: 'totp' }, { method: 'password' }],
  })
  expect(session.body.user.factors).toMatchObject([{ status: 'verified', factor_type: 'totp' }])
  const refresh = (token: string) =>
    auth.call('POST', '/token?grant_type=refresh_token', { body: { refresh_token: token } })
  const refreshed = await refresh(session.body.refresh_token)
  expect(claimsOf(refreshed.body.access_token)['aal']).toBe('aal2')
  for (const first of [other.refresh_token, own.body.refresh_token])
    expect((await refresh(first)).status).toBe(400)
})

test('what is wrong with an enrolment is said', async () => {
  const refuse = async (body: object) => (await post('/factors', body)).body.error_code
  expect(await refuse({ factor_type: 'x' })).toBe('validation_failed')
  expect(await refuse({ factor_type: 'phone' })).toBe('mfa_phone_enroll_not_enabled')
  expect(await refuse({ factor_type: 'webauthn' })).toBe('mfa_webauthn_enroll_not_enabled')
  await enroll()
  expect((await enroll()).body.error_code).toBe('mfa_factor_name_conflict')
  auth.configure({ 'auth.mfa.max_enrolled_factors': 1 })
  expect((await enroll('b')).body.error_code).toBe('too_many_enrolled_mfa_factors')
  auth.configure({ 'auth.mfa.totp.enroll_enabled': false })
  expect((await enroll('b')).body.error_code).toBe('mfa_totp_enroll_not_enabled')
})

test('what is wrong with a verification is said, and nothing is raised', async () => {
  const { body: factor } = await enroll()
  const { body: challenge } = await post(`/factors/${factor.id}/challenge`)
  const code = totpCode(factor.totp.secret, Date.now())
  const wrong = code === '000000' ? '111111' : '000000'
  const attempt = async (body: object) =>
    (await post(`/factors/${factor.id}/verify`, body)).body.error_code
  const challenge_id = challenge.id
  expect(await attempt({ challenge_id, code: '' })).toBe('validation_failed')
  expect(await attempt({ challenge_id: 'x', code })).toBe('mfa_factor_not_found')
  expect(await attempt({ challenge_id, code: wrong })).toBe('mfa_verification_failed')
  const elsewhere = await auth.call('POST', `/factors/${factor.id}/verify`, {
    body: { challenge_id, code },
    bearer,
    remoteAddress: '203.0.113.7',
  })
  expect(elsewhere.body.error_code).toBe('mfa_ip_address_mismatch')
  await admin({ email: 'b@x.co', password, email_confirm: true })
  const stranger = (await signIn('b@x.co')).body.access_token
  const stolen = await post(`/factors/${factor.id}/challenge`, {}, stranger)
  expect(stolen).toMatchObject({ status: 404, body: { error_code: 'mfa_factor_not_found' } })
  auth.configure({ 'auth.mfa.totp.verify_enabled': false })
  expect(await attempt({ challenge_id, code })).toBe('mfa_totp_verify_not_enabled')
  auth.configure({})
  await auth.script(
    `update auth.mfa_challenges set created_at = created_at - interval '301 seconds'`,
  )
  expect(await attempt({ challenge_id, code })).toBe('mfa_challenge_expired')
  expect(await auth.query(`select 1 from auth.sessions where aal <> 'aal1'`)).toEqual([])
})

test('guessing codes ends with 429', async () => {
  const { body: factor } = await enroll()
  const { body: challenge } = await post(`/factors/${factor.id}/challenge`)
  const guess = () =>
    post(`/factors/${factor.id}/verify`, { challenge_id: challenge.id, code: 'xxxxxx' })
  for (let i = 0; i < 30; i++) expect((await guess()).status).toBe(422)
  const refused = await guess()
  expect(refused).toMatchObject({ status: 429, body: { error_code: 'over_request_rate_limit' } })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
})

test('with a verified factor the first level may change little', async () => {
  const { id, session } = await raise()
  bearer = (await signIn('a@x.co')).body.access_token
  expect((await enroll('c')).body).toMatchObject({ error_code: 'insufficient_aal' })
  expect((await remove(`/factors/${id}`)).status).toBe(422)
  const change = await auth.call('PUT', '/user', { bearer, body: { password: 'Other-456!' } })
  expect(change).toMatchObject({ status: 401, body: { error_code: 'insufficient_aal' } })
  const raised = session.body.access_token
  expect((await remove(`/factors/${id}`, raised)).body).toEqual({ id })
  expect(await auth.query(`select 1 from auth.sessions where aal = 'aal2'`)).toEqual([])
  const refreshed = await auth.call('POST', '/token?grant_type=refresh_token', {
    body: { refresh_token: session.body.refresh_token },
  })
  expect(claimsOf(refreshed.body.access_token)).toMatchObject({
    aal: 'aal1',
    amr: [{ method: 'password' }],
  })
})

test('an administrator takes away the factor of who lost the app', async () => {
  const { id, session } = await raise()
  const path = `/admin/users/${session.body.user.id}/factors`
  const key = auth.keys.serviceRoleKey
  const list = () => auth.call('GET', path, { bearer: key })
  expect((await list()).body).toMatchObject([{ id, status: 'verified' }])
  expect((await remove(`${path}/${id}`, session.body.access_token)).status).toBe(403)
  expect((await remove(`${path}/${id}`, key)).body).toMatchObject({ id })
  expect((await list()).body).toEqual([])
  expect((await remove(`${path}/${id}`, key)).status).toBe(404)
  expect(await auth.query(`select 1 from auth.sessions where aal = 'aal2'`)).toEqual([])
})

test('an identity is unlinked, but not the last one, and not a stranger’s', async () => {
  const { body: user } = await admin({
    email: 'p@x.co',
    phone: '15550100',
    password,
    email_confirm: true,
    phone_confirm: true,
  })
  const single = bearer
  bearer = (await signIn('p@x.co')).body.access_token
  const id = (provider: string) =>
    user.identities.find((identity: { provider: string }) => identity.provider === provider)
      .identity_id
  const unlink = async (identity: string, as = bearer) => remove(`/user/identities/${identity}`, as)
  expect((await unlink('x')).status).toBe(404)
  expect((await unlink('11111111-1111-4111-8111-111111111111')).body.error_code).toBe(
    'identity_not_found',
  )
  expect((await unlink(id('phone'), single)).body.error_code).toBe('single_identity_not_deletable')
  auth.configure({ 'auth.enable_manual_linking': false })
  expect((await unlink(id('phone'))).body.error_code).toBe('manual_linking_disabled')
  auth.configure({})
  expect((await unlink(id('phone'))).status).toBe(200)
  const { body } = await auth.call('GET', '/user', { bearer })
  expect(body).toMatchObject({ phone: '', app_metadata: { providers: ['email'] } })
  expect(body).not.toHaveProperty('phone_confirmed_at')
})

test('an address that would become somebody else’s keeps its identity', async () => {
  await auth.script(`insert into auth.identities (provider_id, user_id, provider, identity_data)
    select 'g', id, 'google', '{"email": "taken@x.co", "email_verified": true}' from auth.users`)
  const own = await auth.query(`select id from auth.identities where provider = 'email'`)
  await auth.script(`insert into auth.users (instance_id, id, aud, email) values
    ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'taken@x.co')`)
  const answer = await remove(`/user/identities/${String(own[0]?.['id'])}`)
  expect(answer.body.error_code).toBe('email_conflict_identity_not_deletable')
})

test('challenges of one factor at the same instant do not wait for each other', async () => {
  const { body: factor } = await enroll()
  const ask = () => post(`/factors/${factor.id}/challenge`)
  const answers = await Promise.all(Array.from({ length: 12 }, ask))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200))
})

describe('a code of an app is good once', () => {
  const verify = async (id: string, code: string, as = bearer) => {
    const { body } = await post(`/factors/${id}/challenge`, {}, as)
    return post(`/factors/${id}/verify`, { challenge_id: body.id, code }, as)
  }
  // in the middle of a step, so that the test does not cross one
  const middleMs = () => Math.floor(Date.now() / 30_000) * 30_000 + 15_000

  test('for another sign-in too, within its window', async () => {
    const { id, secret, code } = await raise()
    const { access_token: other } = (await signIn('a@x.co')).body
    const refused = await verify(id, code, other)
    expect(refused).toMatchObject({
      status: 422,
      body: { error_code: 'mfa_verification_failed', msg: 'Invalid TOTP code entered' },
    })
    expect((await verify(id, totpCode(secret, middleMs() - 30_000), other)).status).toBe(422)
    const next = totpCode(secret, middleMs() + 30_000)
    expect((await verify(id, next, other)).status).toBe(200)
    expect((await verify(id, next, other)).status).toBe(422)
    auth.advance(60)
    expect((await verify(id, totpCode(secret, middleMs() + 60_000), other)).status).toBe(200)
    auth.advance(-60)
  })

  test('of two answers at the same instant one is refused', async () => {
    const { id, secret } = await raise()
    const code = totpCode(secret, middleMs() + 30_000)
    const answers = await Promise.all([verify(id, code), verify(id, code)])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 422])
  })

  test('another factor with the same secret has its own', async () => {
    const { id, secret, session } = await raise()
    bearer = session.body.access_token
    const second = await enroll('second')
    await auth.script(
      `update auth.mfa_factors set secret = (select secret from auth.mfa_factors where id = '${id}')`,
    )
    expect((await verify(second.body.id, totpCode(secret, Date.now()))).status).toBe(200)
  })
})
