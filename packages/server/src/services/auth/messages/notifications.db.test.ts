import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Config } from '#base/config'
import { totpCode } from '#services/auth/factors'
import { openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'

let auth: AuthFixture
const password = 'Secret-123!'
const names = [
  'password_changed',
  'email_changed',
  'phone_changed',
  'identity_linked',
  'identity_unlinked',
  'mfa_factor_enrolled',
  'mfa_factor_unenrolled',
]
const text = { subject: null, content: null, content_path: null }
const on: Partial<Config> = {
  'auth.email.notification': Object.fromEntries(
    names.map((name) => [name, { enabled: true, ...text }]),
  ),
  'auth.email.max_frequency': 0,
  'auth.sms.enable_signup': true,
  'auth.enable_manual_linking': true,
  'auth.mfa.totp.enroll_enabled': true,
  'auth.mfa.totp.verify_enabled': true,
}
beforeAll(async () => {
  auth = await openAuth(on)
})
afterAll(() => auth.close())
beforeEach(() => {
  auth.configure({})
  auth.mails.length = 0
})

let count = 0
async function newUser(): Promise<{ email: string; bearer: string }> {
  const email = `told${++count}@example.com`
  const { body } = await auth.call('POST', '/signup', { body: { email, password } })
  return { email, bearer: body.access_token }
}
const put = (bearer: string, body: object): Promise<Answer> =>
  auth.call('PUT', '/user', { body, bearer })
const told = () => auth.mails.map(({ action, to, notice }) => ({ action, to, ...notice }))

test('a changed password is told, other changes are not', async () => {
  const { email, bearer } = await newUser()
  await put(bearer, { data: { a: 1 } })
  expect(told()).toEqual([])
  await put(bearer, { password: 'Brand-new-9' })
  expect(told()).toEqual([{ action: 'password_changed_notification', to: email }])
})

test('a changed address is told to the one before, a number to the account', async () => {
  const { email, bearer } = await newUser()
  await put(bearer, { email: `new-${email}` })
  const mail = auth.mails.find(({ to }) => to.startsWith('new-'))
  auth.mails.length = 0
  const link = { type: 'email_change', token_hash: mail?.tokenHash }
  expect((await auth.call('POST', '/verify', { body: link })).status).toBe(200)
  expect(auth.mails).toMatchObject([
    {
      action: 'email_changed_notification',
      to: email,
      email: `new-${email}`,
      notice: { oldEmail: email },
    },
  ])
  auth.mails.length = 0
  await put(bearer, { phone: '+15550001111' })
  expect(told()).toMatchObject([
    { action: 'phone_changed_notification', phone: '15550001111', oldPhone: '' },
  ])
})

test('a second factor is told when it is verified and when it is gone', async () => {
  const { email, bearer } = await newUser()
  const post = (path: string, body: object) => auth.call('POST', path, { body, bearer })
  const { body: factor } = await post('/factors', { factor_type: 'totp' })
  const { body: challenge } = await post(`/factors/${factor.id}/challenge`, {})
  expect(told()).toEqual([])
  const code = totpCode(factor.totp.secret, Date.now())
  const { body: raised } = await post(`/factors/${factor.id}/verify`, {
    challenge_id: challenge.id,
    code,
  })
  const enrolled = { action: 'mfa_factor_enrolled_notification', to: email, factorType: 'totp' }
  expect(told()).toEqual([enrolled])
  await auth.call('DELETE', `/factors/${factor.id}`, { bearer: raised.access_token })
  expect(told()[1]).toEqual({ ...enrolled, action: 'mfa_factor_unenrolled_notification' })
})

test('an identity that goes is told', async () => {
  const { bearer } = await newUser()
  const { body } = await put(bearer, { phone: '+15550002222' })
  auth.mails.length = 0
  const phone = body.identities.find((one: { provider: string }) => one.provider === 'phone')
  await auth.call('DELETE', `/user/identities/${phone.identity_id}`, { bearer })
  expect(told()).toMatchObject([{ action: 'identity_unlinked_notification', provider: 'phone' }])
})

test('nothing is told that is not turned on', async () => {
  auth.configure({ 'auth.email.notification': {} })
  const { bearer } = await newUser()
  await put(bearer, { password: 'Brand-new-9' })
  expect(told()).toEqual([])
})

test('a notification that cannot be sent changes nothing in the answer', async () => {
  const failing = await openAuth(on, { mailer: { send: () => Promise.reject(new Error('down')) } })
  try {
    const { body } = await failing.call('POST', '/signup', { body: { email: 'f@x.co', password } })
    const answer = await failing.call('PUT', '/user', {
      body: { password: 'Brand-new-9' },
      bearer: body.access_token,
    })
    expect(answer.status).toBe(200)
  } finally {
    await failing.close()
  }
})
