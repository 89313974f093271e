import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Config } from '#base/config'
import { createSmsSender } from '#services/auth/messages/sms'
import { claimsOf, openAuth, openOutside } from '#services/auth/testing'
import type { Answer, AuthFixture, OutsideServer } from '#services/auth/testing'

let auth: AuthFixture
let outside: OutsideServer
const password = 'Secret-123!'
const twilio = {
  'auth.sms.twilio.enabled': true,
  'auth.sms.twilio.account_sid': 'AC1',
  'auth.sms.twilio.auth_token': 'tok',
  'auth.sms.twilio.message_service_sid': 'MG1',
}
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

beforeAll(async () => {
  outside = await openOutside()
  const { url } = outside
  const urls = { twilio: url, twilio_verify: url, messagebird: url, textlocal: url, vonage: url }
  auth = await openAuth(
    {
      'auth.sms.enable_signup': true,
      'auth.sms.enable_confirmations': true,
      'auth.sms.max_frequency': 0,
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
})

const post = (path: string, body: unknown, bearer?: string): Promise<Answer> =>
  auth.call('POST', path, { body, ...(bearer === undefined ? {} : { bearer }) })
const put = (body: unknown, bearer: string) => auth.call('PUT', '/user', { body, bearer })
const otp = (phone = '+1555', more: object = {}) => post('/otp', { phone, ...more })
const verify = (token: string, phone = '1555', type = 'sms') =>
  post('/verify', { type, phone, token })
/** The code in the last SMS. */
const lastCode = (): string => /\d{6}/.exec(outside.calls.at(-1)?.form['Body'] ?? '')?.[0] ?? ''
async function signIn(phone = '1555'): Promise<Answer> {
  await otp(phone)
  return verify(lastCode(), phone)
}

test('a phone signs up, waits for its code, and is signed in by it once', async () => {
  const signedUp = await post('/signup', { phone: '+1 555', password, data: { a: 1 } })
  expect(signedUp).toMatchObject({ status: 200, body: { phone: '1555', user_metadata: { a: 1 } } })
  expect(signedUp.body.access_token).toBeUndefined()
  expect(await post('/token?grant_type=password', { phone: '1555', password })).toMatchObject({
    status: 400,
    body: { error_code: 'phone_not_confirmed' },
  })
  const code = lastCode()
  expect((await verify('1'.repeat(6))).body.error_code).toBe('otp_expired')
  const verified = await verify(code)
  expect(claimsOf(verified.body.access_token)).toMatchObject({
    phone: '1555',
    amr: [{ method: 'otp' }],
  })
  expect(verified.body.user.phone_confirmed_at).toBeDefined()
  expect(verified.body.user.identities[0].identity_data.phone_verified).toBe(true)
  expect((await verify(code)).status).toBe(403)
  expect((await post('/token?grant_type=password', { phone: '1555', password })).status).toBe(200)
})

test('a code by phone makes the account, and answers with the id of the message once it is confirmed', async () => {
  expect(await otp('+1555', { data: { team: 'red' } })).toMatchObject({ status: 200, body: {} })
  const { body } = await verify(lastCode())
  expect(body.user).toMatchObject({ phone: '1555', user_metadata: { team: 'red' } })
  expect((await otp()).body).toEqual({ message_id: 'SM1' })
  expect((await verify(lastCode())).status).toBe(200)
  expect((await otp('1999', { create_user: false })).body.error_code).toBe('otp_disabled')
  auth.configure({ ...twilio, 'auth.sms.enable_confirmations': false })
  expect((await otp('1777')).body).toEqual({ message_id: 'SM1' })
  expect((await verify(lastCode(), '1777')).status).toBe(200)
})

test('codes by phone are good for 6000 seconds, and sent no oftener than configured', async () => {
  await otp()
  const code = lastCode()
  auth.advance(6001)
  expect((await verify(code)).body.error_code).toBe('otp_expired')
  auth.advance(-6001)
  auth.configure({ ...twilio, 'auth.sms.max_frequency': 60_000 })
  await otp('1556')
  for (const answer of [await otp('1556'), await post('/resend', { type: 'sms', phone: '1556' })]) {
    expect(answer).toMatchObject({
      status: 429,
      body: {
        error_code: 'over_sms_send_rate_limit',
        msg: expect.stringMatching(/only request this after 5\d seconds/),
      },
    })
  }
})

test('test numbers get no SMS and have their own code', async () => {
  auth.configure({ 'auth.sms.test_otp': { '1555': '424242' } })
  expect((await otp()).status).toBe(200)
  expect((await verify('424242')).status).toBe(200)
  expect((await otp()).body).toEqual({ message_id: 'test-otp' })
  expect((await verify('424242')).status).toBe(200)
  // also when nobody asked for it, for who has an account
  expect((await verify('424242')).status).toBe(200)
  expect((await verify('424243')).status).toBe(403)
  expect(outside.calls).toEqual([])
  expect(await otp('1556')).toMatchObject({
    status: 500,
    body: { msg: 'Unable to get SMS provider' },
  })
})

test('a code that cannot be sent leaves nothing behind', async () => {
  outside.answer({ status: 401, body: { message: 'Authenticate', more_info: 'docs' } })
  expect(await otp()).toMatchObject({
    status: 422,
    body: {
      error_code: 'sms_send_failed',
      msg: 'Error sending confirmation OTP to provider: Authenticate More information: docs',
    },
  })
  expect(await auth.query('select from auth.users')).toEqual([])
  outside.answer({ drop: true })
  expect((await otp()).body.msg).toBe(
    'Error sending confirmation OTP to provider: provider unreachable',
  )
})

test('a resent code replaces the one before; unknown and confirmed numbers are told nothing', async () => {
  const resend = (phone: string, type = 'sms') => post('/resend', { type, phone })
  await otp()
  const before = lastCode()
  expect((await resend('1555')).body).toEqual({ message_id: 'SM1' })
  if (lastCode() !== before) expect((await verify(before)).status).toBe(403)
  await verify(lastCode())
  outside.calls.length = 0
  for (const [phone, type] of [
    ['1555', 'sms'],
    ['1555', 'phone_change'],
    ['1999', 'sms'],
  ] as const)
    expect(await resend(phone, type)).toMatchObject({ status: 200, body: {} })
  expect(outside.calls).toEqual([])
})

test('a new number is pending until its code comes back', async () => {
  const { body } = await signIn()
  const changed = await put({ phone: '+1666' }, body.access_token)
  expect(changed.body).toMatchObject({ phone: '1555', new_phone: '1666' })
  expect(outside.calls.at(-1)?.form).toMatchObject({ To: '+1666' })
  const first = lastCode()
  expect((await post('/resend', { type: 'phone_change', phone: '1555' })).body).toEqual({
    message_id: 'SM1',
  })
  if (lastCode() !== first) expect((await verify(first, '1666', 'phone_change')).status).toBe(403)
  expect((await verify(lastCode(), '1666')).status).toBe(403)
  const done = await verify(lastCode(), '1666', 'phone_change')
  expect(done.body.user).toMatchObject({ phone: '1666', app_metadata: { providers: ['phone'] } })
  expect(done.body.user.identities).toMatchObject([{ identity_data: { phone: '1666' } }])
  expect(done.body.user.new_phone).toBeUndefined()
  await signIn('1777')
  expect((await put({ phone: '1777' }, done.body.access_token)).body.error_code).toBe(
    'phone_exists',
  )
})

test('an anonymous user becomes somebody by a phone', async () => {
  auth.configure({ ...twilio, 'auth.enable_anonymous_sign_ins': true })
  const { body } = await post('/signup', {})
  await put({ phone: '1555' }, body.access_token)
  const done = await verify(lastCode(), '1555', 'phone_change')
  expect(done.body.user).toMatchObject({
    id: body.user.id,
    is_anonymous: false,
    identities: [{ provider: 'phone' }],
    app_metadata: { provider: 'phone', providers: ['phone'] },
  })
})

test('a phone proves who it is with a code too', async () => {
  const change = { ...twilio, 'auth.email.secure_password_change': true }
  auth.configure(change)
  const { body } = await signIn()
  auth.advance(25 * 3600)
  const session = await post('/token?grant_type=refresh_token', {
    refresh_token: body.refresh_token,
  })
  const bearer = session.body.access_token
  const asked = await auth.call('GET', '/reauthenticate', { bearer })
  expect(asked.body).toEqual({ message_id: 'SM1' })
  expect((await put({ password, nonce: '000000' }, bearer)).body.error_code).toBe(
    'reauthentication_not_valid',
  )
  expect((await put({ password, nonce: lastCode() }, bearer)).status).toBe(200)
  auth.advance(-25 * 3600)
})

test('a code sent to a phone confirms no email', async () => {
  const key = auth.keys.serviceRoleKey
  await post('/admin/users', { email: 'a@x.co', phone: '1555' }, key)
  await otp()
  const [row] = await auth.query('select confirmation_token as hash from auth.users')
  for (const type of ['signup', 'email'])
    expect((await post('/verify', { type, token_hash: row?.['hash'] })).status).toBe(403)
  const { user } = (await verify(lastCode())).body
  expect(user.phone_confirmed_at).toBeDefined()
  expect(user.email_confirmed_at).toBeUndefined()
})

test('WhatsApp goes where the provider has it', async () => {
  expect((await otp('1555', { channel: 'whatsapp' })).status).toBe(200)
  expect(outside.calls[0]?.form).toMatchObject({ To: 'whatsapp:+1555', Channel: 'whatsapp' })
  const message = expect.stringContaining("supported values are 'sms' or 'whatsapp'")
  for (const [channel, config] of [
    ['pigeon', twilio],
    ['whatsapp', { 'auth.sms.vonage.enabled': true }],
  ] as const) {
    auth.configure(config)
    for (const path of ['/otp', '/signup'])
      expect(await post(path, { phone: '1556', password, channel })).toMatchObject({
        status: 400,
        body: { msg: message },
      })
  }
})

const providers: readonly [string, Partial<Config>, object, object, string][] = [
  [
    'twilio',
    twilio,
    { sid: 'SM1', status: 'queued' },
    {
      path: '/2010-04-01/Accounts/AC1/Messages.json',
      headers: { authorization: basic('AC1:tok') },
      form: {
        To: '+1555',
        Channel: 'sms',
        From: 'MG1',
        Body: expect.stringMatching(/^Use \d{6}!$/),
      },
    },
    'SM1',
  ],
  [
    'messagebird',
    {
      'auth.sms.messagebird.enabled': true,
      'auth.sms.messagebird.originator': 'Me',
      'auth.sms.messagebird.access_key': 'key',
    },
    { id: 'mb1', recipients: { totalSentCount: 1 } },
    {
      path: '/messages',
      headers: { authorization: 'AccessKey key' },
      form: { originator: 'Me', recipients: '1555', type: 'sms', datacoding: 'unicode' },
    },
    'mb1',
  ],
  [
    'textlocal',
    {
      'auth.sms.textlocal.enabled': true,
      'auth.sms.textlocal.sender': 'Me',
      'auth.sms.textlocal.api_key': 'key',
    },
    { status: 'success', messages: [{ id: 'tl1' }] },
    { path: '/send', form: { sender: 'Me', apikey: 'key', numbers: '1555' } },
    'tl1',
  ],
  [
    'vonage',
    {
      'auth.sms.vonage.enabled': true,
      'auth.sms.vonage.from': 'Me',
      'auth.sms.vonage.api_key': 'key',
      'auth.sms.vonage.api_secret': 'hush',
    },
    { messages: [{ 'message-id': 'vo1', status: '0' }] },
    { path: '/sms/json', form: { from: 'Me', to: '1555', api_key: 'key', api_secret: 'hush' } },
    'vo1',
  ],
]

test.each(providers)('%s is asked in its own way', async (name, config, body, asked, id) => {
  auth.configure({
    ...config,
    'auth.sms.enable_confirmations': false,
    'auth.sms.template': 'Use {{ .Code }}!',
  })
  outside.answer({ body })
  expect(await otp()).toMatchObject({ status: 200, body: { message_id: id } })
  expect(outside.calls).toMatchObject([{ method: 'POST', ...asked }])
  expect((await auth.call('GET', '/settings')).body.sms_provider).toBe(name)
})

test.each([
  [
    'twilio',
    { sid: 'SM1', status: 'failed', error_message: 'no', error_code: '7' },
    'twilio error: no 7 for message SM1',
  ],
  [
    'messagebird',
    { recipients: { totalSentCount: 0 } },
    'messagebird error: total sent count is 0',
  ],
  [
    'textlocal',
    { status: 'failure', errors: [{ code: 4, message: 'bad' }] },
    'textlocal error: bad (code: 4) message ',
  ],
  [
    'vonage',
    { messages: [{ status: '4', 'error-text': 'denied', 'message-id': 'v' }] },
    'vonage error: denied (status: 4) for message v',
  ],
  ['vonage', '<html>', 'vonage answered 200 without JSON'],
])('what %s refuses is told', async (name, body, reason) => {
  auth.configure({ [`auth.sms.${name}.enabled`]: true })
  outside.answer({ body })
  expect((await otp()).body).toMatchObject({
    error_code: 'sms_send_failed',
    msg: `Error sending confirmation OTP to provider: ${reason}`,
  })
})

test('Twilio Verify makes up the codes, and only it says which are right', async () => {
  auth.configure({
    'auth.sms.twilio_verify.enabled': true,
    'auth.sms.twilio_verify.account_sid': 'AC1',
    'auth.sms.twilio_verify.message_service_sid': 'VA1',
    'auth.sms.twilio_verify.auth_token': 'tok',
  })
  outside.answer(({ path, form }) =>
    path.endsWith('/Verifications')
      ? { status: 201, body: { sid: 'VE1' } }
      : {
          body: {
            status: form['Code'] === '1234' ? 'approved' : 'pending',
            valid: form['Code'] === '1234',
          },
        },
  )
  expect((await verify('1234')).status).toBe(403)
  expect(outside.calls).toEqual([])
  await otp()
  expect((await verify('9999')).body.error_code).toBe('otp_expired')
  expect((await verify('1234')).body.user.phone).toBe('1555')
  expect(outside.calls).toMatchObject([
    { path: '/v2/Services/VA1/Verifications', form: { To: '+1555', Channel: 'sms' } },
    { path: '/v2/Services/VA1/VerificationCheck', headers: { authorization: basic('AC1:tok') } },
    { form: { To: '+1555', Code: '1234' } },
  ])
  expect((await verify('1234')).status).toBe(403)
})

test('a hook sends in place of the provider, in the transaction of the code', async () => {
  await auth.script(`
    create table if not exists public.texts (event jsonb);
    grant all on public.texts to supabase_auth_admin;
    create or replace function public.text(event jsonb) returns jsonb language plpgsql as $$
    begin
      insert into public.texts values (event);
      perform from auth.users where id = (event #>> '{user,id}')::uuid;
      if not found then raise exception 'nobody'; end if;
      return case when event #>> '{sms,phone}' = '1666'
        then '{"error": {"http_code": 402, "message": "no credit"}}'::jsonb else '{}' end;
    end $$`)
  const uri = 'pg-functions://postgres/public/text'
  auth.configure({ 'auth.hook': { send_sms: { enabled: true, uri, secrets: '' } } })
  expect((await otp('1555', { channel: 'pigeon' })).status).toBe(200)
  const [sent] = await auth.query('select event from public.texts')
  const { sms, user } = (sent ?? {})['event'] as { sms: { otp: string }; user: object }
  expect(user).toMatchObject({ phone: '1555', identities: [{ provider: 'phone' }] })
  expect((await verify(sms.otp)).status).toBe(200)
  expect(await otp('1666')).toMatchObject({ status: 402, body: { msg: 'no credit' } })
  expect(await auth.query(`select from auth.users where phone = '1666'`)).toEqual([])
  // behind a URL it is asked before anything is written
  auth.configure({ 'auth.hook': { send_sms: { enabled: true, uri: outside.url, secrets: '' } } })
  outside.answer({ body: { error: { http_code: 402, message: 'no credit' } } })
  expect((await otp('1777')).status).toBe(402)
  outside.answer({})
  expect((await otp('1777')).status).toBe(200)
  const told = JSON.parse(outside.calls.at(-1)?.body ?? '') as { sms: { otp: string } }
  expect((await verify(told.sms.otp, '1777')).status).toBe(200)
})

test('so many SMS an hour, of all users together; test numbers need none', async () => {
  auth.configure({
    ...twilio,
    'auth.rate_limit.sms_sent': 2,
    'auth.sms.test_otp': { '1999': '123456' },
  })
  expect([(await otp('+1501')).status, (await otp('+1502')).status]).toEqual([200, 200])
  const refused = await otp('+1503')
  expect(refused).toMatchObject({
    status: 429,
    body: { error_code: 'over_sms_send_rate_limit', msg: 'SMS rate limit exceeded' },
  })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(1000)
  expect(outside.calls).toHaveLength(2)
  expect((await otp('+1999')).status).toBe(200)
  auth.configure({ ...twilio, 'auth.rate_limit.sms_sent': 0 })
  expect((await otp('+1504')).status).toBe(429)
})
