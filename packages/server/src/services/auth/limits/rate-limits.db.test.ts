import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Config } from '#base/config'
import { openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture } from '#services/auth/testing'

let auth: AuthFixture
const password = 'Secret-123!'
/** Of its own for each test: buckets are kept as long as the process. */
let client = 0
beforeAll(async () => {
  auth = await openAuth()
})
afterAll(() => auth.close())
beforeEach(() => {
  client++
  auth.configure({})
})

const from = (address = `10.0.0.${client}`) => ({ remoteAddress: address })
const call = (method: string, target: string, body: object, peer = from()): Promise<Answer> =>
  auth.call(method, target, { body, ...peer })

/** How many of `times` requests got through before the first 429, which is checked. */
async function countUntilRefused(times: number, ask: () => Promise<Answer>): Promise<number> {
  for (let done = 0; done < times; done++) {
    const answer = await ask()
    if (answer.status !== 429) continue
    expect(answer.body).toEqual({
      code: 429,
      error_code: 'over_request_rate_limit',
      msg: 'Request rate limit reached',
    })
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    return done
  }
  return times
}

const email = 'nobody@example.com'
const requests: readonly (readonly [string, string, keyof Config, object])[] = [
  ['POST', '/signup', 'auth.rate_limit.sign_in_sign_ups', { email: 'x', password }],
  ['POST', '/otp', 'auth.rate_limit.sign_in_sign_ups', { email, create_user: false }],
  ['POST', '/magiclink', 'auth.rate_limit.sign_in_sign_ups', {}],
  ['POST', '/recover', 'auth.rate_limit.sign_in_sign_ups', {}],
  ['POST', '/resend', 'auth.rate_limit.sign_in_sign_ups', {}],
  ['PUT', '/user', 'auth.rate_limit.sign_in_sign_ups', {}],
  ['POST', '/token?grant_type=password', 'auth.rate_limit.token_refresh', { email, password }],
  ['POST', '/token?grant_type=refresh_token', 'auth.rate_limit.token_refresh', {}],
  ['POST', '/token?grant_type=pkce', 'auth.rate_limit.token_refresh', {}],
  ['POST', '/verify', 'auth.rate_limit.token_verifications', {}],
  ['GET', '/verify?token=x&type=signup', 'auth.rate_limit.token_verifications', {}],
]

test.each(requests)('%s %s: `%s` requests, then 429', async (method, target, option, body) => {
  auth.configure({ [option]: 3 })
  expect(await countUntilRefused(6, () => call(method, target, body))).toBe(3)
  // somebody else is not held up
  expect((await call(method, target, body, from('10.9.9.9'))).status).not.toBe(429)
})

test('brute force meets the default limit: 30 passwords at once, then one every two seconds', async () => {
  auth.configure({ 'auth.rate_limit.token_refresh': 150 })
  const guess = () => call('POST', '/token?grant_type=password', { email, password: 'wrong' })
  // on a slow machine one or two come back while we ask
  const first = await countUntilRefused(40, guess)
  expect(first).toBeGreaterThanOrEqual(30)
  expect(first).toBeLessThan(35)
  auth.advance(2.1)
  expect(await countUntilRefused(5, guess)).toBeGreaterThanOrEqual(1)
})

test('anonymous sign-ins have a limit of their own, by the hour', async () => {
  auth.configure({ 'auth.enable_anonymous_sign_ins': true, 'auth.rate_limit.anonymous_users': 2 })
  const signIn = () => call('POST', '/signup', {})
  expect(await countUntilRefused(4, signIn)).toBe(2)
  auth.advance(1_801)
  expect(await countUntilRefused(4, signIn)).toBe(1)
})

test('a limit that is changed counts from the next request on', async () => {
  const ask = () => call('POST', '/verify', {})
  auth.configure({ 'auth.rate_limit.token_verifications': 2 })
  expect(await countUntilRefused(5, ask)).toBe(2)
  auth.configure({ 'auth.rate_limit.token_verifications': 100_000 })
  expect(await countUntilRefused(5, ask)).toBe(5)
})

test('a forwarded address counts only in the header the operator named', async () => {
  const ask = (headers: Record<string, string>) => () =>
    auth.call('POST', '/verify', { body: {}, headers, ...from() })
  const spoof = () =>
    ask({ 'x-forwarded-for': `${Math.random()}`, 'x-real-ip': `${Math.random()}` })()
  auth.configure({ 'auth.rate_limit.token_verifications': 2 })
  expect(await countUntilRefused(5, spoof)).toBe(2)

  auth.configure({
    'auth.rate_limit.token_verifications': 2,
    'auth.rate_limit.header': 'X-Forwarded-For',
  })
  const one = ask({ 'x-forwarded-for': `192.0.2.${client}, 10.1.1.1` })
  const other = ask({ 'x-forwarded-for': `198.51.100.${client}, 10.1.1.1` })
  expect(await countUntilRefused(5, one)).toBe(2)
  expect(await countUntilRefused(5, other)).toBe(2)
})

test('the addresses of one IPv6 network are one client', async () => {
  auth.configure({ 'auth.rate_limit.token_verifications': 2 })
  const ask = (address: string) => () => call('POST', '/verify', {}, from(address))
  expect(await countUntilRefused(5, ask('2001:db8:0:1::1'))).toBe(2)
  expect(await countUntilRefused(5, ask('2001:db8:0:1:ffff::2'))).toBe(0)
  expect(await countUntilRefused(5, ask('2001:db8:0:2::1'))).toBe(2)
})

test('on the machine itself only a limit that somebody changed is met', async () => {
  const guess = () =>
    call('POST', '/token?grant_type=password', { email, password }, from('127.0.0.1'))
  auth.configure({ 'auth.rate_limit.token_refresh': 150 })
  expect(await countUntilRefused(40, guess)).toBe(40)
  auth.configure({ 'auth.rate_limit.token_refresh': 5 })
  expect(await countUntilRefused(10, guess)).toBe(5)
})

test('calls inside the process have no client address and no limit', async () => {
  auth.configure({ 'auth.rate_limit.token_verifications': 1 })
  const ask = () => call('POST', '/verify', {}, from(''))
  expect(await countUntilRefused(3, ask)).toBe(3)
})

test('over the hour of mails nobody gets one, known or not', async () => {
  await auth.call('POST', '/signup', { body: { email: 'hour@example.com', password } })
  auth.configure({
    'auth.email.smtp.enabled': true,
    'auth.email.enable_confirmations': true,
    'auth.email.max_frequency': 0,
    'auth.rate_limit.email_sent': 1,
  })
  const recover = (address: string) => call('POST', '/recover', { email: address })
  expect((await recover('nobody@example.com')).status).toBe(200)
  expect((await recover('hour@example.com')).status).toBe(200)
  for (const address of ['hour@example.com', 'nobody@example.com']) {
    const refused = await recover(address)
    expect(refused).toMatchObject({
      status: 429,
      body: { error_code: 'over_email_send_rate_limit', msg: 'email rate limit exceeded' },
    })
    expect(refused.headers['retry-after']).toBe('3600')
  }
})

test('without a mail server of its own a project sends as many mails as it likes', async () => {
  auth.configure({ 'auth.rate_limit.email_sent': 0, 'auth.email.max_frequency': 0 })
  const sent = auth.mails.length
  for (let i = 0; i < 3; i++) await call('POST', '/recover', { email: 'hour@example.com' })
  expect(auth.mails.length - sent).toBe(3)
})
