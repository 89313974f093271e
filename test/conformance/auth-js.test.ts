/** Every method of auth-js that needs nobody else's server, once, over a socket and in process. */
import { createClient } from '@supabase/supabase-js'
import type { AuthError, Session, SupabaseClient, User } from '@supabase/supabase-js'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import WebSocket from 'ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, ways } from './connect.ts'
import { latestMail } from './mailbox.ts'
import { totp } from './totp.ts'

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({
    inbox: true,
    config: {
      'auth.email.enable_confirmations': true,
      'auth.email.max_frequency': 0,
      'auth.enable_anonymous_sign_ins': true,
      'auth.enable_manual_linking': true,
      'auth.sms.enable_signup': true,
      'auth.sms.max_frequency': 0,
      'auth.sms.test_otp': { '15550001111': '123456' },
      'auth.mfa.totp.enroll_enabled': true,
      'auth.mfa.totp.verify_enabled': true,
    },
  })
})
afterAll(() => server.close())

const password = 'correct horse battery'

interface Answered {
  readonly data: unknown
  readonly error: AuthError | null
}

/** `data` of an answer without an error. */
async function ok<A extends Answered>(
  answer: PromiseLike<A>,
): Promise<Extract<A, { error: null }>['data']> {
  const { data, error } = await answer
  if (error !== null) throw new Error(`${error.code}: ${error.message}`, { cause: error })
  return data as Extract<A, { error: null }>['data']
}

async function codeOf(answer: PromiseLike<Answered>): Promise<string | undefined> {
  return (await answer).error?.code
}

function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('there is none')
  return value
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    session_id: string
    aal: string
  }

let count = 0

describe.each(ways)('%s', (way) => {
  const newEmail = (): string => `js${++count}-${way.replaceAll(' ', '')}@example.com`
  const anonymous = (): SupabaseClient => connect(server, way)
  const admin = () => connect(server, way, server.platform.keys.secretKey).auth.admin

  interface SignedIn {
    readonly client: SupabaseClient
    readonly email: string
    readonly user: User
    readonly session: Session
  }

  async function signedIn(): Promise<SignedIn> {
    const email = newEmail()
    await ok(admin().createUser({ email, password, email_confirm: true }))
    const client = anonymous()
    const { user, session } = await ok(client.auth.signInWithPassword({ email, password }))
    return { client, email, user, session }
  }

  test('signUp, verifyOtp, getSession, getUser, signOut', async () => {
    const { auth } = anonymous()
    const email = newEmail()
    const made = await ok(auth.signUp({ email, password, options: { data: { name: 'Ann' } } }))
    expect(made.session).toBeNull()
    expect(made.user).toMatchObject({ email, user_metadata: { name: 'Ann' } })
    expect(await codeOf(auth.signInWithPassword({ email, password }))).toBe('email_not_confirmed')
    const { code } = await latestMail(server, email)
    const { session } = await ok(auth.verifyOtp({ email, token: code, type: 'signup' }))
    const held = await ok(auth.getSession())
    expect(held.session?.access_token).toBe(session?.access_token)
    const { user } = await ok(auth.getUser())
    expect(user).toMatchObject({ email, user_metadata: { name: 'Ann', email_verified: true } })
    expect((await auth.signOut()).error).toBeNull()
    expect((await ok(auth.getSession())).session).toBeNull()
    const { error } = await auth.getUser(present(session).access_token)
    expect(error?.name).toBe('AuthSessionMissingError')
  })

  test('resend sends the code once more, the one before is void', async () => {
    const { auth } = anonymous()
    const email = newEmail()
    await ok(auth.signUp({ email, password }))
    const first = await latestMail(server, email)
    await ok(auth.resend({ type: 'signup', email }))
    const second = await latestMail(server, email)
    const verify = (token_hash: string) => auth.verifyOtp({ token_hash, type: 'signup' })
    expect(await codeOf(verify(first.tokenHash))).toBe('otp_expired')
    expect((await ok(verify(second.tokenHash))).user?.email).toBe(email)
  })

  test('signInWithPassword tells nothing about who is known', async () => {
    const { email } = await signedIn()
    const { auth } = anonymous()
    for (const who of [email, newEmail()]) {
      const answer = await auth.signInWithPassword({ email: who, password: 'wrong password' })
      expect(answer.error).toMatchObject({ code: 'invalid_credentials', status: 400 })
    }
  })

  test('signInAnonymously, then a permanent account', async () => {
    const { auth } = anonymous()
    const { user, session } = await ok(auth.signInAnonymously({ options: { data: { n: 1 } } }))
    expect(user).toMatchObject({ is_anonymous: true, user_metadata: { n: 1 } })
    expect(session).not.toBeNull()
    const email = newEmail()
    await ok(auth.updateUser({ email }))
    const { tokenHash } = await latestMail(server, email)
    await ok(auth.verifyOtp({ token_hash: tokenHash, type: 'email_change' }))
    await ok(auth.updateUser({ password }))
    const again = await ok(anonymous().auth.signInWithPassword({ email, password }))
    expect(again.user).toMatchObject({ id: user?.id, is_anonymous: false })
  })

  test('signInWithOtp by mail, known and unknown, and by phone', async () => {
    const { email, user } = await signedIn()
    const { auth } = anonymous()
    await ok(auth.signInWithOtp({ email }))
    const { code } = await latestMail(server, email)
    const known = await ok(auth.verifyOtp({ email, token: code, type: 'email' }))
    expect(known.user?.id).toBe(user.id)
    const stranger = newEmail()
    const refused = auth.signInWithOtp({ email: stranger, options: { shouldCreateUser: false } })
    expect(await codeOf(refused)).toBe('otp_disabled')
    await ok(auth.signInWithOtp({ email: stranger, options: { data: { from: 'otp' } } }))
    const { tokenHash } = await latestMail(server, stranger)
    const made = await ok(auth.verifyOtp({ token_hash: tokenHash, type: 'email' }))
    expect(made.user?.user_metadata).toMatchObject({ from: 'otp' })
    const phone = '+15550001111'
    await ok(auth.signInWithOtp({ phone }))
    const byPhone = await ok(auth.verifyOtp({ phone, token: '123456', type: 'sms' }))
    expect(byPhone.user?.phone).toBe('15550001111')
  })

  test('resetPasswordForEmail, verifyOtp, updateUser', async () => {
    const { email } = await signedIn()
    const { auth } = anonymous()
    await ok(auth.resetPasswordForEmail(email, { redirectTo: 'http://127.0.0.1:3000/new' }))
    const { link, tokenHash } = await latestMail(server, email)
    expect(new URL(link).searchParams.get('redirect_to')).toBe('http://127.0.0.1:3000/new')
    await ok(auth.verifyOtp({ token_hash: tokenHash, type: 'recovery' }))
    await ok(auth.updateUser({ password: 'another horse', data: { theme: 'dark' } }))
    expect(await codeOf(auth.signInWithPassword({ email, password }))).toBe('invalid_credentials')
    const { user } = await ok(auth.signInWithPassword({ email, password: 'another horse' }))
    expect(user.user_metadata['theme']).toBe('dark')
    expect(await codeOf(auth.updateUser({ password: 'abc' }))).toBe('weak_password')
  })

  test('exchangeCodeForSession ends a PKCE flow that a mail began', async () => {
    const { email, user } = await signedIn()
    const { platform, url } = server
    const stored = new Map<string, string>()
    const { auth } = createClient(url, platform.keys.publishableKey, {
      realtime: { transport: WebSocket as never },
      auth: {
        flowType: 'pkce',
        autoRefreshToken: false,
        storage: {
          getItem: (key: string) => stored.get(key) ?? null,
          setItem: (key: string, value: string) => void stored.set(key, value),
          removeItem: (key: string) => void stored.delete(key),
        },
      },
      ...(way === 'in process' ? { global: { fetch: platform.fetch as typeof fetch } } : {}),
    })
    await ok(auth.signInWithOtp({ email }))
    const { link } = await latestMail(server, email)
    const path = link.slice(link.indexOf('/auth/v1'))
    const followed = await fetch(url + path, { redirect: 'manual' })
    const target = new URL(followed.headers.get('location') ?? '')
    const code = present(target.searchParams.get('code'))
    const { session } = await ok(auth.exchangeCodeForSession(code))
    expect(session.user.id).toBe(user.id)
    expect((await auth.exchangeCodeForSession(code)).error).not.toBeNull()
  })

  test('setSession, refreshSession, getClaims, onAuthStateChange, auto refresh', async () => {
    const { session, user } = await signedIn()
    const { auth } = anonymous()
    const events: string[] = []
    const { data } = auth.onAuthStateChange((event) => void events.push(event))
    const { access_token, refresh_token } = session
    await ok(auth.setSession({ access_token, refresh_token }))
    const { data: found } = await auth.getClaims()
    expect(found?.claims).toMatchObject({ sub: user.id, role: 'authenticated', aal: 'aal1' })
    const next = await ok(auth.refreshSession())
    expect(next.session?.refresh_token).not.toBe(refresh_token)
    expect(claimsOf(present(next.session).access_token).session_id).toBe(
      claimsOf(access_token).session_id,
    )
    expect(await codeOf(auth.refreshSession({ refresh_token: 'abcdefghijkl' }))).toBe(
      'refresh_token_not_found',
    )
    await auth.startAutoRefresh()
    await auth.stopAutoRefresh()
    data.subscription.unsubscribe()
    expect(events).toContain('SIGNED_IN')
    expect(events).toContain('TOKEN_REFRESHED')
  })

  test('updateUser changes the address when both have agreed', async () => {
    const { client, email } = await signedIn()
    const next = newEmail()
    const { user } = await ok(client.auth.updateUser({ email: next }))
    expect(user).toMatchObject({ email, new_email: next })
    const toOld = await latestMail(server, email)
    const first = client.auth.verifyOtp({ token_hash: toOld.tokenHash, type: 'email_change' })
    expect((await ok(first)).session).toBeNull()
    await ok(client.auth.resend({ type: 'email_change', email }))
    const both = [await latestMail(server, email), await latestMail(server, next)]
    for (const { tokenHash } of both)
      await ok(client.auth.verifyOtp({ token_hash: tokenHash, type: 'email_change' }))
    expect((await ok(client.auth.getUser())).user.email).toBe(next)
  })

  test('reauthenticate sends the nonce', async () => {
    const { client, email } = await signedIn()
    await ok(client.auth.reauthenticate())
    const { code } = await latestMail(server, email)
    const { user } = await ok(client.auth.updateUser({ password: 'yet another one', nonce: code }))
    expect(user.email).toBe(email)
  })

  test('getUserIdentities, unlinkIdentity', async () => {
    const { client, user } = await signedIn()
    const phone = `1555${String(Date.now()).slice(-7)}`
    await ok(admin().updateUserById(user.id, { phone, phone_confirm: true }))
    const { identities } = await ok(client.auth.getUserIdentities())
    expect(identities.map(({ provider }) => provider).toSorted()).toEqual(['email', 'phone'])
    const [own] = identities.filter(({ provider }) => provider === 'phone')
    await ok(client.auth.unlinkIdentity(present(own)))
    expect((await ok(client.auth.getUserIdentities())).identities).toHaveLength(1)
    const [last] = (await ok(client.auth.getUserIdentities())).identities
    expect(await codeOf(client.auth.unlinkIdentity(present(last)))).toBe(
      'single_identity_not_deletable',
    )
  })

  test('signOut of the others, of this one, of all', async () => {
    const { client, email } = await signedIn()
    const other = anonymous()
    await ok(other.auth.signInWithPassword({ email, password }))
    expect((await client.auth.signOut({ scope: 'others' })).error).toBeNull()
    expect(await codeOf(other.auth.refreshSession())).toBe('refresh_token_not_found')
    expect((await client.auth.getUser()).error).toBeNull()
    const third = anonymous()
    await ok(third.auth.signInWithPassword({ email, password }))
    expect((await client.auth.signOut({ scope: 'local' })).error).toBeNull()
    expect((await third.auth.getUser()).error).toBeNull()
    expect((await third.auth.signOut({ scope: 'global' })).error).toBeNull()
  })

  test('mfa: enroll, challenge, verify, challengeAndVerify, levels, list, unenroll', async () => {
    const { client } = await signedIn()
    const { mfa } = client.auth
    const enrolled = await ok(mfa.enroll({ factorType: 'totp', friendlyName: 'app' }))
    expect(enrolled.totp.qr_code).toMatch(/^data:image\/svg\+xml;utf-8,<svg/)
    expect(enrolled.totp.uri).toContain(`secret=${enrolled.totp.secret}`)
    const factorId = enrolled.id
    expect((await ok(mfa.listFactors())).totp).toEqual([])
    const { id: challengeId } = await ok(mfa.challenge({ factorId }))
    const wrong = mfa.verify({ factorId, challengeId, code: '000000' })
    expect(await codeOf(wrong)).toBe('mfa_verification_failed')
    const code = totp(enrolled.totp.secret)
    await ok(mfa.verify({ factorId, challengeId, code }))
    expect(await ok(mfa.getAuthenticatorAssuranceLevel())).toMatchObject({
      currentLevel: 'aal2',
      nextLevel: 'aal2',
    })
    expect((await ok(mfa.listFactors())).totp).toMatchObject([{ id: factorId }])
    expect(await codeOf(mfa.challengeAndVerify({ factorId, code }))).toBe('mfa_verification_failed')
    await ok(mfa.challengeAndVerify({ factorId, code: totp(enrolled.totp.secret, 1) }))
    expect((await ok(mfa.unenroll({ factorId }))).id).toBe(factorId)
    expect((await ok(mfa.listFactors())).all).toEqual([])
  })

  test('admin: create, get, list, update, delete', async () => {
    const api = admin()
    const email = newEmail()
    const metadata = { user_metadata: { a: 1 }, app_metadata: { plan: 'pro' } }
    const { user } = await ok(api.createUser({ email, password, email_confirm: true, ...metadata }))
    expect(user).toMatchObject(metadata)
    expect((await ok(api.getUserById(user.id))).user?.email).toBe(email)
    const page = await ok(api.listUsers({ page: 1, perPage: 2 }))
    expect(page.users.length).toBeLessThanOrEqual(2)
    expect(page).toMatchObject({ aud: 'authenticated' })
    if ('total' in page) expect(page.total).toBeGreaterThan(0)
    const changed = await ok(
      api.updateUserById(user.id, { user_metadata: { a: 2 }, ban_duration: '1h' }),
    )
    expect(changed.user.user_metadata['a']).toBe(2)
    expect(await codeOf(anonymous().auth.signInWithPassword({ email, password }))).toBe(
      'user_banned',
    )
    await ok(api.updateUserById(user.id, { ban_duration: 'none' }))
    await ok(anonymous().auth.signInWithPassword({ email, password }))
    await ok(api.deleteUser(user.id))
    expect(await codeOf(api.getUserById(user.id))).toBe('user_not_found')
    const stranger = anonymous().auth.admin
    expect((await stranger.listUsers()).error?.status).toBe(403)
  })

  test('admin: inviteUserByEmail, generateLink, signOut, factors', async () => {
    const api = admin()
    const guest = newEmail()
    const invited = await ok(api.inviteUserByEmail(guest, { data: { team: 'a' } }))
    expect(invited.user).toMatchObject({ email: guest, user_metadata: { team: 'a' } })
    const { tokenHash } = await latestMail(server, guest)
    const { auth } = anonymous()
    await ok(auth.verifyOtp({ token_hash: tokenHash, type: 'invite' }))

    const link = await ok(api.generateLink({ type: 'magiclink', email: guest }))
    expect(link.user?.email).toBe(guest)
    expect(link.properties?.action_link).toContain(link.properties?.hashed_token)
    const token_hash = present(link.properties).hashed_token
    const { session } = await ok(auth.verifyOtp({ token_hash, type: 'magiclink' }))

    const { client, user } = await signedIn()
    const factor = await ok(client.auth.mfa.enroll({ factorType: 'totp' }))
    const listed = await ok(api.mfa.listFactors({ userId: user.id }))
    expect(listed.factors).toMatchObject([{ id: factor.id, status: 'unverified' }])
    await ok(api.mfa.deleteFactor({ userId: user.id, id: factor.id }))
    expect((await ok(api.mfa.listFactors({ userId: user.id }))).factors).toEqual([])

    expect((await api.signOut(present(session).access_token, 'global')).error).toBeNull()
    expect(await codeOf(auth.refreshSession())).toBe('refresh_token_not_found')
  })
})
