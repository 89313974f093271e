import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { claimsOf, openAuth } from '#services/auth/testing'
import type { AuthFixture } from '#services/auth/testing'

let auth: AuthFixture
beforeAll(async () => {
  auth = await openAuth()
})
afterAll(() => auth.close())
beforeEach(() => {
  auth.configure({})
  auth.mails.length = 0
})

const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/)
const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
const password = 'Secret-123!'
const signUp = (body: unknown, headers = {}) => auth.call('POST', '/signup', { body, headers })

test('a sign-up that needs no confirmation gives a session', async () => {
  const answer = await signUp({
    email: ' New@Example.com ',
    password,
    data: { name: 'Ann', email: 'not mine' },
    code_challenge: null,
    code_challenge_method: null,
    gotrue_meta_security: {},
  })
  expect(answer.status).toBe(200)
  const id = answer.body.user.id
  expect(answer.body).toEqual({
    access_token: expect.any(String),
    token_type: 'bearer',
    expires_in: 3600,
    expires_at: expect.any(Number),
    refresh_token: expect.stringMatching(/^[a-z0-9]{12}$/),
    user: {
      id: uuid,
      aud: 'authenticated',
      role: 'authenticated',
      email: 'new@example.com',
      email_confirmed_at: moment,
      confirmed_at: moment,
      phone: '',
      last_sign_in_at: moment,
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: {
        name: 'Ann',
        sub: id,
        email: 'new@example.com',
        email_verified: true,
        phone_verified: false,
      },
      identities: [
        {
          identity_id: uuid,
          id,
          user_id: id,
          identity_data: {
            name: 'Ann',
            sub: id,
            email: 'new@example.com',
            email_verified: false,
            phone_verified: false,
          },
          provider: 'email',
          last_sign_in_at: moment,
          created_at: moment,
          updated_at: moment,
          email: 'new@example.com',
        },
      ],
      created_at: moment,
      updated_at: moment,
      is_anonymous: false,
    },
  })
  expect(claimsOf(answer.body.access_token)).toEqual({
    iss: 'http://127.0.0.1:54321/auth/v1',
    sub: id,
    aud: 'authenticated',
    exp: answer.body.expires_at,
    iat: answer.body.expires_at - 3600,
    email: 'new@example.com',
    phone: '',
    app_metadata: { provider: 'email', providers: ['email'] },
    user_metadata: answer.body.user.user_metadata,
    role: 'authenticated',
    aal: 'aal1',
    amr: [{ method: 'password', timestamp: expect.any(Number) }],
    session_id: uuid,
    is_anonymous: false,
  })
})

test('the rows are what SQL of applications expects, and the password is Argon2id', async () => {
  const { body } = await signUp({ email: 'row@example.com', password })
  const { id } = body.user
  expect(
    await auth.query(
      `select aud, role, email, is_anonymous, is_sso_user, instance_id::text, confirmation_token,
         left(encrypted_password, 30) as hash, raw_app_meta_data->>'provider' as provider
       from auth.users where id = '${id}'`,
    ),
  ).toEqual([
    {
      aud: 'authenticated',
      role: 'authenticated',
      email: 'row@example.com',
      is_anonymous: false,
      is_sso_user: false,
      instance_id: '00000000-0000-0000-0000-000000000000',
      confirmation_token: '',
      hash: '$argon2id$v=19$m=19456,t=2,p=1',
      provider: 'email',
    },
  ])
  expect(
    await auth.query(
      `select aal::text, user_agent, host(ip) as ip from auth.sessions where user_id = '${id}'`,
    ),
  ).toEqual([{ aal: 'aal1', user_agent: 'tests', ip: '127.0.0.1' }])
  expect(
    await auth.query(
      `select payload->>'action' as action, payload->>'log_type' as type from auth.audit_log_entries
       where payload->>'actor_id' = '${id}' order by 1`,
    ),
  ).toEqual([
    { action: 'login', type: 'account' },
    { action: 'user_signedup', type: 'team' },
  ])
})

const refusals: readonly [string, unknown, number, string, string | RegExp, object?][] = [
  [
    'no password',
    { email: 'a@b.co' },
    400,
    'validation_failed',
    'Signup requires a valid password',
  ],
  [
    'email and phone',
    { email: 'a@b.co', phone: '1234567', password },
    400,
    'validation_failed',
    'Only an email address or phone number should be provided on signup.',
  ],
  [
    'a malformed email',
    { email: 'nobody', password },
    400,
    'validation_failed',
    'Unable to validate email address: invalid format',
  ],
  [
    'an email of more than 255 characters',
    { email: `${'a'.repeat(250)}@example.com`, password },
    400,
    'validation_failed',
    'An email address is too long',
  ],
  [
    'a password of 73 bytes',
    { email: 'a@b.co', password: 'x'.repeat(73) },
    400,
    'validation_failed',
    'Password cannot be longer than 72 characters',
  ],
  [
    'a short password',
    { email: 'a@b.co', password: '12345' },
    422,
    'weak_password',
    'Password should be at least 6 characters.',
  ],
  [
    'a password without the required characters',
    { email: 'a@b.co', password: 'abcdefg' },
    422,
    'weak_password',
    /^Password should contain at least one character of each: /,
    { 'auth.password_requirements': 'letters_digits' },
  ],
  [
    'half of the PKCE parameters',
    { email: 'a@b.co', password, code_challenge: 'x'.repeat(43) },
    400,
    'validation_failed',
    'PKCE flow requires code_challenge_method and code_challenge',
  ],
  [
    'a short code challenge',
    { email: 'a@b.co', password, code_challenge: 'x', code_challenge_method: 's256' },
    400,
    'validation_failed',
    'code challenge has to be between 43 and 128 characters',
  ],
  [
    'sign-ups being off',
    { email: 'a@b.co', password },
    422,
    'signup_disabled',
    'Signups not allowed for this instance',
    { 'auth.enable_signup': false },
  ],
  [
    'email sign-ups being off',
    { email: 'a@b.co', password },
    400,
    'email_provider_disabled',
    'Email signups are disabled',
    { 'auth.email.enable_signup': false },
  ],
  [
    'phone sign-ups being off',
    { phone: '+1 555 0100', password },
    400,
    'phone_provider_disabled',
    'Phone signups are disabled',
  ],
  [
    'a malformed phone number',
    { phone: '0123', password },
    400,
    'validation_failed',
    'Invalid phone number format (E.164 required)',
    { 'auth.sms.enable_signup': true },
  ],
  [
    'a phone number that would need a message',
    { phone: '+15550100', password },
    500,
    'unexpected_failure',
    'Unable to get SMS provider',
    { 'auth.sms.enable_signup': true, 'auth.sms.enable_confirmations': true },
  ],
  [
    'neither email nor phone',
    {},
    422,
    'anonymous_provider_disabled',
    'Anonymous sign-ins are disabled',
  ],
]
test.each(refusals)('%s is refused', async (_, body, status, code, message, config = {}) => {
  auth.configure(config)
  const before = await auth.query('select count(*)::int as n from auth.users')
  const answer = await signUp(body)
  const msg = typeof message === 'string' ? message : expect.stringMatching(message)
  expect(answer.body).toMatchObject({ code: status, error_code: code, msg })
  expect(answer.status).toBe(status)
  expect(await auth.query('select count(*)::int as n from auth.users')).toEqual(before)
})

test('a body that is not a JSON object of the right types is bad_json', async () => {
  const bodies = ['{not json', '', '[]', '"x"', '{"email":5}', '{"email":"a@b.co","data":"x"}']
  for (const rawBody of [...bodies, Buffer.from([0x22, 0xff, 0x22])]) {
    const answer = await auth.call('POST', '/signup', { rawBody })
    expect(answer.body).toMatchObject({
      code: 400,
      error_code: 'bad_json',
      msg: expect.stringMatching(/^Could not parse request body as JSON: /),
    })
  }
})

test('a body of more than 1 MiB is refused', async () => {
  const answer = await signUp({ email: 'a@b.co', password, data: { x: 'y'.repeat(1_100_000) } })
  expect(answer.body).toMatchObject({ code: 413, error_code: 'request_entity_too_large' })
})

test('with confirmations on, a sign-up gives the bare user and sends a mail', async () => {
  auth.configure({ 'auth.email.enable_confirmations': true, 'auth.email.max_frequency': 0 })
  const first = await signUp({ email: 'confirm@example.com', password, data: { a: 1 } })
  expect(first.status).toBe(200)
  expect(first.body).toMatchObject({
    id: uuid,
    email: 'confirm@example.com',
    role: 'authenticated',
    confirmation_sent_at: moment,
    app_metadata: { provider: 'email', providers: ['email'] },
    user_metadata: { a: 1, email_verified: false },
  })
  for (const absent of ['access_token', 'email_confirmed_at', 'confirmed_at', 'session'])
    expect(first.body).not.toHaveProperty(absent)
  expect(auth.mails).toEqual([
    {
      action: 'signup',
      to: 'confirm@example.com',
      code: expect.stringMatching(/^\d{6}$/),
      tokenHash: expect.stringMatching(/^[0-9a-f]{56}$/),
      redirectTo: 'http://127.0.0.1:3000',
      email: 'confirm@example.com',
      newEmail: '',
      data: { a: 1 },
    },
  ])
  const stored = `select token_type::text, token_hash, relates_to from auth.one_time_tokens
    where user_id = '${first.body.id}'`
  const token = (hash: string | undefined) => [
    { token_type: 'confirmation_token', token_hash: hash, relates_to: 'confirm@example.com' },
  ]
  expect(await auth.query(stored)).toEqual(token(auth.mails[0]?.tokenHash))

  const again = await signUp({
    email: 'confirm@example.com',
    password: 'Other-1234',
    data: { b: 2 },
  })
  expect(again.body).toMatchObject({ id: first.body.id, user_metadata: { a: 1 } })
  expect(again.body.user_metadata).not.toHaveProperty('b')
  expect(await auth.query(stored)).toEqual(token(auth.mails[1]?.tokenHash))
})

test('the same address may ask for a confirmation again only after the interval', async () => {
  auth.configure({ 'auth.email.enable_confirmations': true, 'auth.email.max_frequency': 60_000 })
  await signUp({ email: 'often@example.com', password })
  const answer = await signUp({ email: 'often@example.com', password })
  expect(answer.body).toMatchObject({
    code: 429,
    error_code: 'over_email_send_rate_limit',
    msg: expect.stringMatching(
      /^For security purposes, you can only request this after \d+ seconds\.$/,
    ),
  })
  expect(auth.mails).toHaveLength(1)
})

test('a PKCE sign-up keeps the challenge and marks the token', async () => {
  auth.configure({ 'auth.email.enable_confirmations': true })
  const code_challenge = 'x'.repeat(43)
  const body = {
    email: 'pkce@example.com',
    password,
    code_challenge,
    code_challenge_method: 'S256',
  }
  const answer = await signUp(body)
  expect(auth.mails[0]?.tokenHash).toMatch(/^pkce_[0-9a-f]{56}$/)
  expect(
    await auth.query(
      `select code_challenge, code_challenge_method::text, authentication_method
       from auth.flow_state where user_id = '${answer.body.id}'`,
    ),
  ).toEqual([
    { code_challenge, code_challenge_method: 's256', authentication_method: 'email/signup' },
  ])
})

test('an address that is taken is told so only where addresses need no confirmation', async () => {
  const { body } = await signUp({ email: 'taken@example.com', password })
  const answer = await signUp({ email: 'Taken@example.com', password })
  expect(answer.body).toMatchObject({
    code: 422,
    error_code: 'user_already_exists',
    msg: 'User already registered',
  })
  auth.configure({ 'auth.email.enable_confirmations': true })
  const fake = await signUp({ email: 'taken@example.com', password: 'Other-1234', data: { x: 1 } })
  expect(fake.status).toBe(200)
  expect(fake.body).toMatchObject({
    id: uuid,
    email: 'taken@example.com',
    role: '',
    identities: [],
    confirmation_sent_at: moment,
    user_metadata: { x: 1 },
  })
  expect(fake.body.id).not.toBe(body.user.id)
  expect(auth.mails).toHaveLength(0)
  expect(
    await auth.query(
      `select payload->>'action' as action from auth.audit_log_entries
       where payload->>'actor_id' = '${body.user.id}' and payload->>'action' = 'user_repeated_signup'`,
    ),
  ).toHaveLength(2)
})

test('of two sign-ups with one address at the same instant, one wins', async () => {
  const both = await auth.collide(
    'lock table auth.users in share mode',
    [1, 2, 3, 4].map(() => () => signUp({ email: 'race@example.com', password })),
  )
  expect(both.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 422, 422, 422])
  expect(
    await auth.query(`select 1 from auth.users where email = 'race@example.com'`),
  ).toHaveLength(1)
})

test('a phone number without confirmation gives a session', async () => {
  auth.configure({ 'auth.sms.enable_signup': true })
  const answer = await signUp({ phone: '+1 555 0123', password })
  expect(answer.body.user).toMatchObject({
    phone: '15550123',
    email: '',
    phone_confirmed_at: moment,
    app_metadata: { provider: 'phone', providers: ['phone'] },
  })
})

test('an anonymous user is somebody without an address', async () => {
  auth.configure({ 'auth.enable_anonymous_sign_ins': true })
  const answer = await signUp({ data: { theme: 'dark' } })
  expect(answer.status).toBe(200)
  expect(answer.body.user).toMatchObject({
    is_anonymous: true,
    email: '',
    phone: '',
    app_metadata: {},
    user_metadata: { theme: 'dark' },
    identities: [],
  })
  expect(claimsOf(answer.body.access_token)).toMatchObject({
    is_anonymous: true,
    role: 'authenticated',
    amr: [{ method: 'anonymous' }],
  })
})

test("the application's trigger sees the submitted data, and may write", async () => {
  await auth.script(`
    create table public.profiles (id uuid primary key references auth.users on delete cascade, name text);
    create function public.handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
      begin insert into public.profiles (id, name) values (new.id, new.raw_user_meta_data->>'name'); return new; end $$;
    create trigger on_auth_user_created after insert on auth.users
      for each row execute function public.handle_new_user();`)
  const { body } = await signUp({ email: 'profile@example.com', password, data: { name: 'Bo' } })
  expect(await auth.query('select id::text, name from public.profiles')).toEqual([
    { id: body.user.id, name: 'Bo' },
  ])
  await auth.script(`drop trigger on_auth_user_created on auth.users; drop table public.profiles`)
})

test("a trigger runs as supabase_auth_admin, without the platform's own rights", async () => {
  await auth.script(`
    create table public.seen (who text, path text);
    grant insert on public.seen to supabase_auth_admin;
    create function public.look() returns trigger language plpgsql as $$
      begin insert into public.seen values (current_user, current_setting('search_path')); return new; end $$;
    create trigger look after insert on auth.users for each row execute function public.look();`)
  await signUp({ email: 'look@example.com', password })
  expect(await auth.query('select * from public.seen')).toEqual([
    { who: 'supabase_auth_admin', path: 'auth' },
  ])
  await auth.script('drop trigger look on auth.users; drop table public.seen')
})

test('a trigger that fails undoes the sign-up; what it said reaches clients of the initial version only', async () => {
  await auth.script(`
    create function public.deny() returns trigger language plpgsql as $$
      begin
        if new.email like 'teapot%' then
          raise sqlstate 'PT418' using message = 'teapot', detail = 'd', hint = 'h';
        end if;
        if new.email like 'divide%' then perform 1/0; end if;
        raise exception 'blocked by trigger';
      end $$;
    create trigger deny before insert on auth.users for each row execute function public.deny();`)
  const blocked = await signUp({ email: 'blocked@example.com', password })
  expect(blocked).toMatchObject({
    status: 500,
    body: { code: 'P0001', message: 'blocked by trigger' },
  })
  const hidden = await signUp(
    { email: 'blocked@example.com', password },
    { 'x-supabase-api-version': '2024-01-01' },
  )
  expect(hidden).toMatchObject({
    status: 500,
    body: { code: 'unexpected_failure', message: 'Database error saving new user' },
    headers: { 'x-supabase-api-version': '2024-01-01', 'x-sb-error-code': 'unexpected_failure' },
  })
  expect(await signUp({ email: 'teapot@example.com', password })).toMatchObject({
    status: 418,
    body: { code: 'PT418', message: 'teapot', detail: 'd', hint: 'h' },
  })
  const inner = await signUp({ email: 'divide@example.com', password })
  expect(inner.body).toEqual({
    code: 500,
    error_code: 'unexpected_failure',
    msg: 'Database error saving new user',
  })
  await auth.script('drop trigger deny on auth.users')
  const found = await auth.query(
    `select 1 from auth.users where email ~ '^(blocked|teapot|divide)'`,
  )
  expect(found).toEqual([])
})

test('a NUL byte or a quote in a name does no harm', async () => {
  const quote = await signUp({ email: "o'brien@example.com", password, data: { name: `x'"\\` } })
  expect(quote.body.user.user_metadata.name).toBe(`x'"\\`)
  const nul = await signUp({ email: 'nul@example.com', password, data: { name: 'a\0b' } })
  expect(nul.body).toMatchObject({ code: 400, error_code: 'validation_failed' })
})
