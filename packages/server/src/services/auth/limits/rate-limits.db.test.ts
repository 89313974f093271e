import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
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
  let made = 0
  const spoof = () =>
    ask({ 'x-forwarded-for': `198.18.0.${made++}`, 'x-real-ip': `198.18.0.${made++}` })()
  auth.configure({ 'auth.rate_limit.token_verifications': 2 })
  expect(await countUntilRefused(5, spoof)).toBe(2)

  auth.configure({
    'auth.rate_limit.token_verifications': 2,
    'auth.rate_limit.header': 'X-Forwarded-For',
  })
  const one = () => ask({ 'x-forwarded-for': `198.18.0.${made++}, 192.0.2.${client}` })()
  const other = ask({ 'x-forwarded-for': `10.1.1.1, 198.51.100.${client}:4711` })
  expect(await countUntilRefused(5, one)).toBe(2)
  expect(await countUntilRefused(5, other)).toBe(2)
  // what is no address is nobody's: the peer counts, and has had its two
  const nonsense = () => ask({ 'x-forwarded-for': `client-${made++}` })()
  expect(await countUntilRefused(5, nonsense)).toBe(0)
})

test('the addresses of one IPv6 network are one client', async () => {
  auth.configure({ 'auth.rate_limit.token_verifications': 2 })
  const ask = (address: string) => () => call('POST', '/verify', {}, from(address))
  expect(await countUntilRefused(5, ask('2001:db8:0:1::1'))).toBe(2)
  expect(await countUntilRefused(5, ask('2001:db8:0:1:ffff::2'))).toBe(0)
  expect(await countUntilRefused(5, ask('2001:db8:0:2::1'))).toBe(2)
})

test.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])(
  'programs on the machine itself (%s) meet no limit, as with the Supabase CLI',
  async (peer) => {
    auth.configure({ 'auth.rate_limit.token_verifications': 2 })
    expect(await countUntilRefused(5, () => call('POST', '/verify', {}, from(peer)))).toBe(5)
  },
)

test.each([
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'x-client-ip',
  'cf-connecting-ip',
  'true-client-ip',
])('a proxy on the machine itself (`%s`) ends that', async (name) => {
  auth.configure({ 'auth.rate_limit.token_verifications': 2 })
  const headers = { [name]: `198.18.1.${client}` }
  const ask = () =>
    auth.call('POST', '/verify', { body: {}, headers, ...from(`127.0.0.${client}`) })
  expect(await countUntilRefused(5, ask)).toBe(2)
})

test('an operator who names a header ends it too', async () => {
  auth.configure({
    'auth.rate_limit.token_verifications': 2,
    'auth.rate_limit.header': 'X-Real-IP',
  })
  const ask = () => auth.call('POST', '/verify', { body: {} })
  expect(await countUntilRefused(5, ask)).toBe(2)
})

describe('codes that are guessed at', () => {
  const guess = (address: string, token: string, headers: Record<string, string> = {}) =>
    auth.call('POST', '/verify', { body: { type: 'email', email: address, token }, headers })
  const wrongOf = (code: string) => (code === '000000' ? '111111' : '000000')
  const sendCode = async (address: string) => {
    auth.advance(2)
    await call('POST', '/otp', { email: address })
    return auth.mails.at(-1)?.code ?? ''
  }

  test('30 wrong ones lock nobody out, not even behind the same peer', async () => {
    const address = 'guessed@example.com'
    const code = await sendCode(address)
    for (let i = 0; i < 30; i++) {
      expect((await guess(address, wrongOf(code))).body.error_code).toBe('otp_expired')
    }
    expect((await guess(address, code)).status).toBe(200)
  })

  test('after 50 the code is void; the next one, and the link of the mail, are not', async () => {
    const address = 'void@example.com'
    const code = await sendCode(address)
    await Promise.all(Array.from({ length: 50 }, () => guess(address, wrongOf(code))))
    expect(await guess(address, code)).toMatchObject({
      status: 403,
      body: { error_code: 'otp_expired', msg: 'Token has expired or is invalid' },
    })
    expect((await guess(address, await sendCode(address))).status).toBe(200)
    const last = await sendCode(address)
    await Promise.all(Array.from({ length: 51 }, () => guess(address, wrongOf(last))))
    const token_hash = auth.mails.at(-1)?.tokenHash
    const link = await auth.call('POST', '/verify', { body: { type: 'magiclink', token_hash } })
    expect(link.status).toBe(200)
  })

  test('a change of address towards somebody does not renew the guesses at their codes', async () => {
    const address = 'renewed@example.com'
    const code = await sendCode(address)
    await Promise.all(Array.from({ length: 50 }, () => guess(address, wrongOf(code))))
    const { body } = await call('POST', '/signup', { email: 'attacker@example.com', password })
    await auth.call('PUT', '/user', { body: { email: address }, bearer: body.access_token })
    expect((await guess(address, code)).body.error_code).toBe('otp_expired')
  })

  test('with new codes again and again, 1,000 a day and no more', async () => {
    const address = 'daily@example.com'
    for (let round = 0; round < 20; round++) {
      const code = await sendCode(address)
      await Promise.all(Array.from({ length: 50 }, () => guess(address, wrongOf(code))))
    }
    const code = await sendCode(address)
    expect((await guess(address, code)).body.error_code).toBe('otp_expired')
    auth.advance(12 * 3_600)
    expect((await guess(address, await sendCode(address))).status).toBe(200)
  })
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
