import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Config } from '#base/config'
import { totpCode } from '#services/auth/factors'
import { defaultOutside } from '#services/auth/outside'
import { claimsOf, openAuth, openOutside } from '#services/auth/testing'
import type { Answer, AuthFixture, OutsideServer } from '#services/auth/testing'

let auth: AuthFixture
let outside: OutsideServer
const password = 'Secret-123!'
const secrets = [1, 2].map((n) => Buffer.alloc(32, n).toString('base64'))

beforeAll(async () => {
  const limits = { ...defaultOutside, hookTimeoutMs: 300, hookBackoffMs: 5 }
  auth = await openAuth({}, { outside: limits })
  outside = await openOutside()
  await auth.script(`
    create table public.seen (name text, event jsonb, who text default current_user);
    create table public.reply (name text, body jsonb);
    create function public.hook(name text, event jsonb) returns jsonb language plpgsql as $$
    begin
      insert into public.seen values (name, event);
      return (select body from public.reply where reply.name = hook.name);
    end $$;
    grant all on public.seen, public.reply to supabase_auth_admin;`)
})
afterAll(async () => {
  await auth.close()
  await outside.close()
})
beforeEach(async () => {
  auth.configure({})
  auth.mails.length = 0
  outside.calls.length = 0
  outside.answer({})
  await auth.script('truncate auth.users, public.seen, public.reply cascade')
})

const names = {
  custom_access_token: 'token',
  send_email: 'mail',
  before_user_created: 'before',
  after_user_created: 'after',
  mfa_verification_attempt: 'factor',
  password_verification_attempt: 'password',
} as const
type Name = keyof typeof names
type Hooks = Config['auth.hook']

/** Postgres functions that note what they are called with, each answering what `body` is. */
async function hook(body: Partial<Record<Name, string>>, more: Partial<Config> = {}) {
  const hooks: Record<string, Hooks[string]> = {}
  for (const [name, answer] of Object.entries(body)) {
    const short = names[name as Name]
    await auth.script(`
      create or replace function public.hook_${short}(event jsonb) returns jsonb language sql as
      $$ select public.hook('${short}', event) $$;
      insert into public.reply values ('${short}', ${answer})`)
    const uri = `pg-functions://postgres/public/hook_${short}`
    hooks[name] = { enabled: true, uri, secrets: '' }
  }
  auth.configure({ ...more, 'auth.hook': hooks })
}
const url = (name: Name, path = '/', keys = secrets): Partial<Config> => ({
  'auth.hook': {
    [name]: {
      enabled: true,
      uri: outside.url + path,
      secrets: keys.map((key) => `v1,whsec_${key}`).join('|'),
    },
  },
})
const signUp = (email = 'a@x.co'): Promise<Answer> =>
  auth.call('POST', '/signup', { body: { email, password, data: { team: 'red' } } })
const signIn = (word = password): Promise<Answer> =>
  auth.call('POST', '/token?grant_type=password', { body: { email: 'a@x.co', password: word } })
const seen = async (name: string) =>
  (await auth.query(`select event, who from public.seen where name = '${name}'`)) as {
    event: any // oxlint-disable-line typescript/no-explicit-any
    who: string
  }[]
const countUsers = async () => (await auth.query('select from auth.users')).length
const countSessions = async () => (await auth.query('select from auth.sessions')).length

/** A function that answers with the event, changed. */
async function tokenHook(change: string, more: Partial<Config> = {}): Promise<void> {
  await auth.script(`create or replace function public.claims(event jsonb) returns jsonb
    language plpgsql as $$ begin insert into public.seen values ('token', event); return ${change}; end $$`)
  const uri = 'pg-functions://postgres/public/claims'
  const hooks = { custom_access_token: { enabled: true, uri, secrets: '' } }
  auth.configure({ ...more, 'auth.hook': hooks })
}

describe('the custom access token hook', () => {
  test('rewrites the claims of every token, as supabase_auth_admin', async () => {
    await tokenHook(`jsonb_set(event, '{claims,tenant}', '"t1"')`)
    const { body } = await signUp()
    expect(claimsOf(body.access_token)).toMatchObject({ tenant: 't1', role: 'authenticated' })
    const again = (await signIn()).body
    const refreshed = await auth.call('POST', '/token?grant_type=refresh_token', {
      body: { refresh_token: again.refresh_token },
    })
    expect(claimsOf(refreshed.body.access_token)).toMatchObject({ tenant: 't1' })
    const calls = await seen('token')
    expect(calls.map(({ event }) => event.authentication_method)).toEqual([
      'password',
      'password',
      'token_refresh',
    ])
    expect(calls[0]).toMatchObject({
      who: 'supabase_auth_admin',
      event: {
        user_id: body.user.id,
        claims: { aud: 'authenticated', email: 'a@x.co', aal: 'aal1' },
        metadata: { name: 'customize-access-token', uuid: expect.any(String) },
      },
    })
  })

  test('takes part in the sign-in: when it fails, there is no session', async () => {
    await signUp()
    await auth.script('delete from auth.sessions')
    await tokenHook(`'{"error": {"http_code": 403, "message": "not today"}}'::jsonb`)
    const refused = await signIn()
    expect(refused).toMatchObject({
      status: 403,
      body: { msg: 'not today', error_code: 'unknown' },
    })
    expect(refused.headers['x-sb-error-code']).toBeUndefined()
    expect(await countSessions()).toBe(0)
    expect(await seen('token')).toEqual([])
  })

  test('must leave the claims row level security and clients need', async () => {
    await signUp()
    for (const [change, message] of [
      [`event #- '{claims,role}'`, '- (root): role is required'],
      [`jsonb_set(event, '{claims,exp}', '"soon"')`, '- exp: Invalid type. Expected: integer'],
      [`event - 'claims'`, 'output claims field is missing'],
      [`'[]'::jsonb`, 'Error unmarshaling JSON output.'],
      [`null`, '- (root): aud is required'],
    ] as const) {
      await tokenHook(change)
      const { status, body } = await signIn()
      expect({ status, message: body.msg }).toEqual({
        status: 500,
        message: expect.stringContaining(message),
      })
    }
  })

  test('has two seconds, and then the sign-in fails', async () => {
    await signUp()
    await tokenHook(`(select event from pg_sleep(9))`)
    const started = performance.now()
    expect(await signIn()).toMatchObject({
      status: 500,
      body: { msg: 'Error running hook URI: pg-functions://postgres/public/claims' },
    })
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  test('behind a URL is asked after the sign-in is written, which a refusal undoes', async () => {
    await signUp()
    await auth.script('delete from auth.sessions')
    auth.configure(url('custom_access_token'))
    outside.answer({ body: { error: { http_code: 418, message: 'no tea' } } })
    expect(await signIn()).toMatchObject({ status: 418, body: { msg: 'no tea' } })
    expect(await countSessions()).toBe(0)
    outside.answer(({ body }) => {
      const { claims } = JSON.parse(body) as { claims: object }
      return { body: { claims: { ...claims, plan: 'pro' } } }
    })
    expect(claimsOf((await signIn()).body.access_token)).toMatchObject({ plan: 'pro' })
  })
})

describe('a hook behind a URL', () => {
  test('gets a request signed with each secret', async () => {
    auth.configure(url('before_user_created'))
    expect((await signUp()).status).toBe(200)
    const [call] = outside.calls
    const { 'webhook-id': id, 'webhook-timestamp': time } = call?.headers ?? {}
    const expected = secrets.map((secret) => {
      const mac = createHmac('sha256', Buffer.from(secret, 'base64'))
      return `v1,${mac.update(`${String(id)}.${String(time)}.${call?.body}`).digest('base64')}`
    })
    expect(call?.headers['webhook-signature']).toBe(expected.join(', '))
    expect(Math.abs(Number(time) - Date.now() / 1000)).toBeLessThan(60)
    expect(JSON.parse(call?.body ?? '')).toMatchObject({
      metadata: { name: 'before-user-created', ip_address: '127.0.0.1' },
      user: { email: 'a@x.co', user_metadata: { team: 'red' }, identities: [] },
    })
  })

  const type = 'hook_payload_invalid_content_type'
  const own = 'unexpected_failure'
  /** By what is said. */
  const codes: Readonly<Record<string, string | undefined>> = {
    'Invalid payload sent to hook': own,
    'Hook requires authorization token': own,
    'Service currently unavailable due to hook': own,
    'Unexpected status code returned from hook: 302': own,
    'Invalid JSON response. Received content-type: text/html': type,
    'Invalid Content-Type: Missing Content-Type header': type,
    'Payload size exceeded size limit of 204800 bytes': 'hook_payload_over_size_limit',
    'Error unmarshaling JSON output.': own,
    'Failed to reach hook after maximum retries': 'hook_timeout_after_retry',
    'Failed to reach hook within maximum time of 0.300000 seconds': 'hook_timeout',
    'no code': own,
    odd: own,
  }
  test.each([
    [{ status: 204, body: '' }, 200, ''],
    [{ status: 202 }, 200, ''],
    [{ status: 400 }, 500, 'Invalid payload sent to hook'],
    [{ status: 401 }, 500, 'Hook requires authorization token'],
    [{ status: 503 }, 500, 'Service currently unavailable due to hook'],
    [
      { status: 302, headers: { location: '/' } },
      500,
      'Unexpected status code returned from hook: 302',
    ],
    [
      { headers: { 'content-type': 'text/html' } },
      400,
      'Invalid JSON response. Received content-type: text/html',
    ],
    [{ headers: { 'content-type': '' } }, 400, 'Invalid Content-Type: Missing Content-Type header'],
    [{ bytes: 201 * 1024 }, 422, 'Payload size exceeded size limit of 204800 bytes'],
    [{ body: '{' }, 500, 'Error unmarshaling JSON output.'],
    [{ drop: true }, 422, 'Failed to reach hook after maximum retries'],
    [{ hang: true }, 422, 'Failed to reach hook within maximum time of 0.300000 seconds'],
    [{ body: { error: { message: 'no code' } } }, 500, 'no code'],
    [{ body: { error: { http_code: 42, message: 'odd' } } }, 500, 'odd'],
    [{ body: { error: { http_code: 403 } } }, 200, ''],
  ])('that answers %j makes the request end in %i', async (reply, status, message) => {
    auth.configure(url('before_user_created'))
    outside.answer(reply)
    const answer = await signUp()
    expect(answer.status).toBe(status)
    if (status !== 200) expect(answer.body.msg).toBe(message)
    expect(answer.body.error_code).toBe(codes[message])
    expect(await countUsers()).toBe(status === 200 ? 1 : 0)
  })

  test.each([
    [{ headers: { 'content-type': 'text/html' } }, 'hook_payload_invalid_content_type'],
    [{ bytes: 201 * 1024 }, 'hook_payload_over_size_limit'],
    [{ drop: true }, 'hook_timeout_after_retry'],
    [{ hang: true }, 'hook_timeout'],
    [{ status: 503 }, 'unexpected_failure'],
  ])('that answers %j is the error %s', async (reply, code) => {
    auth.configure(url('before_user_created'))
    outside.answer(reply)
    expect((await signUp()).body.error_code).toBe(code)
  })

  test('is asked again when it hangs up or asks for patience', async () => {
    auth.configure(url('before_user_created'))
    outside.answer(() =>
      outside.calls.length < 3 ? { status: 429, headers: { 'retry-after': 'true' } } : {},
    )
    expect((await signUp()).status).toBe(200)
    outside.calls.length = 0
    outside.answer(() => (outside.calls.length < 2 ? { drop: true } : {}))
    expect((await signUp('b@x.co')).status).toBe(200)
    expect(new Set(outside.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(2)
  })
})

describe('the hooks around new users', () => {
  const refusal = `'{"error":{"http_code":403,"message":"domain not allowed"}}'`
  const service = () => auth.keys.serviceRoleKey

  test('before: a refusal reaches the client and nothing is written', async () => {
    await hook({ before_user_created: refusal }, { 'auth.enable_anonymous_sign_ins': true })
    const body = { email: 'a@x.co', password }
    for (const answer of [
      await signUp(),
      await auth.call('POST', '/signup', { body: {} }),
      await auth.call('POST', '/otp', { body }),
      await auth.call('POST', '/magiclink', { body }),
      await auth.call('POST', '/invite', { body, bearer: service() }),
      await auth.call('POST', '/admin/generate_link', {
        body: { type: 'signup', ...body },
        bearer: service(),
      }),
    ]) {
      expect(answer).toMatchObject({ status: 403, body: { msg: 'domain not allowed' } })
    }
    expect(await countUsers()).toBe(0)
    expect(auth.mails).toEqual([])
    // administrators are not asked
    const made = await auth.call('POST', '/admin/users', { body, bearer: service() })
    expect(made.status).toBe(200)
  })

  test('before: what the function raises reaches clients of the first version only', async () => {
    await auth.script(`create or replace function public.raises(event jsonb) returns jsonb
      language plpgsql as $$ begin raise exception 'no guests' using hint = 'ask'; end $$`)
    const uri = 'pg-functions://postgres/public/raises'
    auth.configure({ 'auth.hook': { before_user_created: { enabled: true, uri, secrets: '' } } })
    expect(await signUp()).toMatchObject({
      status: 500,
      body: { code: 'P0001', message: 'no guests', hint: 'ask' },
    })
    const headers = { 'x-supabase-api-version': '2024-01-01' }
    const body = { email: 'a@x.co', password }
    expect((await auth.call('POST', '/signup', { body, headers })).body).toEqual({
      code: 'unexpected_failure',
      message: `Error running hook URI: ${uri}`,
    })
  })

  test('after: is told of the user that was written, once', async () => {
    await hook({ after_user_created: `'{}'` })
    const { body } = await signUp()
    await signUp()
    await auth.call('POST', '/otp', { body: { email: 'a@x.co' } })
    await auth.call('POST', '/otp', { body: { email: 'b@x.co' } })
    const calls = await seen('after')
    expect(calls.map(({ event }) => event.user.email)).toEqual(['a@x.co', 'b@x.co'])
    expect(calls[0]?.event.user).toMatchObject({
      id: body.user.id,
      identities: [{ provider: 'email' }],
    })
  })
})

describe('the hook that sends mail', () => {
  const confirmed = { 'auth.email.enable_confirmations': true }

  test('gets the code and the hash, and no mail goes out', async () => {
    await hook({ send_email: `'{}'` }, confirmed)
    const { body } = await signUp()
    expect(auth.mails).toEqual([])
    const [call] = await seen('mail')
    expect(call?.event).toMatchObject({
      user: { id: body.id, email: 'a@x.co' },
      email_data: {
        token: expect.stringMatching(/^\d{6}$/),
        email_action_type: 'signup',
        site_url: 'http://127.0.0.1:54321/auth/v1',
        redirect_to: 'http://127.0.0.1:3000',
        token_new: '',
        token_hash_new: '',
      },
    })
    const { token, token_hash } = call?.event.email_data ?? {}
    const verify = (more: object) =>
      auth.call('POST', '/verify', { body: { type: 'signup', ...more } })
    expect((await verify({ email: 'a@x.co', token: '1' + token })).status).toBe(403)
    expect((await verify({ token_hash })).status).toBe(200)
  })

  test('that refuses undoes what was written for the mail', async () => {
    const refusal = `'{"error":{"http_code":429,"message":"quota"}}'`
    await hook({ send_email: refusal }, confirmed)
    expect(await signUp()).toMatchObject({ status: 429, body: { msg: 'quota' } })
    expect(await countUsers()).toBe(0)
  })

  test('gets both codes of a change of address, hashes crossed', async () => {
    const { body } = await signUp()
    await hook({ send_email: `'{}'` }, { ...confirmed, 'auth.email.max_frequency': 0 })
    const change = { body: { email: 'b@x.co' }, bearer: body.access_token }
    expect((await auth.call('PUT', '/user', change)).status).toBe(200)
    const calls = await seen('mail')
    const data = calls[0]?.event.email_data
    expect(calls).toHaveLength(1)
    const verify = (email: string, token: string) =>
      auth.call('POST', '/verify', { body: { type: 'email_change', email, token } })
    expect((await verify('a@x.co', data.token)).body.msg).toContain('other email')
    expect((await verify('b@x.co', data.token_new)).body.user.email).toBe('b@x.co')
    // a new change, by hashes: the one beside the current address's code is the new address's
    const next = { body: { email: 'c@x.co' }, bearer: body.access_token }
    await auth.call('PUT', '/user', next)
    const second = (await seen('mail'))[1]?.event.email_data
    const [row] = await auth.query('select email_change_token_new as hash from auth.users')
    expect(second.token_hash).toBe(row?.['hash'])
  })

  test('behind a URL is called after the write', async () => {
    auth.configure({ ...confirmed, ...url('send_email') })
    outside.answer({ body: { error: { http_code: 502, message: 'mail is down' } } })
    expect(await signUp()).toMatchObject({ status: 502, body: { msg: 'mail is down' } })
    outside.answer({})
    auth.configure({ ...confirmed, ...url('send_email'), 'auth.email.max_frequency': 0 })
    const resent = await auth.call('POST', '/resend', { body: { type: 'signup', email: 'a@x.co' } })
    expect(resent.status).toBe(200)
    expect(JSON.parse(outside.calls.at(-1)?.body ?? '').email_data.email_action_type).toBe('signup')
  })
})

describe('the hooks of attempts', () => {
  test('a password tried is reported, and may be refused', async () => {
    await signUp()
    await hook({ password_verification_attempt: `'{"decision":"continue"}'` })
    expect((await signIn('wrong-word')).body.msg).toBe('Invalid login credentials')
    expect((await signIn()).status).toBe(200)
    expect((await seen('password')).map(({ event }) => event.valid)).toEqual([false, true])
    await auth.script(
      `update public.reply set body = '{"decision":"reject","should_logout_user":true}'`,
    )
    expect(await signIn()).toMatchObject({
      status: 400,
      body: {
        error_code: 'invalid_credentials',
        msg: 'Further password verification attempts will be rejected.',
      },
    })
    expect(await countSessions()).toBe(0)
  })

  test('a code of a second factor is reported, and a refusal signs out', async () => {
    const totp = { 'auth.mfa.totp.enroll_enabled': true, 'auth.mfa.totp.verify_enabled': true }
    await hook({ mfa_verification_attempt: `'{"decision":"reject","message":"enough"}'` }, totp)
    const bearer = (await signUp()).body.access_token
    const enrol = { body: { factor_type: 'totp' }, bearer }
    const factor = (await auth.call('POST', '/factors', enrol)).body
    const challenge = await auth.call('POST', `/factors/${factor.id}/challenge`, { bearer })
    const code = totpCode(factor.totp.secret, Date.now())
    const verified = await auth.call('POST', `/factors/${factor.id}/verify`, {
      body: { challenge_id: challenge.body.id, code },
      bearer,
    })
    expect(verified).toMatchObject({
      status: 403,
      body: { error_code: 'mfa_verification_rejected', msg: 'enough' },
    })
    expect((await seen('factor'))[0]?.event).toMatchObject({
      factor_id: factor.id,
      factor_type: 'totp',
      valid: true,
    })
    expect(await countSessions()).toBe(0)
  })
})

describe('users whom a wallet brings', () => {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  const web3 = { 'auth.web3.solana.enabled': true, 'auth.site_url': 'https://app.example.com' }

  /** Signs in with a wallet. */
  function wallet(): () => Promise<Answer> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    let address = ''
    for (let n = BigInt(`0x${key.toString('hex')}`); n > 0n; n /= 58n)
      address = (alphabet[Number(n % 58n)] ?? '') + address
    const zeros = '1'.repeat(key.findIndex((byte) => byte !== 0))
    return () => {
      const message = [
        'app.example.com wants you to sign in with your Solana account:',
        zeros + address,
        '',
        'Hello.',
        '',
        'Version: 1',
        'URI: https://app.example.com/login',
        `Issued At: ${new Date().toISOString()}`,
        'Chain ID: solana:mainnet',
      ].join('\n')
      const signature = sign(null, Buffer.from(message), privateKey).toString('base64')
      const body = { chain: 'solana', message, signature }
      return auth.call('POST', '/token?grant_type=web3', { body })
    }
  }

  test('are asked for, told of and given tokens like all others', async () => {
    const refusal = `'{"error":{"http_code":403,"message":"no wallets"}}'`
    await hook({ before_user_created: refusal }, web3)
    const come = wallet()
    expect(await come()).toMatchObject({ status: 403, body: { msg: 'no wallets' } })
    expect(await countUsers()).toBe(0)
    await auth.script('truncate public.seen, public.reply')
    await hook({ before_user_created: `'{}'`, after_user_created: `'{}'` }, web3)
    const { body } = await come()
    expect((await come()).status).toBe(200)
    expect((await seen('before')).map(({ event }) => event.user.app_metadata.provider)).toEqual([
      'web3',
    ])
    expect((await seen('after')).map(({ event }) => event.user.id)).toEqual([body.user.id])
    await tokenHook(`jsonb_set(event, '{claims,chain}', '"sol"')`, web3)
    expect(claimsOf((await come()).body.access_token)).toMatchObject({ chain: 'sol' })
    await auth.script('delete from auth.sessions')
    await tokenHook(`'{"error": {"http_code": 401, "message": "no"}}'::jsonb`, web3)
    expect((await come()).status).toBe(401)
    expect(await countSessions()).toBe(0)
  })
})
