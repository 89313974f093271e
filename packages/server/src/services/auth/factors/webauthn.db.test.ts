import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Authenticator, claimsOf, openAuth } from '#services/auth/testing'
import type { Answer, AuthFixture, Twist } from '#services/auth/testing'

let auth: AuthFixture
let key: Authenticator
let bearer = ''
let userId = ''
const password = 'Secret-123!'
const origin = 'https://app.example.com'

beforeAll(async () => {
  auth = await openAuth({
    'auth.site_url': `${origin}/home`,
    'auth.webauthn.rp_display_name': 'App',
    'auth.mfa.web_authn.enroll_enabled': true,
    'auth.mfa.web_authn.verify_enabled': true,
    'auth.passkey.enabled': true,
  })
})
afterAll(() => auth.close())
beforeEach(async () => {
  auth.configure({})
  await auth.script('truncate auth.users, auth.webauthn_challenges, auth.audit_log_entries cascade')
  key = new Authenticator(origin, 'd548826e-79b4-db40-a3d8-11116f7e8349')
  const session = (await auth.call('POST', '/signup', { body: { email: 'a@x.co', password } })).body
  bearer = session.access_token
  userId = session.user.id
})

const call = (method: string, path: string, body?: unknown, as: string | null = bearer) =>
  auth.call(method, path, { ...(as === null ? {} : { bearer: as }), body: body ?? {} })
const post = (path: string, body: unknown = {}, as: string | null = bearer): Promise<Answer> =>
  call('POST', path, body, as)

const wrong: readonly [string, Twist][] = [
  ['from another origin', { origin: 'https://evil.example.com' }],
  ['for another party', { rpId: 'evil.example.com' }],
  ['to another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
]

describe('a security key as second factor', () => {
  const enroll = async (name = 'key'): Promise<string> =>
    (await post('/factors', { factor_type: 'webauthn', friendly_name: name })).body.id
  const challenge = async (id: string): Promise<Answer> => post(`/factors/${id}/challenge`)
  const verify = (id: string, challengeId: string, type: string, response: unknown) =>
    post(`/factors/${id}/verify`, {
      challenge_id: challengeId,
      webauthn: { type, credential_response: response },
    })

  /** A factor that is verified. */
  async function register(name?: string): Promise<{ id: string; session: Answer }> {
    const id = await enroll(name)
    const { body } = await challenge(id)
    const made = key.create(body.webauthn.credential_options.publicKey)
    const session = await verify(id, body.id, 'create', made)
    expect(session.status).toBe(200)
    bearer = session.body.access_token
    return { id, session }
  }

  test('is made at the first challenge and used from then on', async () => {
    const id = await enroll()
    const asked = await challenge(id)
    expect(asked.body).toMatchObject({
      type: 'webauthn',
      expires_at: expect.any(Number),
      webauthn: {
        type: 'create',
        credential_options: {
          publicKey: {
            rp: { id: 'app.example.com', name: 'App' },
            user: { id: Buffer.from(userId).toString('base64url'), name: 'a@x.co' },
          },
        },
      },
    })
    const made = key.create(asked.body.webauthn.credential_options.publicKey)
    const session = await verify(id, asked.body.id, 'create', made)
    expect(claimsOf(session.body.access_token)).toMatchObject({
      aal: 'aal2',
      amr: [{ method: 'mfa/webauthn' }, { method: 'password' }],
    })
    expect(session.body.user.factors).toMatchObject([
      {
        factor_type: 'webauthn',
        status: 'verified',
        web_authn_aaguid: 'd548826e-79b4-db40-a3d8-11116f7e8349',
        last_webauthn_challenge_data: { type: 'create' },
      },
    ])
    const again = await post('/token?grant_type=password', { email: 'a@x.co', password }, null)
    bearer = again.body.access_token
    const second = await challenge(id)
    expect(second.body.webauthn).toMatchObject({
      type: 'request',
      credential_options: {
        publicKey: { rpId: 'app.example.com', allowCredentials: [{ id: key.keyIds[0] }] },
      },
    })
    const used = key.get(second.body.webauthn.credential_options.publicKey)
    const raised = await verify(id, second.body.id, 'request', used)
    expect(claimsOf(raised.body.access_token)['aal']).toBe('aal2')
    expect((await verify(id, second.body.id, 'request', used)).body.error_code).toBe(
      'mfa_ip_address_mismatch',
    )
  })

  test.each(wrong)('made %s is none', async (_, twist) => {
    const id = await enroll()
    const { body } = await challenge(id)
    const made = key.create(body.webauthn.credential_options.publicKey, twist)
    expect(await verify(id, body.id, 'create', made)).toMatchObject({
      status: 400,
      body: { error_code: 'webauthn_verification_failed' },
    })
    const { user } = { user: (await call('GET', '/user')).body }
    expect(user.factors[0].status).toBe('unverified')
  })

  test.each<[string, Twist]>([
    ...wrong,
    ['with a false signature', { badSignature: true }],
    ['by a copy that did not count on', { isCopy: true }],
  ])('used %s proves nothing', async (name, twist) => {
    const { id } = await register()
    if (twist.isCopy === true) {
      const first = (await challenge(id)).body
      const used = key.get(first.webauthn.credential_options.publicKey)
      await verify(id, first.id, 'request', used)
    }
    const { body } = await challenge(id)
    const used = key.get(body.webauthn.credential_options.publicKey, twist)
    expect((await verify(id, body.id, 'request', used)).status, name).toBe(400)
  })

  test('answers its own challenge only, in its own way', async () => {
    const { id } = await register('one')
    const other = new Authenticator(origin)
    const second = await enroll('two')
    const forTwo = (await challenge(second)).body
    const options = forTwo.webauthn.credential_options.publicKey
    expect(options.excludeCredentials).toEqual([{ type: 'public-key', id: key.keyIds[0] }])
    expect(() => key.create(options)).toThrow('InvalidStateError')
    const forOne = (await challenge(id)).body
    // a new key in place of the one that is verified
    const replacing = other.create({
      ...options,
      challenge: forOne.webauthn.credential_options.publicKey.challenge,
    })
    expect((await verify(id, forOne.id, 'create', replacing)).status).toBe(400)
    // the key of one factor for another
    const used = key.get({ rpId: 'app.example.com', challenge: options.challenge })
    expect((await verify(second, forTwo.id, 'request', used)).status).toBe(400)
    expect((await verify(second, forOne.id, 'create', other.create(options))).body.error_code).toBe(
      'mfa_factor_not_found',
    )
  })

  test('what is wrong with an answer is said', async () => {
    const id = await enroll()
    const { body } = await challenge(id)
    for (const [webauthn, msg] of [
      [null, 'WebAuthn config required'],
      [{ type: 'sing' }, 'WebAuthn type must be create or request'],
      [{ type: 'create' }, 'credential_response required'],
      [{ type: 'create', credential_response: 'x' }, 'Invalid credential_response'],
      [{ type: 'create', credential_response: { id: 'x' } }, 'Credential verification failed'],
    ] as const) {
      const answer = await post(`/factors/${id}/verify`, { challenge_id: body.id, webauthn })
      expect(answer).toMatchObject({ status: 400, body: { msg } })
    }
    auth.advance(301)
    const late = key.create(body.webauthn.credential_options.publicKey)
    const answer = await verify(id, body.id, 'create', late)
    auth.advance(-301)
    expect(answer.body.error_code).toBe('mfa_challenge_expired')
    auth.configure({ 'auth.mfa.web_authn.verify_enabled': false })
    expect((await challenge(id)).body.error_code).toBe('mfa_webauthn_verify_not_enabled')
    auth.configure({ 'auth.mfa.web_authn.enroll_enabled': false })
    expect((await post('/factors', { factor_type: 'webauthn' })).body.error_code).toBe(
      'mfa_webauthn_enroll_not_enabled',
    )
  })

  test('the relying party can be configured', async () => {
    auth.configure({
      'auth.webauthn.rp_id': 'example.com',
      'auth.webauthn.rp_origins': ['https://login.example.com'],
    })
    key = new Authenticator('https://login.example.com')
    const { id } = await register()
    const { body } = await challenge(id)
    expect(body.webauthn.credential_options.publicKey.rpId).toBe('example.com')
  })
})

describe('passkeys', () => {
  async function register(as = bearer): Promise<Answer> {
    const { body } = await post('/passkeys/registration/options', {}, as)
    const credential = key.create(body.options)
    const verify = { challenge_id: body.challenge_id, credential }
    return post('/passkeys/registration/verify', verify, as)
  }
  async function signIn(twist: Twist = {}): Promise<Answer> {
    const { body } = await post('/passkeys/authentication/options', {}, null)
    const credential = key.get(body.options, twist)
    return post(
      '/passkeys/authentication/verify',
      { challenge_id: body.challenge_id, credential },
      null,
    )
  }

  test('sign in without a name', async () => {
    const offered = await post('/passkeys/registration/options')
    expect(offered.body).toMatchObject({
      challenge_id: expect.any(String),
      expires_at: expect.any(Number),
      options: {
        rp: { id: 'app.example.com' },
        authenticatorSelection: { residentKey: 'required' },
        attestation: 'none',
      },
    })
    const made = await register()
    expect(made).toMatchObject({
      status: 200,
      body: { id: expect.any(String), friendly_name: 'Bitwarden', created_at: expect.any(String) },
    })
    const session = await signIn()
    expect(session.body.user.id).toBe(userId)
    expect(claimsOf(session.body.access_token)).toMatchObject({
      aal: 'aal1',
      amr: [{ method: 'passkey' }],
    })
    const { body } = await call('GET', '/passkeys')
    expect(body).toMatchObject([{ id: made.body.id, last_used_at: expect.any(String) }])
    expect((await auth.call('GET', '/settings')).body.passkeys_enabled).toBe(true)
  })

  test.each<[string, Twist]>([
    ...wrong,
    ['with a false signature', { badSignature: true }],
    [
      'of somebody who has none',
      { userHandle: Buffer.from('00000000-0000-4000-8000-000000000000').toString('base64url') },
    ],
    ['of nobody', { userHandle: 'bm9ib2R5' }],
  ])('an answer %s signs nobody in', async (_, twist) => {
    await register()
    expect(await signIn(twist)).toMatchObject({
      status: 400,
      body: { error_code: 'webauthn_verification_failed', msg: 'Credential verification failed' },
    })
  })

  test('an answer is good for once, for its own challenge, in time', async () => {
    await register()
    const ask = async () => (await post('/passkeys/authentication/options', {}, null)).body
    const { challenge_id: id, options } = await ask()
    const credential = key.get(options)
    const answer = (challengeId: unknown, given: unknown = credential) =>
      post(
        '/passkeys/authentication/verify',
        { challenge_id: challengeId, credential: given },
        null,
      )
    for (const [challengeId, given, msg] of [
      ['', credential, 'challenge_id is required'],
      [id, null, 'credential is required'],
      ['x', credential, 'challenge_id must be a valid UUID'],
    ])
      expect((await answer(challengeId, given)).body.msg).toBe(msg)
    expect((await answer(id)).status).toBe(200)
    expect((await answer(id)).body.error_code).toBe('webauthn_challenge_not_found')
    const late = await ask()
    auth.advance(301)
    const expired = await answer(late.challenge_id, key.get(late.options))
    auth.advance(-301)
    expect(expired.body.error_code).toBe('webauthn_challenge_expired')
    const other = await post('/passkeys/registration/options')
    expect((await answer(other.body.challenge_id)).body.error_code).toBe(
      'webauthn_challenge_not_found',
    )
  })

  test('who is banned or unconfirmed does not sign in', async () => {
    await register()
    await auth.script(`update auth.users set banned_until = now() + interval '1 day'`)
    expect((await signIn()).body.error_code).toBe('user_banned')
    await auth.script('update auth.users set banned_until = null, email_confirmed_at = null')
    expect(await signIn()).toMatchObject({
      status: 403,
      body: { error_code: 'email_not_confirmed' },
    })
  })

  test('belong to users, not to visitors, not to single sign-on; one key once; ten at most', async () => {
    auth.configure({ 'auth.enable_anonymous_sign_ins': true })
    const guest = (await post('/signup', {}, null)).body.access_token
    expect((await post('/passkeys/registration/options', {}, guest)).body.error_code).toBe(
      'no_authorization',
    )
    await register()
    const { body } = await post('/passkeys/registration/options')
    expect(() => key.create(body.options)).toThrow('InvalidStateError')
    await auth.script(`insert into auth.webauthn_credentials (user_id, credential_id, public_key)
      select id, uuid_send(gen_random_uuid()), '\\x00' from auth.users, generate_series(1, 9) where email = 'a@x.co'`)
    expect((await post('/passkeys/registration/options')).body.error_code).toBe('too_many_passkeys')
    const credential = new Authenticator(origin).create(body.options)
    expect(
      (await post('/passkeys/registration/verify', { challenge_id: body.challenge_id, credential }))
        .body.error_code,
    ).toBe('too_many_passkeys')
    await auth.script(`update auth.users set is_sso_user = true where email = 'a@x.co'`)
    expect((await post('/passkeys/registration/options')).body.msg).toBe(
      'SSO users cannot register passkeys',
    )
  })

  test('the same key is not registered twice', async () => {
    await register()
    const [row] = await auth.query(
      `select encode(credential_id, 'hex') as id from auth.webauthn_credentials`,
    )
    const { body } = await post('/passkeys/registration/options')
    const other = new Authenticator(origin)
    const credential = other.create(body.options)
    const own = Buffer.from(other.keyIds[0] ?? '', 'base64url').toString('hex')
    await auth.script(
      `update auth.webauthn_credentials set credential_id = '\\x${own}' where credential_id = '\\x${String(row?.['id'])}'`,
    )
    const answer = await post('/passkeys/registration/verify', {
      challenge_id: body.challenge_id,
      credential,
    })
    expect(answer).toMatchObject({
      status: 422,
      body: { error_code: 'webauthn_credential_exists' },
    })
  })

  test('their owner and administrators list, rename and delete them', async () => {
    const { id } = (await register()).body
    const rename = (to: string, which = id) =>
      call('PATCH', `/passkeys/${which}`, { friendly_name: to })
    expect((await rename('My key')).body).toMatchObject({ id, friendly_name: 'My key' })
    expect((await rename('')).body.msg).toBe('friendly_name is required')
    expect((await rename('x'.repeat(121))).body.msg).toContain('120 characters')
    for (const unknown of ['x', userId]) expect((await rename('x', unknown)).status).toBe(404)
    const other = (await post('/signup', { email: 'b@x.co', password }, null)).body.access_token
    expect((await call('DELETE', `/passkeys/${id}`, {}, other)).status).toBe(404)
    const service = auth.keys.serviceRoleKey
    const listed = await call('GET', `/admin/users/${userId}/passkeys`, {}, service)
    expect(listed.body).toMatchObject([{ id, friendly_name: 'My key' }])
    expect((await call('GET', `/admin/users/${userId}/passkeys`)).status).toBe(403)
    expect(
      (await call('DELETE', `/admin/users/${userId}/passkeys/${id}`, {}, service)).status,
    ).toBe(204)
    const second = (await register()).body.id
    expect((await call('DELETE', `/passkeys/${second}`)).status).toBe(204)
    expect((await call('GET', '/passkeys')).body).toEqual([])
    const log = await auth.query(`select payload ->> 'action' as action from auth.audit_log_entries
      where payload ->> 'action' like 'passkey%' order by created_at`)
    expect(log.map(({ action }) => action)).toEqual(
      ['created', 'updated', 'deleted', 'created', 'deleted'].map((what) => `passkey_${what}`),
    )
  })

  test('are managed at the second level by who has one', async () => {
    await auth.script(`insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
      select gen_random_uuid(), id, 'totp', 'verified', now(), now() from auth.users`)
    expect(await post('/passkeys/registration/options')).toMatchObject({
      status: 403,
      body: { error_code: 'insufficient_aal' },
    })
  })

  test('are not there where they are off', async () => {
    auth.configure({ 'auth.passkey.enabled': false })
    for (const [method, path] of [
      ['POST', '/passkeys/registration/options'],
      ['POST', '/passkeys/authentication/options'],
      ['POST', '/passkeys/authentication/verify'],
      ['GET', '/passkeys'],
      ['DELETE', `/passkeys/${userId}`],
    ] as const)
      expect(await call(method, path)).toMatchObject({
        status: 404,
        body: { error_code: 'passkey_disabled' },
      })
  })
})
