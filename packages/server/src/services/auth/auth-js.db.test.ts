/** Phones, second factors, passkeys and single sign-on through the official client, in process and over a socket. */
import { createClient } from '@supabase/supabase-js'
import type { SupabaseClient } from '@supabase/supabase-js'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { Authenticator, openOutside } from '#services/auth/testing'
import { TestIdentityProvider } from '#services/auth/testing/providers'
import type { CreationOptions, OutsideServer, RequestOptions } from '#services/auth/testing'

const origin = 'https://app.example.com'
const idp = new TestIdentityProvider()
let server: TestPlatform
let outside: OutsideServer

beforeAll(async () => {
  outside = await openOutside()
  server = await startTestPlatform({
    config: {
      'auth.site_url': origin,
      'auth.sms.enable_signup': true,
      'auth.sms.enable_confirmations': true,
      'auth.sms.max_frequency': 0,
      'auth.hook': { send_sms: { enabled: true, uri: outside.url, secrets: '' } },
      'auth.mfa.phone.enroll_enabled': true,
      'auth.mfa.phone.verify_enabled': true,
      'auth.mfa.phone.max_frequency': 0,
      'auth.mfa.web_authn.enroll_enabled': true,
      'auth.mfa.web_authn.verify_enabled': true,
      'auth.passkey.enabled': true,
      'auth.saml.enabled': true,
    },
  })
})
afterAll(async () => {
  await server.close()
  await outside.close()
})

/** The code of the SMS the hook was asked to send last. */
function lastCode(): string {
  const { sms } = JSON.parse(outside.calls.at(-1)?.body ?? '') as { sms: { otp: string } }
  return sms.otp
}

/** `data` of an answer; an error of it is thrown. */
async function ok<A extends { readonly data: unknown; readonly error: unknown }>(
  answer: PromiseLike<A>,
): Promise<NonNullable<Extract<A, { error: null }>['data']>> {
  const { data, error } = await answer
  if (error !== null) throw error as Error
  return data as never
}

const base64url = (buffer: unknown) => Buffer.from(buffer as ArrayBuffer).toString('base64url')

describe.each(['over a socket', 'in process'] as const)('auth-js %s', (way) => {
  const connect = (key = server.platform.keys.publishableKey): SupabaseClient =>
    createClient(server.url, key, {
      realtime: { transport: WebSocket as never },
      auth: { persistSession: false, autoRefreshToken: false, experimental: { passkey: true } },
      ...(way === 'in process' ? { global: { fetch: server.platform.fetch as typeof fetch } } : {}),
    })
  const admin = () => connect(server.platform.keys.serviceRoleKey).auth.admin
  const number = (n: number) => `${way === 'in process' ? '49' : '44'}${n}`

  async function signUp(name: string) {
    const client = connect()
    const email = `${name}@${way === 'in process' ? 'a' : 'b'}.example`
    const { user } = await ok(client.auth.signUp({ email, password: 'correct horse battery' }))
    return { client, id: user?.id ?? '' }
  }

  test('signInWithOtp, verifyOtp, resend and updateUser by phone', async () => {
    const { auth } = connect()
    await ok(auth.signInWithOtp({ phone: `+${number(1)}`, options: { data: { team: 'red' } } }))
    await ok(auth.resend({ type: 'sms', phone: number(1) }))
    const wrong = await auth.verifyOtp({ phone: number(1), token: '000000', type: 'sms' })
    expect(wrong.error?.code).toBe('otp_expired')
    const first = await ok(auth.verifyOtp({ phone: number(1), token: lastCode(), type: 'sms' }))
    expect(first.user).toMatchObject({ phone: number(1), user_metadata: { team: 'red' } })
    const changed = await ok(auth.updateUser({ phone: `+${number(2)}` }))
    expect(changed.user).toMatchObject({ phone: number(1), new_phone: number(2) })
    const { user } = await ok(
      auth.verifyOtp({ phone: number(2), token: lastCode(), type: 'phone_change' }),
    )
    expect(user?.phone).toBe(number(2))
    const unknown = { phone: number(3), options: { shouldCreateUser: false } }
    expect((await auth.signInWithOtp(unknown)).error?.code).toBe('otp_disabled')
    const signedUp = await ok(auth.signUp({ phone: number(4), password: 'correct horse battery' }))
    expect(signedUp.session).toBeNull()
    await ok(auth.verifyOtp({ phone: number(4), token: lastCode(), type: 'sms' }))
    const own = { phone: number(4), password: 'correct horse battery' }
    expect((await ok(auth.signInWithPassword(own))).user.phone).toBe(number(4))
    expect((await auth.reauthenticate()).error).toBeNull()
    expect(lastCode()).toMatch(/^\d{6}$/)
  })

  test('mfa with a phone, seen by administrators', async () => {
    const { client, id } = await signUp('phone')
    const { mfa } = client.auth
    const enrolled = await ok(
      mfa.enroll({ factorType: 'phone', phone: `+${number(5)}`, friendlyName: 'mine' }),
    )
    const factorId = enrolled.id
    const challenge = await ok(mfa.challenge({ factorId, channel: 'sms' }))
    expect(challenge).toMatchObject({ type: 'phone', expires_at: expect.any(Number) })
    const session = await ok(mfa.verify({ factorId, challengeId: challenge.id, code: lastCode() }))
    expect(session.user.factors).toMatchObject([{ id: factorId, status: 'verified' }])
    expect(await ok(mfa.getAuthenticatorAssuranceLevel())).toMatchObject({
      currentLevel: 'aal2',
      nextLevel: 'aal2',
      currentAuthenticationMethods: [{ method: 'mfa/phone' }, { method: 'password' }],
    })
    expect((await ok(mfa.listFactors())).phone).toMatchObject([{ friendly_name: 'mine' }])
    const { factors } = await ok(admin().mfa.listFactors({ userId: id }))
    expect(factors).toMatchObject([{ id: factorId, factor_type: 'phone' }])
    await ok(admin().mfa.deleteFactor({ userId: id, id: factorId }))
    expect((await ok(mfa.listFactors())).all).toEqual([])
  })

  test('mfa with a security key', async () => {
    const key = new Authenticator(origin)
    const { client } = await signUp('key')
    const { mfa } = client.auth
    const { id: factorId } = await ok(mfa.enroll({ factorType: 'webauthn', friendlyName: 'key' }))
    const webauthn = { rpId: 'app.example.com', rpOrigins: [origin] }
    for (const type of ['create', 'request'] as const) {
      const asked = await ok(mfa.challenge({ factorId, webauthn }))
      expect(asked.webauthn.type).toBe(type)
      const { publicKey } = asked.webauthn.credential_options
      const user = { id: 'user' in publicKey ? base64url(publicKey.user.id) : '' }
      const challenge = base64url(publicKey.challenge)
      const options = { ...publicKey, challenge, user } as unknown
      const answer =
        type === 'create'
          ? key.create(options as CreationOptions)
          : key.get({
              ...(options as RequestOptions),
              allowCredentials: [{ id: key.keyIds[0] ?? '' }],
            })
      const credential_response = { toJSON: () => answer } as never
      const verify = { factorId, challengeId: asked.id, webauthn: { type, credential_response } }
      expect((await mfa.verify(verify as never)).error).toBeNull()
    }
    const level = await ok(mfa.getAuthenticatorAssuranceLevel())
    expect(level.currentAuthenticationMethods[0]).toMatchObject({ method: 'mfa/webauthn' })
    expect((await ok(mfa.unenroll({ factorId }))).id).toBe(factorId)
  })

  test('passkeys', async () => {
    const key = new Authenticator(origin)
    const { client, id } = await signUp('passkey')
    const { passkey } = client.auth
    const offered = await ok(passkey.startRegistration())
    const made = await ok(
      passkey.verifyRegistration({
        challengeId: offered.challenge_id,
        credential: key.create(offered.options as never) as never,
      }),
    )
    const stranger = connect().auth
    const asked = await ok(stranger.passkey.startAuthentication())
    const session = await ok(
      stranger.passkey.verifyAuthentication({
        challengeId: asked.challenge_id,
        credential: key.get(asked.options as never) as never,
      }),
    )
    expect(session.user?.id).toBe(id)
    await ok(passkey.update({ passkeyId: made.id, friendlyName: 'Mine' }))
    expect(await ok(passkey.list())).toMatchObject([{ id: made.id, friendly_name: 'Mine' }])
    const listed = await ok(admin().passkey.listPasskeys({ userId: id }))
    expect(listed).toMatchObject([{ id: made.id }])
    const second = await ok(passkey.startRegistration())
    expect(() => key.create(second.options as never)).toThrow('InvalidStateError')
    const { error } = await passkey.delete({ passkeyId: made.id })
    expect(error).toBeNull()
    const gone = await admin().passkey.deletePasskey({ userId: id, passkeyId: made.id })
    expect(gone.error?.status).toBe(404)
    expect(await ok(passkey.list())).toEqual([])
  })

  test('signInWithSSO, and back', async () => {
    const domain = way === 'in process' ? 'process.example' : 'socket.example'
    const call = way === 'in process' ? server.platform.fetch : fetch
    const { serviceRoleKey: key } = server.platform.keys
    const headers = {
      apikey: key,
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
    }
    const providers = `${server.url}/auth/v1/admin/sso/providers`
    const body = JSON.stringify({ type: 'saml', metadata_xml: idp.metadata, domains: [domain] })
    const made = await call(providers, { method: 'POST', headers, body })
    const { id } = (await made.json()) as { id: string }
    const { auth } = connect()
    const { url } = await ok(
      auth.signInWithSSO({ domain, options: { redirectTo: `${origin}/in` } }),
    )
    expect(url).toMatch(/^https:\/\/idp\.example\.com\/sso/)
    expect((await auth.signInWithSSO({ domain: 'nobody.example' })).error?.code).toBe(
      'sso_provider_not_found',
    )
    const metadata = await (await call(`${server.url}/auth/v1/sso/saml/metadata`)).text()
    const audience = /entityID="([^"]+)"/.exec(metadata)?.[1] ?? ''
    const acsUrl = / Location="([^"]+)"/.exec(metadata)?.[1] ?? ''
    const { id: inResponseTo } = await idp.readRequest(url, '')
    const xml = await idp.answerXml({ acsUrl, audience, inResponseTo, nameId: `user of ${way}` })
    const form = new URLSearchParams({
      SAMLResponse: Buffer.from(xml).toString('base64'),
      RelayState: new URL(url).searchParams.get('RelayState') ?? '',
    })
    const back = await call(`${server.url}/auth/v1/sso/saml/acs`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      redirect: 'manual',
    })
    const location = new URL(back.headers.get('location') ?? '')
    expect(location.origin + location.pathname).toBe(`${origin}/in`)
    const tokens = new URLSearchParams(location.hash.slice(1))
    const { user } = await ok(
      auth.setSession({
        access_token: tokens.get('access_token') ?? '',
        refresh_token: tokens.get('refresh_token') ?? '',
      }),
    )
    expect(user?.app_metadata).toMatchObject({ provider: `sso:${id}` })
    expect((await auth.updateUser({ password: 'another one here' })).error?.code).toBe(
      'user_sso_managed',
    )
    await call(`${providers}/${id}`, { method: 'DELETE', headers })
  })
})
