import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createSmsSender } from '#services/auth/messages/sms'
import { claimsOf, openAuth, openOutside } from '#services/auth/testing'
import type { Answer, AuthFixture, OutsideServer } from '#services/auth/testing'

let auth: AuthFixture
let outside: OutsideServer
let bearer = ''
let userId = ''
const twilio = { 'auth.sms.twilio.enabled': true, 'auth.sms.twilio.account_sid': 'AC1' }

beforeAll(async () => {
  outside = await openOutside()
  const { url } = outside
  const urls = { twilio: url, twilio_verify: url, messagebird: url, textlocal: url, vonage: url }
  auth = await openAuth(
    {
      'auth.mfa.phone.enroll_enabled': true,
      'auth.mfa.phone.verify_enabled': true,
      'auth.mfa.phone.max_frequency': 0,
      'auth.mfa.phone.template': 'Second: {{.Code}}.',
      'auth.mfa.phone.otp_length': 8,
    },
    { sms: createSmsSender(urls) },
  )
})
afterAll(async () => {
  await auth.close()
  await outside.close()
})
beforeEach(async () => {
  auth.configure(twilio)
  outside.calls.length = 0
  outside.answer({ status: 201, body: { sid: 'SM1', status: 'queued' } })
  await auth.script('truncate auth.users cascade')
  const body = { email: 'a@x.co', password: 'Secret-123!' }
  const session = (await auth.call('POST', '/signup', { body })).body
  bearer = session.access_token
  userId = session.user.id
})

const post = (path: string, body: unknown = {}): Promise<Answer> =>
  auth.call('POST', path, { body, bearer })
const enroll = (phone = '+1 555', name = 'phone') =>
  post('/factors', { factor_type: 'phone', phone, friendly_name: name })
const challenge = (id: string, body: object = {}) => post(`/factors/${id}/challenge`, body)
const verify = (id: string, challengeId: string, code: string) =>
  post(`/factors/${id}/verify`, { challenge_id: challengeId, code })
const lastCode = (): string => /\d{8}/.exec(outside.calls.at(-1)?.form['Body'] ?? '')?.[0] ?? ''

test('a phone is a second factor by the code it gets', async () => {
  const enrolled = await enroll()
  expect(enrolled.body).toEqual({
    id: expect.any(String),
    type: 'phone',
    friendly_name: 'phone',
    phone: '+1 555',
  })
  const { id } = enrolled.body
  const asked = await challenge(id, { channel: 'sms' })
  expect(asked.body).toMatchObject({ type: 'phone', expires_at: expect.any(Number) })
  expect(outside.calls[0]?.form).toMatchObject({ To: '+1555', Body: `Second: ${lastCode()}.` })
  expect(await verify(id, asked.body.id, '1'.repeat(8))).toMatchObject({
    status: 422,
    body: { error_code: 'mfa_verification_failed', msg: 'Invalid MFA Phone code entered' },
  })
  const session = await verify(id, asked.body.id, lastCode())
  expect(claimsOf(session.body.access_token)).toMatchObject({
    aal: 'aal2',
    amr: [{ method: 'mfa/phone' }, { method: 'password' }],
  })
  expect(session.body.user.factors).toMatchObject([
    { factor_type: 'phone', status: 'verified', phone: '1555' },
  ])
  expect((await verify(id, asked.body.id, lastCode())).status).toBe(422)
  bearer = session.body.access_token
  expect((await enroll('1555', 'again')).body.error_code).toBe('mfa_verified_factor_exists')
  expect((await auth.call('DELETE', `/factors/${id}`, { bearer })).body).toEqual({ id })
})

test('an unfinished enrolment of the same number gives way to the next', async () => {
  const first = (await enroll()).body.id
  const second = (await enroll('1555', 'other')).body.id
  const { body } = await auth.call('GET', '/user', { bearer })
  expect(body.factors).toMatchObject([{ id: second }])
  expect((await challenge(first)).body.error_code).toBe('mfa_factor_not_found')
})

test('what is wrong is said, and no challenge is left where no code was sent', async () => {
  expect((await enroll('')).body.msg).toBe('Phone number required to enroll Phone factor')
  expect((await enroll('abc')).body.msg).toContain('E.164')
  const { id } = (await enroll()).body
  expect((await challenge(id, { channel: 'pigeon' })).status).toBe(400)
  outside.answer({ status: 500, body: {} })
  expect(await challenge(id)).toMatchObject({ status: 500, body: { msg: 'error sending message' } })
  expect(await auth.query('select from auth.mfa_challenges')).toEqual([])
  auth.configure({})
  expect((await challenge(id)).body.msg).toBe('Failed to get SMS provider')
  auth.configure({ 'auth.mfa.phone.verify_enabled': false })
  expect((await challenge(id)).body.error_code).toBe('mfa_phone_verify_not_enabled')
  auth.configure({ 'auth.mfa.phone.enroll_enabled': false })
  expect((await enroll('1666')).body.error_code).toBe('mfa_phone_enroll_not_enabled')
})

test('codes go out no oftener than configured, and are good for five minutes', async () => {
  auth.configure({ ...twilio, 'auth.mfa.phone.max_frequency': 60_000 })
  const { id } = (await enroll()).body
  const asked = (await challenge(id)).body
  expect((await challenge(id)).body.error_code).toBe('over_sms_send_rate_limit')
  auth.advance(301)
  const late = await verify(id, asked.id, lastCode())
  auth.advance(-301)
  expect(late.body.error_code).toBe('mfa_challenge_expired')
})

test('with Twilio Verify the provider says which code is right', async () => {
  auth.configure({ 'auth.sms.twilio_verify.enabled': true })
  outside.answer(({ form }) => ({ body: { status: 'approved', valid: form['Code'] === '77' } }))
  const { id } = (await enroll()).body
  const asked = (await challenge(id)).body
  expect(await verify(id, asked.id, '78')).toMatchObject({
    status: 403,
    body: { error_code: 'otp_expired' },
  })
  expect((await verify(id, asked.id, '77')).status).toBe(200)
})

test('a hook sends the codes of factors too', async () => {
  auth.configure({ 'auth.hook': { send_sms: { enabled: true, uri: outside.url, secrets: '' } } })
  outside.answer({ status: 200 })
  const { id } = (await enroll()).body
  const asked = (await challenge(id)).body
  const { sms, user } = JSON.parse(outside.calls[0]?.body ?? '') as {
    sms: { otp: string }
    user: object
  }
  expect(sms).toMatchObject({ sms_type: 'mfa', phone: '1555' })
  expect(user).toMatchObject({ id: userId })
  expect((await verify(id, asked.id, sms.otp)).status).toBe(200)
  outside.answer({ body: { error: { message: 'no' } } })
  expect((await challenge(id)).body.msg).toBe('error invoking hook')
})

test('administrators change the name and the number of a factor', async () => {
  const phone = (await enroll()).body.id
  await enroll('1666', 'other')
  const put = (factorId: string, body: unknown, as = auth.keys.serviceRoleKey) =>
    auth.call('PUT', `/admin/users/${userId}/factors/${factorId}`, { body, bearer: as })
  expect(await put(phone, { friendly_name: 'mine', phone: '+1 777' })).toMatchObject({
    status: 200,
    body: { id: phone, friendly_name: 'mine', phone: '1777', factor_type: 'phone' },
  })
  expect((await put(phone, {})).body).toMatchObject({ friendly_name: 'mine', phone: '1777' })
  expect((await put(phone, { phone: 'x' })).status).toBe(400)
  expect((await put(phone, { phone: '1666' })).body.error_code).toBe('mfa_verified_factor_exists')
  expect((await put(phone, { friendly_name: 'other' })).body.error_code).toBe(
    'mfa_factor_name_conflict',
  )
  expect((await put(userId, {})).status).toBe(404)
  expect((await put(phone, {}, bearer)).status).toBe(403)
})
