import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { defaultOutside } from '#services/auth/outside'
import { openAuth, openOutside } from '#services/auth/testing'
import type { AuthFixture, OutsideServer } from '#services/auth/testing'

let auth: AuthFixture
let outside: OutsideServer
const on = { 'auth.captcha.enabled': true, 'auth.captcha.secret': ' hush ' }
const email = 'a@x.co'
const password = 'Secret-123!'

beforeAll(async () => {
  outside = await openOutside()
  const captchaUrls = { hcaptcha: `${outside.url}/h`, turnstile: `${outside.url}/t` }
  const limits = { ...defaultOutside, captchaUrls, captchaTimeoutMs: 200 }
  auth = await openAuth(
    { 'auth.passkey.enabled': true, 'auth.saml.enabled': true },
    { outside: limits },
  )
  await auth.call('POST', '/signup', { body: { email, password } })
})
afterAll(async () => {
  await auth.close()
  await outside.close()
})
beforeEach(() => {
  auth.configure(on)
  outside.calls.length = 0
  outside.answer({ body: { success: true } })
})

const solved = { gotrue_meta_security: { captcha_token: ' tok ' } }
const post = (path: string, body: object, bearer?: string) =>
  auth.call('POST', path, { body, ...(bearer === undefined ? {} : { bearer }) })

test.each([
  ['/signup', { email: 'b@x.co', password }],
  ['/signup', {}],
  ['/token?grant_type=password', { email, password }],
  ['/token?grant_type=web3', { chain: 'solana' }],
  ['/otp', { email }],
  ['/magiclink', { email }],
  ['/recover', { email }],
  ['/resend', { type: 'signup', email }],
  ['/passkeys/authentication/options', {}],
  ['/sso', { domain: 'corp.example' }],
])('POST %s wants a captcha', async (path, body) => {
  expect(await post(path, body)).toMatchObject({
    status: 400,
    body: {
      error_code: 'captcha_failed',
      msg: 'captcha protection: request disallowed (no captcha_token found)',
    },
  })
  expect(outside.calls).toEqual([])
  const answer = await post(path, { ...body, ...solved })
  expect(answer.body?.error_code).not.toBe('captcha_failed')
  expect(outside.calls).toMatchObject([
    { path: '/h', form: { secret: 'hush', response: 'tok', remoteip: '127.0.0.1' } },
  ])
})

test('grants that begin with something given before want none, nor do answers to codes', async () => {
  const refresh = await post('/token?grant_type=refresh_token', { refresh_token: 'abcdefghijkl' })
  expect(refresh.body.error_code).toBe('refresh_token_not_found')
  const pkce = await post('/token?grant_type=pkce', { auth_code: 'x', code_verifier: 'y' })
  expect(pkce.body.error_code).toBe('flow_state_not_found')
  expect((await post('/verify', { type: 'email', email, token: '123456' })).status).toBe(403)
  expect(outside.calls).toEqual([])
})

test('what the service says against a captcha is told', async () => {
  auth.configure({ ...on, 'auth.captcha.provider': 'turnstile' })
  outside.answer({ body: { success: false, 'error-codes': ['invalid-input-response', 'timeout'] } })
  expect(await post('/token?grant_type=password', { email, password, ...solved })).toMatchObject({
    status: 400,
    body: {
      error_code: 'captcha_failed',
      msg: 'captcha protection: request disallowed (invalid-input-response, timeout)',
    },
  })
  expect(outside.calls[0]?.path).toBe('/t')
})

test.each([[{ drop: true }], [{ hang: true }], [{ body: '<html>' }], [{ bytes: 70_000 }]])(
  'a service that answers %j lets nobody in',
  async (reply) => {
    outside.answer(reply)
    expect(await post('/token?grant_type=password', { email, password, ...solved })).toMatchObject({
      status: 500,
      body: { msg: 'captcha verification process failed' },
    })
  },
)

test('administrators need none; other tokens do not help', async () => {
  const sign = (bearer: string) => post('/token?grant_type=password', { email, password }, bearer)
  expect((await sign(auth.keys.serviceRoleKey)).status).toBe(200)
  const own = (await post('/token?grant_type=password', { email, password, ...solved })).body
  for (const bearer of [auth.keys.anonKey, own.access_token, 'nonsense'])
    expect((await sign(bearer)).body.error_code).toBe('captcha_failed')
})
