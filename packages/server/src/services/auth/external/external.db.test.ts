import { createHash, randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createOutgoing } from '#services/auth/outside'
import { claimsOf, openAuth } from '#services/auth/testing'
import {
  createLocalHosts,
  serveJson,
  serveText,
  signInAt,
  startIssuer,
} from '#services/auth/testing/providers'
import type { Answer, AuthFixture } from '#services/auth/testing'
import type { LocalIssuer, LocalServer } from '#services/auth/testing/providers'

const callbackUrl = 'http://127.0.0.1:54321/auth/v1/callback'
const site = 'http://127.0.0.1:3000'
const password = 'Secret-123!'

const external = {
  enabled: true,
  client_id: 'basalt',
  secret: 'shh',
  redirect_uri: null,
  url: null,
  skip_nonce_check: false,
  email_optional: false,
}

const hosts = createLocalHosts()
let auth: AuthFixture
let google: LocalIssuer
let keycloak: LocalIssuer
let github: LocalServer

async function newKey() {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' } }
}

/** What GitHub says of whoever has a code. */
let githubUser: Record<string, unknown> = {}
let githubEmails: readonly Record<string, unknown>[] = []
let githubRefuses = false

beforeAll(async () => {
  const client = { client_id: 'basalt', client_secret: 'shh', redirect_uris: [callbackUrl] }
  google = await startIssuer('https://accounts.google.com', [
    { ...client, token_endpoint_auth_method: 'client_secret_post' },
  ])
  hosts.add('accounts.google.com', google.url)
  keycloak = await startIssuer(
    'https://keycloak.example.com/realms/main',
    [{ ...client, token_endpoint_auth_method: 'client_secret_post' }],
    {
      routes: {
        authorization: '/realms/main/protocol/openid-connect/auth',
        token: '/realms/main/protocol/openid-connect/token',
        userinfo: '/realms/main/protocol/openid-connect/userinfo',
        jwks: '/realms/main/protocol/openid-connect/certs',
      },
    },
  )
  hosts.add('keycloak.example.com', keycloak.url)
  github = await serveJson(({ method, path, body, headers }) => {
    if (method === 'POST' && path === '/login/oauth/access_token') {
      const form = new URLSearchParams(body)
      const known = form.get('client_id') === 'basalt' && form.get('client_secret') === 'shh'
      if (!known || githubRefuses || form.get('code') !== 'good-code') {
        return { error: 'bad_verification_code' }
      }
      return { access_token: 'gho_token', scope: 'user:email', token_type: 'bearer' }
    }
    if (headers.authorization !== 'Bearer gho_token') return undefined
    if (path === '/user') return githubUser
    return path === '/user/emails' ? githubEmails : undefined
  })
  hosts.add('github.com', github.url)
  hosts.add('api.github.com', github.url)
  auth = await openAuth(
    {
      'auth.external': {
        google: external,
        github: external,
        keycloak: { ...external, url: 'https://keycloak.example.com/realms/main' },
        facebook: { ...external, enabled: false },
        gitlab: { ...external, secret: '' },
      },
      'auth.enable_manual_linking': true,
      'auth.email.enable_confirmations': true,
      'auth.additional_redirect_urls': ['https://app.example.com/**'],
    },
    { outgoing: createOutgoing({ fetch: hosts.fetch }) },
  )
})
afterAll(async () => {
  await Promise.all([auth.close(), google.close(), keycloak.close(), github.close()])
})
beforeEach(() => {
  auth.configure({})
  githubRefuses = false
})

let count = 0
/** A GitHub account with an address of its own. */
function newGithubUser(email: { verified?: boolean; address?: string } = {}): string {
  count++
  const address = email.address ?? `octocat${count}@example.com`
  githubUser = {
    id: 1000 + count,
    login: `octo${count}`,
    name: 'Octo Cat',
    avatar_url: 'https://a/b',
  }
  githubEmails = [
    { email: `other${count}@example.com`, primary: false, verified: false },
    { email: address, primary: true, verified: email.verified ?? true },
  ]
  return address
}

const get = (target: string, options = {}): Promise<Answer> => auth.call('GET', target, options)
const locationOf = (answer: Answer): URL => new URL(String(answer.headers['location']))
const fragmentOf = (url: URL): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(url.hash.slice(1)))
const queryOf = (url: URL): Record<string, string> => Object.fromEntries(url.searchParams)

/** Begins at a provider; the state it was sent with. */
async function begin(query: string): Promise<string> {
  return locationOf(await get(`/authorize?${query}`)).searchParams.get('state') ?? ''
}

const comeBack = (state: string, more = 'code=good-code'): Promise<Answer> =>
  get(`/callback?state=${state}&${more}`)

const viaGithub = async (query = ''): Promise<URL> =>
  locationOf(await comeBack(await begin(`provider=github${query}`)))

function newPkce(): { verifier: string; query: string } {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  return { verifier, query: `&code_challenge=${challenge}&code_challenge_method=s256` }
}

const exchange = (auth_code: string, code_verifier: string): Promise<Answer> =>
  auth.call('POST', '/token?grant_type=pkce', { body: { auth_code, code_verifier } })

test('a user of a real OpenID provider signs in by the implicit flow', async () => {
  google.accounts.set('g1', {
    sub: 'g1',
    email: 'Ada@Example.com',
    email_verified: true,
    name: 'Ada',
    picture: 'https://p/ada',
  })
  const start = await get(
    '/authorize?provider=google&scopes=openid&redirect_to=https://app.example.com/in&prompt=consent',
  )
  expect(start.status).toBe(302)
  const there = locationOf(start)
  expect(there.origin + there.pathname).toBe('https://accounts.google.com/auth')
  expect(queryOf(there)).toMatchObject({
    client_id: 'basalt',
    redirect_uri: callbackUrl,
    response_type: 'code',
    scope: 'email profile openid',
    prompt: 'consent',
  })
  const back = new URL(await signInAt(hosts, there.href, 'g1', callbackUrl))
  const answer = await get(`/callback${back.search}`)
  expect(answer.status).toBe(302)
  const target = locationOf(answer)
  expect(target.origin + target.pathname).toBe('https://app.example.com/in')
  expect(target.search).toBe('')
  const session = fragmentOf(target)
  expect(Object.keys(session)).toEqual([
    'access_token',
    'expires_at',
    'expires_in',
    'provider_token',
    'refresh_token',
    'sb',
    'token_type',
  ])
  const claims = claimsOf(session['access_token'] ?? '')
  expect(claims).toMatchObject({
    email: 'ada@example.com',
    amr: [{ method: 'oauth' }],
    app_metadata: { provider: 'google', providers: ['google'] },
    user_metadata: { email_verified: true, phone_verified: false, name: 'Ada', sub: 'g1' },
  })
  const user = await get('/user', { bearer: session['access_token'] })
  expect(user.body.identities).toMatchObject([
    {
      id: 'g1',
      provider: 'google',
      email: 'ada@example.com',
      identity_data: {
        iss: 'https://accounts.google.com',
        sub: 'g1',
        full_name: 'Ada',
        avatar_url: 'https://p/ada',
        provider_id: 'g1',
        email_verified: true,
        phone_verified: false,
      },
    },
  ])
  expect(user.body.email_confirmed_at).toBeDefined()
})

test('Keycloak is found at its url and asked for the user', async () => {
  keycloak.accounts.set('k1', {
    sub: 'k1',
    email: 'k1@example.com',
    email_verified: true,
    name: 'Kay',
  })
  const there = locationOf(await get('/authorize?provider=keycloak&scopes=openid'))
  const back = new URL(await signInAt(hosts, there.href, 'k1', callbackUrl))
  const session = fragmentOf(locationOf(await get(`/callback${back.search}`)))
  expect(claimsOf(session['access_token'] ?? '')).toMatchObject({
    email: 'k1@example.com',
    user_metadata: { iss: 'https://keycloak.example.com/realms/main', full_name: 'Kay' },
  })
})

test('the PKCE flow ends in a code, and the code in a session with the provider’s token', async () => {
  const email = newGithubUser()
  const { verifier, query } = newPkce()
  const target = await viaGithub(
    `${query}&redirect_to=${encodeURIComponent('https://app.example.com/a?b=1')}`,
  )
  expect(target.hash).toBe('')
  expect(target.searchParams.get('b')).toBe('1')
  const code = target.searchParams.get('code') ?? ''
  expect(await exchange(code, 'x'.repeat(43))).toMatchObject({ status: 400 })
  const answer = await exchange(code, verifier)
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({
    provider_token: 'gho_token',
    user: {
      email,
      app_metadata: { provider: 'github', providers: ['github'] },
      user_metadata: { user_name: `octo${count}`, preferred_username: `octo${count}` },
    },
  })
  expect(answer.body).not.toHaveProperty('provider_refresh_token')
  expect((await exchange(code, verifier)).body).toMatchObject({
    error_code: 'flow_state_not_found',
  })
})

test('the second sign-in finds the same user, with what the provider says now', async () => {
  newGithubUser()
  const first = claimsOf(fragmentOf(await viaGithub())['access_token'] ?? '')
  githubUser = { ...githubUser, name: 'Renamed' }
  const second = claimsOf(fragmentOf(await viaGithub())['access_token'] ?? '')
  expect(second['sub']).toBe(first['sub'])
  expect(second['user_metadata']).toMatchObject({ full_name: 'Renamed' })
})

test('parameters of ours cannot be replaced by those of the caller', async () => {
  const answer = await get(
    '/authorize?provider=github&Redirect_URI=https://evil.example&state=mine&client_id=x&response_type=token&apikey=k&login_hint=ada',
  )
  const query = queryOf(locationOf(answer))
  expect(query).toMatchObject({ client_id: 'basalt', redirect_uri: callbackUrl, login_hint: 'ada' })
  expect(query['state']).not.toBe('mine')
  expect(query).not.toHaveProperty('Redirect_URI')
  expect(query).not.toHaveProperty('apikey')
})

const unusable: readonly [string, string, string][] = [
  ['unknown', 'nonsense', 'Unsupported provider: Provider nonsense could not be found'],
  ['not given', '', 'Unsupported provider: Provider  could not be found'],
  [
    'a name of Object',
    'constructor',
    'Unsupported provider: Provider constructor could not be found',
  ],
  ['off', 'facebook', 'Unsupported provider: provider is not enabled'],
  ['not configured', 'discord', 'Unsupported provider: provider is not enabled'],
  ['without a secret', 'gitlab', 'Unsupported provider: missing OAuth secret'],
]
test.each(unusable)('a provider that is %s is refused', async (_, name, msg) => {
  expect(await get(`/authorize?provider=${name}`)).toMatchObject({
    status: 400,
    body: { error_code: 'validation_failed', msg },
  })
})

test('half of the PKCE parameters is refused', async () => {
  expect((await get('/authorize?provider=github&code_challenge=abc')).body).toMatchObject({
    msg: 'PKCE flow requires code_challenge_method and code_challenge',
  })
})

test('browsers are sent only where the configuration allows', async () => {
  newGithubUser()
  for (const wanted of [
    'https://evil.example/x',
    'javascript:alert(1)',
    'https://app.example.com.evil.example/',
  ]) {
    const target = await viaGithub(`&redirect_to=${encodeURIComponent(wanted)}`)
    expect(target.origin).toBe(site)
  }
})

const badStates: readonly [string, string, string, string][] = [
  ['missing', '', 'bad_oauth_callback', 'OAuth state parameter missing'],
  ['no id', 'state=abc', 'bad_oauth_state', 'OAuth state parameter is invalid'],
  [
    'made up',
    `state=${crypto.randomUUID()}`,
    'bad_oauth_state',
    'OAuth state not found or expired',
  ],
]
test.each(badStates)(
  'a state that is %s leads to the site with the reason',
  async (_, query, error_code, error_description) => {
    const answer = await get(`/callback?code=good-code&${query}`)
    expect(answer.status).toBe(303)
    expect(locationOf(answer).origin).toBe(site)
    expect(queryOf(locationOf(answer))).toEqual({
      error: 'invalid_request',
      error_code,
      error_description,
    })
  },
)

test('a state is good for five minutes and for once', async () => {
  newGithubUser()
  const old = await begin('provider=github')
  auth.advance(301)
  expect(queryOf(locationOf(await comeBack(old)))).toMatchObject({ error_code: 'bad_oauth_state' })
  const implicit = await begin('provider=github')
  expect(fragmentOf(locationOf(await comeBack(implicit)))).toHaveProperty('access_token')
  expect(queryOf(locationOf(await comeBack(implicit)))).toMatchObject({
    error_code: 'bad_oauth_state',
  })
  const pkce = await begin(`provider=github${newPkce().query}`)
  expect(queryOf(locationOf(await comeBack(pkce)))).toHaveProperty('code')
  expect(queryOf(locationOf(await comeBack(pkce)))).toMatchObject({
    error: 'invalid_request',
    error_code: 'flow_state_already_used',
  })
})

test('a state used twice at the same instant signs in once', async () => {
  newGithubUser()
  const state = await begin('provider=github')
  const waiting = `select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  const [first, second] = await auth.hold(
    'lock table auth.identities in exclusive mode',
    async () => {
      const running = comeBack(state)
      while ((await auth.query(waiting)).length === 0) await setTimeout(5)
      return [running, await comeBack(state)] as const
    },
  )
  expect(fragmentOf(locationOf(await first))).toHaveProperty('access_token')
  expect(queryOf(locationOf(second))).toMatchObject({ error_code: 'bad_oauth_state' })
})

test('two sign-ins of a new user at the same instant end in one account', async () => {
  newGithubUser()
  const states = [await begin('provider=github'), await begin('provider=github')]
  const answers = await auth.collide(
    'lock table auth.users in share row exclusive mode',
    states.map((state) => () => comeBack(state)),
  )
  const subs = answers.map(
    (answer) => claimsOf(fragmentOf(locationOf(answer))['access_token'] ?? '')['sub'],
  )
  expect(new Set(subs).size).toBe(1)
})

test('a flow of a mail is no state of a provider', async () => {
  const email = 'mailflow@example.com'
  await auth.call('POST', '/signup', { body: { email, password } })
  await auth.call('POST', '/otp', {
    body: { email, code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' },
  })
  const [flow] = await auth.query(
    "select id::text from auth.flow_state where authentication_method <> 'oauth'",
  )
  expect(queryOf(locationOf(await comeBack(String(flow?.['id']))))).toMatchObject({
    error_code: 'bad_oauth_state',
  })
})

test('what the provider refuses is told to the page, in query and fragment', async () => {
  const state = await begin('provider=github&redirect_to=https://app.example.com/in')
  const target = locationOf(await comeBack(state, 'error=access_denied&error_description=No'))
  expect(queryOf(target)).toEqual({ error: 'access_denied', error_description: 'No' })
  expect(fragmentOf(target)).toEqual({ error: 'access_denied', error_description: 'No', sb: '' })
  const missing = locationOf(await comeBack(await begin('provider=github'), 'x=1'))
  expect(queryOf(missing)).toMatchObject({
    error: 'invalid_request',
    error_code: 'bad_oauth_callback',
  })
})

test('a code the provider does not take is an error without its words', async () => {
  githubRefuses = true
  const target = locationOf(await comeBack(await begin('provider=github')))
  expect(queryOf(target)).toEqual({
    error: 'server_error',
    error_code: 'unexpected_failure',
    error_description: 'Unable to exchange external code: good',
  })
})

test('a user without an address is refused unless addresses are optional', async () => {
  newGithubUser()
  githubEmails = []
  expect(queryOf(await viaGithub())).toMatchObject({
    error_description: 'Error getting user email from external provider',
  })
  auth.configure({ 'auth.external': { github: { ...external, email_optional: true } } })
  const claims = claimsOf(fragmentOf(await viaGithub())['access_token'] ?? '')
  expect(claims).toMatchObject({ email: '', app_metadata: { provider: 'github' } })
})

test('a verified address links to the account that has it', async () => {
  const address = newGithubUser()
  const { body } = await auth.call('POST', '/admin/users', {
    body: { email: address, password, email_confirm: true, user_metadata: { kept: 1 } },
    bearer: auth.keys.serviceRoleKey,
  })
  const claims = claimsOf(fragmentOf(await viaGithub())['access_token'] ?? '')
  expect(claims).toMatchObject({
    sub: body.id,
    app_metadata: { provider: 'email', providers: ['email', 'github'] },
    user_metadata: { kept: 1, user_name: `octo${count}` },
  })
  const signIn = await auth.call('POST', '/token?grant_type=password', {
    body: { email: address, password },
  })
  expect(signIn.status).toBe(200)
  const [entry] = await auth.query(
    `select payload ->> 'action' as action from auth.audit_log_entries where payload ->> 'action' = 'identity_linked' and payload ->> 'actor_id' = '${body.id}'`,
  )
  expect(entry).toBeDefined()
})

test('an account somebody prepared with a foreign address is emptied when its owner comes', async () => {
  const address = newGithubUser()
  await auth.call('POST', '/signup', {
    body: { email: address, password, data: { planted: true } },
  })
  const claims = claimsOf(fragmentOf(await viaGithub())['access_token'] ?? '')
  expect(claims['app_metadata']).toEqual({ provider: 'github', providers: ['github'] })
  expect(claims['user_metadata']).not.toHaveProperty('planted')
  const signIn = await auth.call('POST', '/token?grant_type=password', {
    body: { email: address, password },
  })
  expect(signIn.body).toMatchObject({ error_code: 'invalid_credentials' })
})

test('an unverified address never links, not even where addresses need no confirmation', async () => {
  const taken = newGithubUser({ verified: false })
  const { body } = await auth.call('POST', '/admin/users', {
    body: { email: taken, password, email_confirm: true },
    bearer: auth.keys.serviceRoleKey,
  })
  auth.configure({ 'auth.email.enable_confirmations': false })
  for (let time = 0; time < 2; time++)
    expect(queryOf(await viaGithub())).toMatchObject({
      error: 'access_denied',
      error_code: 'provider_email_needs_verification',
    })
  const identities = `select provider from auth.identities where user_id = '${body.id}'`
  expect(await auth.query(identities)).toEqual([{ provider: 'email' }])
  githubEmails = [{ email: `${taken.toUpperCase()} `, primary: true, verified: true }]
  const claims = claimsOf(fragmentOf(await viaGithub())['access_token'] ?? '')
  expect(claims['sub']).not.toBe(body.id)
})

test('an unverified address never links; it is to be confirmed by mail', async () => {
  const taken = newGithubUser()
  await auth.call('POST', '/admin/users', {
    body: { email: taken, password, email_confirm: true },
    bearer: auth.keys.serviceRoleKey,
  })
  newGithubUser({ address: taken, verified: false })
  auth.mails.length = 0
  expect(queryOf(await viaGithub())).toMatchObject({
    error: 'access_denied',
    error_code: 'provider_email_needs_verification',
    error_description:
      'Unverified email with github. Verify the email with github in order to sign in',
  })
  const free = newGithubUser({ verified: false })
  expect(queryOf(await viaGithub())).toMatchObject({
    error: 'access_denied',
    error_code: 'provider_email_needs_verification',
    error_description:
      'Unverified email with github. A confirmation email has been sent to your github email',
  })
  expect(auth.mails).toMatchObject([{ action: 'signup', to: free }])
  const mail = auth.mails[0]
  await get(`/verify?token=${mail?.tokenHash}&type=signup`)
  expect(claimsOf(fragmentOf(await viaGithub())['access_token'] ?? '')).toMatchObject({
    email: free,
  })
})

test('a verified address vouches for no other: an account is not confirmed by a change at the provider', async () => {
  const victim = newGithubUser({ verified: false })
  await viaGithub()
  githubEmails = [{ email: `own${count}@example.com`, primary: true, verified: true }]
  auth.advance(2)
  expect(queryOf(await viaGithub())).toMatchObject({
    error_code: 'provider_email_needs_verification',
  })
  const [user] = await auth.query(
    `select email_confirmed_at from auth.users where email = '${victim}'`,
  )
  expect(user).toEqual({ email_confirmed_at: null })
})

test('an account found by another verified address of the same person is confirmed by its own', async () => {
  const own = `second${count}@example.com`
  await auth.call('POST', '/signup', { body: { email: own, password } })
  newGithubUser({ verified: false })
  githubEmails = [...githubEmails, { email: own.toUpperCase(), primary: false, verified: true }]
  const claims = claimsOf(fragmentOf(await viaGithub())['access_token'] ?? '')
  expect(claims).toMatchObject({ email: own, app_metadata: { providers: ['github'] } })
})

test('the banned, and new users where sign-up is off, are sent back', async () => {
  newGithubUser()
  const claims = claimsOf(fragmentOf(await viaGithub())['access_token'] ?? '')
  await auth.script(
    `update auth.users set banned_until = now() + interval '1 hour' where id = '${String(claims['sub'])}'`,
  )
  expect(queryOf(await viaGithub())).toMatchObject({
    error: 'access_denied',
    error_code: 'user_banned',
  })
  newGithubUser()
  auth.configure({ 'auth.enable_signup': false })
  expect(queryOf(await viaGithub())).toMatchObject({
    error: 'access_denied',
    error_code: 'signup_disabled',
    error_description: 'Signups not allowed for this instance',
  })
})

test('a provider turned off on the way back is refused', async () => {
  newGithubUser()
  const state = await begin('provider=github')
  auth.configure({ 'auth.external': {} })
  expect(queryOf(locationOf(await comeBack(state)))).toMatchObject({
    error_code: 'oauth_provider_not_supported',
  })
})

test('Twitter is asked for a token first, by signed requests', async () => {
  const signed: string[] = []
  const twitter = await serveText(({ path, headers }) => {
    const [, key = '', more = ''] =
      /oauth_consumer_key="([^"]*)"(.*)$/.exec(headers.authorization ?? '') ?? []
    if (key !== 'basalt' || !more.includes('oauth_signature="')) return undefined
    signed.push(path.split('?')[0] ?? '')
    if (path === '/oauth/request_token')
      return 'oauth_token=rt&oauth_token_secret=x&oauth_callback_confirmed=true'
    if (path === '/oauth/access_token')
      return more.includes('oauth_verifier="v"')
        ? 'oauth_token=at&oauth_token_secret=ats'
        : undefined
    return JSON.stringify({
      id_str: 't1',
      name: 'Ada',
      screen_name: 'ada',
      email: 'twitter@example.com',
    })
  })
  hosts.add('api.twitter.com', twitter.url)
  auth.configure({ 'auth.external': { twitter: external } })
  const there = locationOf(await get('/authorize?provider=twitter'))
  expect(there.href).toBe('https://api.twitter.com/oauth/authenticate?oauth_token=rt')
  const [flow] = await auth.query(
    "select id::text from auth.flow_state where provider_type = 'twitter'",
  )
  const state = String(flow?.['id'])
  expect(queryOf(locationOf(await comeBack(state, 'code=x')))).toMatchObject({
    error_code: 'bad_oauth_callback',
  })
  const answer = locationOf(await comeBack(state, 'oauth_token=rt&oauth_verifier=v'))
  expect(claimsOf(fragmentOf(answer)['access_token'] ?? '')).toMatchObject({
    email: 'twitter@example.com',
    user_metadata: { user_name: 'ada', provider_id: 't1' },
  })
  expect(signed).toEqual([
    '/oauth/request_token',
    '/oauth/access_token',
    '/1.1/account/verify_credentials.json',
  ])
  await twitter.close()
})

test('X wants PKCE of us, with a verifier good for once', async () => {
  const bodies: string[] = []
  const x = await serveJson(({ method, body }) => {
    if (method === 'GET')
      return { data: { id: 'x1', name: 'Ada', username: 'ada', confirmed_email: 'x@example.com' } }
    bodies.push(body)
    return { access_token: 'xt', refresh_token: 'xr' }
  })
  hosts.add('api.x.com', x.url)
  auth.configure({ 'auth.external': { x: external } })
  const there = locationOf(await get('/authorize?provider=x'))
  const { code_challenge: challenge = '', code_challenge_method, state = '' } = queryOf(there)
  expect(code_challenge_method).toBe('S256')
  const lost = locationOf(await get('/authorize?provider=x')).searchParams.get('state') ?? ''
  await auth.script(`update auth.flow_state set oauth_client_state_id = null where id = '${lost}'`)
  expect(queryOf(locationOf(await comeBack(lost)))).toMatchObject({
    error_code: 'oauth_invalid_state',
  })
  const session = fragmentOf(locationOf(await comeBack(state)))
  expect(session).toMatchObject({ provider_token: 'xt', provider_refresh_token: 'xr' })
  const verifier = new URLSearchParams(bodies[0]).get('code_verifier') ?? ''
  expect(createHash('sha256').update(verifier).digest('base64url')).toBe(challenge)
  const used = locationOf(await get('/authorize?provider=x')).searchParams.get('state') ?? ''
  await auth.script("update auth.oauth_client_states set created_at = now() - interval '6 minutes'")
  expect(queryOf(locationOf(await comeBack(used)))).toMatchObject({
    error_code: 'oauth_client_state_expired',
  })
  expect(queryOf(locationOf(await comeBack(used)))).toMatchObject({
    error_code: 'oauth_client_state_not_found',
  })
  await x.close()
})

test('Apple posts the code, and the name with the first sign-in', async () => {
  const { privateKey, jwk } = await newKey()
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'https://appleid.apple.com',
    aud: 'basalt',
    sub: 'a1',
    email: 'apple@example.com',
    iat: now,
    exp: now + 3600,
  }
  const id_token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .sign(privateKey)
  const apple = await serveJson(({ path }) => {
    if (path === '/keys') return { keys: [jwk] }
    if (path === '/token') return { access_token: 'at', id_token }
    const base = 'https://appleid.apple.com'
    return {
      issuer: base,
      authorization_endpoint: `${base}/auth`,
      token_endpoint: `${base}/token`,
      jwks_uri: `${base}/keys`,
    }
  })
  hosts.add('appleid.apple.com', apple.url)
  auth.configure({ 'auth.external': { apple: external } })
  const there = locationOf(await get('/authorize?provider=apple&scopes=more'))
  expect(queryOf(there)).toMatchObject({ response_mode: 'form_post', scope: 'email name' })
  const user = JSON.stringify({
    name: { firstName: 'Ada', lastName: 'L' },
    email: 'not-hers@example.com',
  })
  const form = new URLSearchParams({
    state: there.searchParams.get('state') ?? '',
    code: 'c',
    user,
  })
  const answer = await auth.call('POST', '/callback', { rawBody: form.toString() })
  expect(answer.status).toBe(302)
  expect(claimsOf(fragmentOf(locationOf(answer))['access_token'] ?? '')).toMatchObject({
    email: 'apple@example.com',
    user_metadata: { full_name: 'Ada L' },
  })
  await apple.close()
})

test('an invitation is accepted with the provider of the same address', async () => {
  const address = newGithubUser()
  auth.mails.length = 0
  await auth.call('POST', '/invite', { body: { email: address }, bearer: auth.keys.serviceRoleKey })
  const token = auth.mails[0]?.tokenHash ?? ''
  expect(await get('/authorize?provider=github&invite_token=nobody')).toMatchObject({
    status: 404,
    body: { error_code: 'user_not_found', msg: 'User identified by token not found' },
  })
  const state = await begin(`provider=github&invite_token=${token}`)
  githubEmails = [{ email: 'else@example.com', primary: true, verified: true }]
  expect(queryOf(locationOf(await comeBack(state)))).toMatchObject({
    error_code: 'validation_failed',
    error_description: 'Invited email does not match emails from external provider',
  })
  githubEmails = [{ email: address, primary: true, verified: true }]
  auth.configure({ 'auth.enable_signup': false })
  const answer = locationOf(await comeBack(state))
  expect(claimsOf(fragmentOf(answer)['access_token'] ?? '')).toMatchObject({ email: address })
  const unknown = await begin(`provider=github`)
  await auth.script(`update auth.flow_state set invite_token = 'gone' where id = '${unknown}'`)
  expect(queryOf(locationOf(await comeBack(unknown)))).toMatchObject({
    error_code: 'invite_not_found',
  })
})

/** A user of email and password, signed in. */
async function newMember(): Promise<{ id: string; token: string }> {
  const email = `member${++count}@example.com`
  await auth.call('POST', '/admin/users', {
    body: { email, password, email_confirm: true },
    bearer: auth.keys.serviceRoleKey,
  })
  const { body } = await auth.call('POST', '/token?grant_type=password', {
    body: { email, password },
  })
  return { id: body.user.id, token: body.access_token }
}

async function link(token: string): Promise<URL> {
  const { body } = await get('/user/identities/authorize?provider=github&skip_http_redirect=true', {
    bearer: token,
  })
  return locationOf(await comeBack(new URL(body.url).searchParams.get('state') ?? ''))
}

test('a signed-in user adds an identity and takes it away again', async () => {
  const member = await newMember()
  newGithubUser()
  const claims = claimsOf(fragmentOf(await link(member.token))['access_token'] ?? '')
  expect(claims).toMatchObject({ sub: member.id, app_metadata: { providers: ['email', 'github'] } })
  expect(queryOf(await link(member.token))).toMatchObject({
    error: 'server_error',
    error_code: 'identity_already_exists',
    error_description: 'Identity is already linked',
  })
  const other = await newMember()
  expect(queryOf(await link(other.token))).toMatchObject({
    error_description: 'Identity is already linked to another user',
  })
  const user = await get('/user', { bearer: member.token })
  const added = user.body.identities.find(
    (identity: { provider: string }) => identity.provider === 'github',
  )
  const gone = await auth.call('DELETE', `/user/identities/${added.identity_id}`, {
    bearer: member.token,
  })
  expect(gone.status).toBe(200)
})

test('an identity with an address nobody verified lets nobody in', async () => {
  const attacker = await newMember()
  const victim = newGithubUser({ verified: false })
  await link(attacker.token)
  newGithubUser({ address: victim })
  const claims = claimsOf(fragmentOf(await viaGithub())['access_token'] ?? '')
  expect(claims).toMatchObject({ email: victim, app_metadata: { providers: ['github'] } })
  expect(claims['sub']).not.toBe(attacker.id)
})

test('a verified identity of another address than the account’s links too', async () => {
  const member = await newMember()
  const address = newGithubUser()
  await link(member.token)
  newGithubUser({ address })
  expect(claimsOf(fragmentOf(await viaGithub())['access_token'] ?? '')).toMatchObject({
    sub: member.id,
  })
})

test('whoever waits in an account with a foreign address is thrown out when its owner comes', async () => {
  auth.configure({ 'auth.enable_anonymous_sign_ins': true })
  const { body: attacker } = await auth.call('POST', '/signup', { body: {} })
  const victim = newGithubUser({ verified: false })
  await link(attacker.access_token)
  await auth.script(
    `update auth.users set phone = '4912345${count}', phone_confirmed_at = now() where id = '${attacker.user.id}'`,
  )
  newGithubUser({ address: victim })
  const session = fragmentOf(await viaGithub())
  const claims = claimsOf(session['access_token'] ?? '')
  expect(claims).toMatchObject({ email: victim, phone: '', is_anonymous: false })
  expect(await get('/user', { bearer: attacker.access_token })).toMatchObject({
    status: 403,
    body: { error_code: 'session_not_found' },
  })
  const { body: user } = await get('/user', { bearer: session['access_token'] })
  expect(user.identities).toHaveLength(1)
})

test('a new identity is told by mail once it is written', async () => {
  await auth.script(`
    create table public.told (action text, identities bigint);
    grant all on public.told to supabase_auth_admin;
    create function public.tell(event jsonb) returns jsonb language sql as $$
      insert into public.told select event #>> '{email_data,email_action_type}',
        (select count(*) from auth.identities where user_id::text = event #>> '{user,id}');
      select '{}'::jsonb $$;`)
  const notice = { enabled: true, subject: null, content: null, content_path: null }
  const uri = 'pg-functions://postgres/public/tell'
  auth.configure({
    'auth.email.notification': { identity_linked: notice },
    'auth.hook': { send_email: { enabled: true, uri, secrets: '' } },
  })
  const member = await newMember()
  newGithubUser()
  await link(member.token)
  await link(member.token)
  expect(await auth.query('select action, identities::int from public.told')).toEqual([
    { action: 'identity_linked_notification', identities: 2 },
  ])
})

test('an anonymous user becomes who the provider says', async () => {
  auth.configure({ 'auth.enable_anonymous_sign_ins': true })
  const { body } = await auth.call('POST', '/signup', { body: {} })
  const address = newGithubUser()
  const claims = claimsOf(fragmentOf(await link(body.access_token))['access_token'] ?? '')
  expect(claims).toMatchObject({ sub: body.user.id, email: address, is_anonymous: false })
  const again = await auth.call('POST', '/signup', { body: {} })
  newGithubUser({ address })
  expect(queryOf(await link(again.body.access_token))).toMatchObject({ error_code: 'email_exists' })
  newGithubUser({ verified: false })
  expect(queryOf(await link(again.body.access_token))).toMatchObject({
    error_code: 'email_not_confirmed',
  })
})

test('linking needs a token, and to be turned on', async () => {
  const path = '/user/identities/authorize?provider=github'
  expect((await get(path)).body).toMatchObject({ error_code: 'no_authorization' })
  const { token } = await newMember()
  expect((await get(path, { bearer: token })).status).toBe(302)
  auth.configure({ 'auth.enable_manual_linking': false })
  expect((await get(path, { bearer: token })).body).toMatchObject({
    error_code: 'manual_linking_disabled',
  })
})

test('linking to an account that is gone is refused', async () => {
  const member = await newMember()
  newGithubUser()
  const { body } = await get('/user/identities/authorize?provider=github&skip_http_redirect=true', {
    bearer: member.token,
  })
  await auth.script(`delete from auth.users where id = '${member.id}'`)
  const target = locationOf(await comeBack(new URL(body.url).searchParams.get('state') ?? ''))
  expect(queryOf(target)).toMatchObject({ error_code: 'user_not_found' })
})

test('flows nobody came back from are cleared away', async () => {
  await begin('provider=github')
  await auth.script("update auth.flow_state set created_at = now() - interval '25 hours'")
  await begin('provider=github')
  const left = await auth.query('select count(*)::int as n from auth.flow_state')
  expect(left[0]?.['n']).toBeLessThan(20)
})

test('the settings show what is on', async () => {
  const { body } = await get('/settings')
  expect(body.external).toMatchObject({
    google: true,
    github: true,
    facebook: false,
    discord: false,
  })
})
