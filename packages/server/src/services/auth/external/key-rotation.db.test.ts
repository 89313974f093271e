import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import type { JWK } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createOutgoing } from '#services/auth/outside'
import { openAuth } from '#services/auth/testing'
import { createLocalHosts, serveJson } from '#services/auth/testing/providers'
import type { AuthFixture } from '#services/auth/testing'
import type { LocalServer } from '#services/auth/testing/providers'

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>

const issuer = 'https://id.example.com/realms/main'
const hosts = createLocalHosts()
let server: LocalServer
let first: KeyPair
let second: KeyPair
let auth: AuthFixture
/** What is published, and how often it was asked for. */
let published: readonly JWK[] | null = []
let asked = 0

const jwk = async (pair: KeyPair, kid: string): Promise<JWK> => ({
  ...(await exportJWK(pair.publicKey)),
  kid,
  alg: 'RS256',
  use: 'sig',
})

beforeAll(async () => {
  first = await generateKeyPair('RS256', { extractable: true })
  second = await generateKeyPair('RS256', { extractable: true })
  server = await serveJson(({ path }) => {
    if (path.endsWith('/openid-configuration'))
      return {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        id_token_signing_alg_values_supported: ['RS256'],
      }
    asked++
    return published === null ? undefined : { keys: published }
  })
  hosts.add('id.example.com', server.url)
})
beforeEach(async () => {
  published = [await jwk(first, 'first')]
  asked = 0
  auth = await openAuth(
    {
      'auth.external': {
        keycloak: {
          enabled: true,
          client_id: 'app',
          secret: 'shh',
          redirect_uri: null,
          url: issuer,
          skip_nonce_check: false,
          email_optional: false,
        },
      },
    },
    { outgoing: createOutgoing({ fetch: hosts.fetch }) },
  )
  return () => auth.close()
})
afterAll(() => server.close())

async function signIn(by: KeyPair, kid: string): Promise<number> {
  const now = Math.floor(Date.now() / 1000)
  const id_token = await new SignJWT({
    iss: issuer,
    aud: 'app',
    sub: 'ada',
    email: 'a@example.com',
  })
    .setProtectedHeader({ alg: 'RS256', kid })
    .setIssuedAt(now)
    .setExpirationTime(now + 300)
    .sign(by.privateKey)
  const answer = await auth.call('POST', '/token?grant_type=id_token', {
    body: { provider: 'keycloak', id_token },
  })
  return answer.status
}

test('a key that was published a moment ago is good at once, the one it took the place of is not', async () => {
  expect(await signIn(first, 'first')).toBe(200)
  published = [await jwk(second, 'second')]
  expect(await signIn(second, 'second')).toBe(200)
  expect(await signIn(first, 'first')).toBe(400)
})

test('names of keys that are none are asked for now and then, whoever makes them up', async () => {
  expect(await signIn(first, 'first')).toBe(200)
  const made = Array.from({ length: 50 }, (_, at) => signIn(second, `made-up-${at}`))
  expect(new Set(await Promise.all(made))).toEqual(new Set([400]))
  for (let at = 0; at < 20; at++) expect(await signIn(second, `another-${at}`)).toBe(400)
  expect(asked).toBeLessThanOrEqual(2)
  expect(await signIn(first, 'first')).toBe(200)
})

test('while the keys cannot be had, those that are known stay good, and nobody asks with each request', async () => {
  expect(await signIn(first, 'first')).toBe(200)
  published = null
  for (let at = 0; at < 20; at++) expect(await signIn(second, `made-up-${at}`)).toBe(400)
  expect(asked).toBeLessThanOrEqual(2)
  expect(await signIn(first, 'first')).toBe(200)
})
