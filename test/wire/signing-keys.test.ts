/** A project with a signing key: tokens and keys are asymmetric, the JWKS verifies them, old symmetric tokens stay good. */
import { createHmac, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@supabase/supabase-js'
import WebSocket from 'ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...privateKey.export({ format: 'jwk' }), kty: 'EC', kid: 'first', alg: 'ES256' }

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({
    signingKeys: [jwk],
    schema:
      'create table public.mine (id int); grant select on public.mine to authenticated, anon;',
  })
})
afterAll(() => server.close())

const call = async (
  path: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
): Promise<{ status: number; json: unknown }> => {
  const headers = { apikey: server.platform.keys.anonKey, ...init.headers }
  const response = await server.platform.fetch(`http://in.process${path}`, { ...init, headers })
  return { status: response.status, json: await response.json() }
}
const part = (token: string, at: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[at] as string, 'base64url').toString()) as Record<
    string,
    unknown
  >

test('sign-up gives a token the published key verifies, and the data API accepts', async () => {
  const { json } = await call('/auth/v1/signup', {
    method: 'POST',
    body: JSON.stringify({ email: 'key@example.com', password: 'long enough' }),
  })
  const token = (json as { access_token: string }).access_token
  expect(part(token, 0)).toMatchObject({ alg: 'ES256', kid: 'first' })
  const jwks = (await call('/auth/v1/.well-known/jwks.json')).json as { keys: JsonWebKey[] }
  expect(jwks.keys).toHaveLength(1)
  expect(jwks.keys[0]).not.toHaveProperty('d')
  const [head, payload, signature] = token.split('.') as [string, string, string]
  const key = createPublicKey({ key: jwks.keys[0] as JsonWebKey, format: 'jwk' })
  const by = { key, dsaEncoding: 'ieee-p1363' as const }
  expect(
    verify('sha256', Buffer.from(`${head}.${payload}`), by, Buffer.from(signature, 'base64url')),
  ).toBe(true)
  expect(await call('/rest/v1/mine', { headers: { authorization: `Bearer ${token}` } })).toEqual({
    status: 200,
    json: [],
  })
})

test('the API keys are signed with it too', () => {
  expect(part(server.platform.keys.anonKey, 0)).toMatchObject({ alg: 'ES256' })
  expect(part(server.platform.keys.serviceRoleKey, 1)).toMatchObject({ role: 'service_role' })
})

test('a token of the shared secret is still good; one that uses the public key as a secret is not', async () => {
  const sign = (secret: string, header: object): string => {
    const encode = (value: object): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url')
    const content = `${encode(header)}.${encode({ role: 'authenticated', exp: 4_000_000_000 })}`
    return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
  }
  const old = sign(server.platform.keys.jwtSecret, { alg: 'HS256', typ: 'JWT' })
  expect(
    await call('/rest/v1/mine', { headers: { authorization: `Bearer ${old}` } }),
  ).toMatchObject({ status: 200 })
  const pem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
  for (const header of [{ alg: 'HS256', kid: 'first' }, { alg: 'HS256' }]) {
    const confused = sign(pem, header)
    expect(
      await call('/rest/v1/mine', { headers: { authorization: `Bearer ${confused}` } }),
    ).toMatchObject({ status: 401 })
  }
})

test('keys are changed while it runs, and nobody is logged out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-keys-'))
  const rotating = await startTestPlatform()
  const file = join(folder, 'signing_keys.json')
  const write = (...kids: string[]): void =>
    writeFileSync(
      file,
      JSON.stringify(
        kids.map((kid) => {
          const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
          return { ...pair.privateKey.export({ format: 'jwk' }), kid, alg: 'ES256' }
        }),
      ),
    )
  const patch = async (body: object): Promise<{ status: number; json: unknown }> => {
    const response = await fetch(`${rotating.url}/admin/v1/projects/default/config`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${rotating.platform.keys.serviceRoleKey}` },
      body: JSON.stringify(body),
    })
    return { status: response.status, json: await response.json() }
  }
  const newClient = () =>
    createClient(rotating.url, rotating.platform.keys.publishableKey, {
      realtime: { transport: WebSocket as never },
      auth: { persistSession: false, autoRefreshToken: false },
    })
  const signUp = async (email: string) => {
    const client = newClient()
    const { data, error } = await client.auth.signUp({ email, password: 'long enough' })
    if (data.session === null) throw new Error('no session', { cause: error })
    return { client, token: data.session.access_token }
  }
  const use = { auth: { signing_keys_path: file } }
  try {
    const shared = await signUp('shared@example.com')
    write('one')
    expect((await patch(use)).status).toBe(200)
    const one = await signUp('one@example.com')
    write('two')
    expect((await patch({})).status).toBe(200)
    const two = await signUp('two@example.com')
    const kids = [shared, one, two].map(({ token }) => part(token, 0)['kid'])
    expect(kids).toEqual([undefined, 'one', 'two'])
    for (const { client, token } of [shared, one, two]) {
      expect((await client.auth.getUser(token)).error).toBeNull()
      // with asymmetric keys verified by the client, with the published ones
      const { data, error } = await client.auth.getClaims(token)
      expect(error).toBeNull()
      expect(data?.claims.role).toBe('authenticated')
      const refreshed = await client.auth.refreshSession()
      expect(part(refreshed.data.session?.access_token ?? '', 0)['kid']).toBe('two')
    }
    const jwks = await fetch(`${rotating.url}/auth/v1/.well-known/jwks.json`)
    const { keys } = (await jwks.json()) as { keys: { kid: string }[] }
    expect(keys.map(({ kid }) => kid)).toEqual(['two', 'one'])

    writeFileSync(file, '{"no": "array"}')
    const refused = await patch(use)
    expect(refused).toMatchObject({
      status: 400,
      json: { problems: [{ key: 'auth.signing_keys_path' }] },
    })
    expect((await two.client.auth.getUser()).error).toBeNull()
    expect(part((await signUp('still@example.com')).token, 0)['kid']).toBe('two')
  } finally {
    await rotating.close()
    rmSync(folder, { recursive: true })
  }
})
