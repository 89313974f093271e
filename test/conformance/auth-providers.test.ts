/** Providers, wallets, identities and the OAuth server through supabase-js, over a socket and in process. */
import { createHash, generateKeyPairSync, randomBytes, sign as signBytes } from 'node:crypto'
import { createClient } from '@supabase/supabase-js'
import type { SupabaseClient } from '@supabase/supabase-js'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import {
  createLocalHosts,
  serveJson,
  signInAt,
  startIssuer,
} from '../../packages/server/src/services/auth/testing/providers/local-providers.fixture.ts'
import type {
  LocalIssuer,
  LocalServer,
} from '../../packages/server/src/services/auth/testing/providers/local-providers.fixture.ts'
import { connect, ok, signUp, ways } from './connect.ts'
import type { Way } from './connect.ts'

const callback = 'http://127.0.0.1:54321/auth/v1/callback'
const app = 'https://app.example.com/in'
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
let server: TestPlatform
let google: LocalIssuer
let kakao: LocalServer
let signKakao: (claims: Record<string, unknown>) => Promise<string>

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' }
  const base = 'https://kauth.kakao.com'
  kakao = await serveJson(({ path }) =>
    path === '/keys'
      ? { keys: [jwk] }
      : {
          issuer: base,
          authorization_endpoint: `${base}/a`,
          token_endpoint: `${base}/t`,
          jwks_uri: `${base}/keys`,
        },
  )
  signKakao = (claims) =>
    new SignJWT({ iss: base, aud: 'basalt', ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setExpirationTime('5m')
      .sign(privateKey)
  google = await startIssuer('https://accounts.google.com', [
    {
      client_id: 'basalt',
      client_secret: 'shh',
      redirect_uris: [callback],
      token_endpoint_auth_method: 'client_secret_post',
    },
  ])
  hosts.add('accounts.google.com', google.url)
  hosts.add('kauth.kakao.com', kakao.url)
  const { privateKey: signing } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  server = await startTestPlatform({
    fetch: hosts.fetch,
    signingKeys: [{ ...signing.export({ format: 'jwk' }), kid: 'es', alg: 'ES256' } as never],
    config: {
      'auth.site_url': 'https://app.example.com',
      'auth.external': { google: external, kakao: external },
      'auth.enable_manual_linking': true,
      'auth.web3.solana.enabled': true,
      'auth.web3.ethereum.enabled': true,
      'auth.oauth_server.enabled': true,
    },
  })
})
afterAll(async () => {
  await Promise.all([server.close(), google.close(), kakao.close()])
})

/** A client whose flows end in a code. */
function connectPkce(way: Way): SupabaseClient {
  const { platform, url } = server
  return createClient(url, platform.keys.publishableKey, {
    realtime: { transport: WebSocket as never },
    auth: { persistSession: false, autoRefreshToken: false, flowType: 'pkce' },
    ...(way === 'in process' ? { global: { fetch: platform.fetch as typeof fetch } } : {}),
  })
}

/** A page of ours, as a browser without scripts gets it: where it leads to. */
async function visit(way: Way, url: string): Promise<URL> {
  const call = way === 'in process' ? server.platform.fetch : fetch
  const target = url.replace('http://127.0.0.1:54321', server.url)
  const response = await call(target, { redirect: 'manual' })
  await response.text()
  return new URL(response.headers.get('location') ?? '')
}

/** The browser's part of a sign-in at Google: from our URL back to the application's. */
async function signInAtGoogle(way: Way, url: string, sub: string): Promise<URL> {
  const there = url.startsWith('https://accounts.google.com/') ? url : (await visit(way, url)).href
  return visit(way, await signInAt(hosts, there, sub, callback))
}

let count = 0
function newGoogleAccount(): { sub: string; email: string } {
  const sub = `g${++count}`
  const account = { sub, email: `${sub}@gmail.example`, email_verified: true, name: 'Ada' }
  google.accounts.set(sub, account)
  return account
}

describe.each(ways)('%s', (way) => {
  test('signInWithOAuth by the implicit flow gives a session in the fragment', async () => {
    const client = connect(server, way)
    const { sub, email } = newGoogleAccount()
    const options = { redirectTo: app, scopes: 'openid', queryParams: { prompt: 'consent' } }
    const { data } = await client.auth.signInWithOAuth({ provider: 'google', options })
    const target = await signInAtGoogle(way, data.url ?? '', sub)
    expect(target.href.startsWith(`${app}#`)).toBe(true)
    const fragment = new URLSearchParams(target.hash.slice(1))
    const { data: set } = await client.auth.setSession({
      access_token: fragment.get('access_token') ?? '',
      refresh_token: fragment.get('refresh_token') ?? '',
    })
    expect(set.user).toMatchObject({ email, app_metadata: { provider: 'google' } })
    expect(fragment.get('provider_token')).not.toBe('')
  })

  test('signInWithOAuth by PKCE ends in a code for exchangeCodeForSession', async () => {
    const client = connectPkce(way)
    const { sub, email } = newGoogleAccount()
    const { data } = await client.auth.signInWithOAuth({
      provider: 'google',
      options: { redirectTo: app, scopes: 'openid', skipBrowserRedirect: true },
    })
    const target = await signInAtGoogle(way, data.url ?? '', sub)
    const code = target.searchParams.get('code') ?? ''
    const { data: exchanged, error } = await client.auth.exchangeCodeForSession(code)
    expect(error).toBeNull()
    expect(exchanged.session).toMatchObject({ token_type: 'bearer' })
    expect(exchanged.session?.provider_token).toBeTruthy()
    expect(exchanged.user?.email).toBe(email)
    const again = await client.auth.exchangeCodeForSession(code)
    expect(again.error).not.toBeNull()
  })

  test('linkIdentity, getUserIdentities and unlinkIdentity', async () => {
    const { client, id } = await signUp(server, way, 'linker')
    const { sub } = newGoogleAccount()
    const { data } = await client.auth.linkIdentity({
      provider: 'google',
      options: { redirectTo: app, scopes: 'openid', skipBrowserRedirect: true },
    })
    const target = await signInAtGoogle(way, data.url ?? '', sub)
    expect(target.hash).toContain('access_token=')
    const { identities } = (await ok(client.auth.getUserIdentities() as never)) as {
      identities: { provider: string; id: string; user_id: string }[]
    }
    expect(identities).toMatchObject([
      { provider: 'email', user_id: id },
      { provider: 'google', id: sub, user_id: id },
    ])
    const added = identities[1] as never
    expect((await client.auth.unlinkIdentity(added)).error).toBeNull()
    const left = await client.auth.getUserIdentities()
    expect(left.data?.identities).toHaveLength(1)
    const last = left.data?.identities[0] as never
    expect((await client.auth.unlinkIdentity(last)).error?.code).toBe(
      'single_identity_not_deletable',
    )
  })

  test('signInWithIdToken, with a nonce, and linkIdentity by token', async () => {
    const client = connect(server, way)
    const sub = `k${++count}`
    const nonce = randomBytes(16).toString('hex')
    const hashed = createHash('sha256').update(nonce).digest('hex')
    const token = await signKakao({
      sub,
      email: `${sub}@kakao.example`,
      nickname: 'Ada',
      nonce: hashed,
    })
    const { data, error } = await client.auth.signInWithIdToken({ provider: 'kakao', token, nonce })
    expect(error).toBeNull()
    expect(data.user?.app_metadata.provider).toBe('kakao')
    const wrong = await client.auth.signInWithIdToken({ provider: 'kakao', token, nonce: 'x' })
    expect(wrong.error?.message).toBe('Nonces mismatch')
    const member = await signUp(server, way, 'token-linker')
    const other = await signKakao({ sub: `${sub}b`, email: `${sub}b@kakao.example` })
    const linked = await member.client.auth.linkIdentity({ provider: 'kakao', token: other })
    expect(linked.error).toBeNull()
    const { data: user } = await member.client.auth.getUser()
    expect(user.user?.identities?.map(({ provider }) => provider)).toEqual(['email', 'kakao'])
  })

  const messageOf = (account: string, address: string, chainId: string): string =>
    [
      `app.example.com wants you to sign in with your ${account} account:`,
      address,
      '',
      'Hello.',
      '',
      'Version: 1',
      'URI: https://app.example.com/login',
      `Chain ID: ${chainId}`,
      `Issued At: ${new Date().toISOString()}`,
    ].join('\n')

  test('signInWithWeb3 with Solana', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    const address = encodeBase58(raw)
    const message = messageOf('Solana', address, 'solana:devnet')
    const signature = signBytes(null, Buffer.from(message), privateKey)
    const client = connect(server, way)
    const { data, error } = await client.auth.signInWithWeb3({
      chain: 'solana',
      message,
      signature,
    })
    expect(error).toBeNull()
    expect(data.user?.identities?.[0]?.id).toBe(`web3:solana:${address}`)
  })

  test('signInWithWeb3 with Ethereum', async () => {
    const { secretKey } = secp256k1.keygen()
    const point = secp256k1.getPublicKey(secretKey, false)
    const address = `0x${Buffer.from(keccak_256(point.subarray(1)).subarray(12)).toString('hex')}`
    const message = messageOf('Ethereum', address, '1')
    const head = Buffer.from(`\u0019Ethereum Signed Message:\n${message.length}`)
    const hash = keccak_256(Buffer.concat([head, Buffer.from(message)]))
    const made = secp256k1.sign(hash, secretKey, { prehash: false, format: 'recovered' })
    const [recovery = 0, ...rs] = made
    const signature = `0x${Buffer.from([...rs, recovery + 27]).toString('hex')}` as const
    const client = connect(server, way)
    const { data, error } = await client.auth.signInWithWeb3({
      chain: 'ethereum',
      message,
      signature,
    })
    expect(error).toBeNull()
    expect(data.user?.identities?.[0]?.id).toBe(`web3:ethereum:${address}`)
  })

  test('auth.admin.oauth keeps clients', async () => {
    const admin = connect(server, way, server.platform.keys.secretKey).auth.admin.oauth
    const made = (await ok(
      admin.createClient({
        client_name: 'App',
        redirect_uris: ['https://client.example.com/cb'],
      }) as never,
    )) as { client_id: string; client_secret: string }
    expect(made.client_secret).toMatch(/^[\w-]{43}$/)
    const { client_id: id } = made
    expect((await admin.getClient(id)).data).toMatchObject({ client_id: id, client_name: 'App' })
    const listed = await admin.listClients({ page: 1, perPage: 1 })
    expect(listed.data).toMatchObject({ clients: [{ client_id: id }] })
    expect((await admin.updateClient(id, { client_name: 'New' })).data?.client_name).toBe('New')
    expect((await admin.regenerateClientSecret(id)).data?.client_secret).not.toBe(
      made.client_secret,
    )
    expect((await admin.deleteClient(id)).error).toBeNull()
    expect((await admin.getClient(id)).error?.code).toBe('oauth_client_not_found')
  })

  test('auth.admin.customProviders keeps providers', async () => {
    const admin = connect(server, way, server.platform.keys.secretKey).auth.admin.customProviders
    const identifier = `custom:acme-${++count}` as const
    const made = await admin.createProvider({
      provider_type: 'oauth2',
      identifier,
      name: 'Acme',
      client_id: 'id',
      client_secret: 'shh',
      authorization_url: 'https://acme.example.com/authorize',
      token_url: 'https://acme.example.com/token',
      userinfo_url: 'https://acme.example.com/me',
    })
    expect(made.error).toBeNull()
    expect((await admin.getProvider(identifier)).data).toMatchObject({ name: 'Acme' })
    expect((await admin.updateProvider(identifier, { name: 'New' })).data).toMatchObject({
      name: 'New',
    })
    const listed = await admin.listProviders({ type: 'oauth2' })
    expect(listed.data.providers.map((provider) => provider.identifier)).toContain(identifier)
    const { data } = await connect(server, way).auth.signInWithOAuth({ provider: identifier })
    const there = await visit(way, data.url ?? '')
    expect(there.origin + there.pathname).toBe('https://acme.example.com/authorize')
    expect((await admin.deleteProvider(identifier)).error).toBeNull()
    expect((await admin.getProvider(identifier)).error?.code).toBe('custom_provider_not_found')
  })

  test('auth.oauth asks, agrees, refuses, lists and revokes', async () => {
    const admin = connect(server, way, server.platform.keys.secretKey).auth.admin.oauth
    const { data: made } = await admin.createClient({
      client_name: 'App',
      redirect_uris: ['https://client.example.com/cb'],
      token_endpoint_auth_method: 'none',
    })
    const id = made?.client_id ?? ''
    const { client, id: userId } = await signUp(server, way, 'granter')
    const verifier = randomBytes(32).toString('base64url')
    const begin = async (scope: string): Promise<string> => {
      const query = new URLSearchParams({
        client_id: id,
        redirect_uri: 'https://client.example.com/cb',
        response_type: 'code',
        scope,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      })
      const page = await visit(way, `${server.url}/auth/v1/oauth/authorize?${query.toString()}`)
      expect(page.href.startsWith('https://app.example.com/oauth/consent?')).toBe(true)
      return page.searchParams.get('authorization_id') ?? ''
    }
    const first = await begin('openid email')
    const details = await client.auth.oauth.getAuthorizationDetails(first)
    expect(details.data).toMatchObject({
      client: { id, name: 'App' },
      user: { id: userId },
      scope: 'openid email',
    })
    const approved = await client.auth.oauth.approveAuthorization(first, {
      skipBrowserRedirect: true,
    })
    const code = new URL(approved.data?.redirect_url ?? '').searchParams.get('code') ?? ''
    const call = way === 'in process' ? server.platform.fetch : fetch
    const answer = await call(`${server.url}/auth/v1/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        client_id: id,
      }).toString(),
    })
    expect(await answer.json()).toMatchObject({
      token_type: 'bearer',
      id_token: expect.any(String) as string,
    })

    const second = await begin('profile')
    await client.auth.oauth.getAuthorizationDetails(second)
    const denied = await client.auth.oauth.denyAuthorization(second, { skipBrowserRedirect: true })
    expect(denied.data?.redirect_url).toContain('error=access_denied')

    const grants = await client.auth.oauth.listGrants()
    expect(grants.data).toMatchObject([{ client: { id }, scopes: ['openid', 'email'] }])
    expect((await client.auth.oauth.revokeGrant({ clientId: id })).error).toBeNull()
    expect((await client.auth.oauth.listGrants()).data).toEqual([])
  })
})

function encodeBase58(bytes: Uint8Array): string {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (; value > 0n; value /= 58n) text = (alphabet[Number(value % 58n)] ?? '') + text
  return '1'.repeat(bytes.findIndex((byte) => byte !== 0)) + text
}
