/** Requests with a customer's key: whose they are, and what ends a key. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { ask, clientOf, newUser, notes, startWithKeys } from './api-key-users.ts'
import type { KeyUser } from './api-key-users.ts'

let server: TestPlatform
let ann: KeyUser
let bob: KeyUser
beforeAll(async () => {
  server = await startWithKeys({ schema: notes })
  ann = await newUser(server)
  bob = await newUser(server)
})
afterAll(() => server.close())

const path = '/rest/v1/notes?select=body'
const soon = { timeout: 15_000, interval: 10 }
const statusOf = async (key: string, headers: Record<string, string> = {}): Promise<number> =>
  (await ask(server, path, { 'x-api-key': key, ...headers })).status
const codeOf = ({ text }: { readonly text: string }): unknown =>
  (JSON.parse(text) as { code?: unknown }).code
const ended = (key: string): Promise<unknown> =>
  vi.waitUntil(async () => (await statusOf(key)) === 401, { timeout: 1_500, interval: 10 })
/** The last character belongs to the checksum. */
const broken = (key: string): string => key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A')

describe('a key is its user', () => {
  test.each([
    ['x-api-key', (key: string) => ({ 'x-api-key': key })],
    ['a bearer', (key: string) => ({ authorization: `Bearer ${key}` })],
    ['apikey', (key: string) => ({ apikey: key })],
    [
      'all of them',
      (key: string) => ({ apikey: key, 'x-api-key': key, authorization: `Bearer ${key}` }),
    ],
  ])('as %s', async (_, headers) => {
    const { key } = await ann.makeKey()
    await ann.client.from('notes').insert({ body: 'of ann' })
    await bob.client.from('notes').insert({ body: 'of bob' })
    const { status, text } = await ask(server, path, headers(key))
    expect([status, text.includes('of ann'), text.includes('of bob')]).toEqual([200, true, false])
  })

  test('through supabase-js, which has nothing else', async () => {
    const { key } = await ann.makeKey()
    const client = clientOf(server, key)
    const made = await client.from('notes').insert({ body: 'by key' }).select().single()
    expect([made.error, made.data]).toMatchObject([null, { user_id: ann.id }])
    expect((await client.auth.getUser(key)).data.user?.id).toBe(ann.id)
  })

  test('beside the keys every page has; not beside another identity', async () => {
    const { key } = await ann.makeKey()
    const { keys } = server.platform
    expect(await statusOf(key, { apikey: keys.anonKey })).toBe(200)
    expect(await statusOf(key, { apikey: keys.publishableKey })).toBe(200)
    const other = await bob.makeKey()
    for (const headers of [
      { authorization: `Bearer ${bob.token}` },
      { authorization: `Bearer ${ann.token}` },
      { authorization: `Bearer ${keys.serviceRoleKey}` },
      { apikey: keys.secretKey },
      { apikey: keys.serviceRoleKey },
      { apikey: other.key },
      { authorization: `Bearer ${other.key}` },
    ]) {
      const answer = await ask(server, path, { 'x-api-key': key, ...headers })
      expect([answer.status, codeOf(answer)]).toEqual([401, 'api_key_conflict'])
    }
  })

  test('and SQL sees its claims, not the key', async () => {
    const { key, id } = await ann.makeKey()
    const { text } = await ask(server, '/rest/v1/rpc/seen_headers', {
      'x-api-key': key,
      authorization: `Bearer ${key}`,
    })
    expect(JSON.parse(text)).toMatchObject({ 'x-request-id': expect.any(String) })
    expect(text).not.toContain('basalt_ak_')
    await server.script(`create function public.claims() returns json language sql stable as 'select auth.jwt()::json';
      notify pgrst, 'reload schema'`)
    const seen = await ask(server, '/rest/v1/rpc/claims', { 'x-api-key': key })
    expect(JSON.parse(seen.text)).toMatchObject({
      sub: ann.id,
      email: ann.email,
      role: 'authenticated',
      api_key_id: id,
      api_key_permissions: { read: true, write: true },
    })
  })

  test('and nothing that only looks like one', async () => {
    const { key } = await ann.makeKey()
    for (const text of [broken(key), `${key}x`, key.slice(0, -1), 'basalt_ak_', `${key}, ${key}`]) {
      const answer = await ask(server, path, { 'x-api-key': text })
      expect([answer.status, codeOf(answer)]).toEqual([401, 'api_key_invalid'])
      expect(answer.headers.get('x-ratelimit-limit')).toBeNull()
    }
  })
})

describe('a key ends', () => {
  test('when it is deleted, at once', async () => {
    const { key, id } = await ann.makeKey()
    expect(await statusOf(key)).toBe(200)
    await ann.client.from('api_keys').delete().eq('id', id)
    await ended(key)
  })

  test('when it expires, also while it is known', async () => {
    const { key, id } = await ann.makeKey({ expires_at: new Date(Date.now() + 700).toISOString() })
    expect(await statusOf(key)).toBe(200)
    await ended(key)
    const later = { expires_at: new Date(Date.now() + 60_000).toISOString() }
    await ann.client.from('api_keys').update(later).eq('id', id)
    await vi.waitUntil(async () => (await statusOf(key)) === 200, soon)
  })

  test('when its user is banned, within a second', async () => {
    const eve = await newUser(server)
    const { key } = await eve.makeKey()
    expect(await statusOf(key)).toBe(200)
    const admin = clientOf(server, server.platform.keys.serviceRoleKey).auth.admin
    await admin.updateUserById(eve.id, { ban_duration: '1h' })
    await ended(key)
    await admin.updateUserById(eve.id, { ban_duration: 'none' })
    await vi.waitUntil(async () => (await statusOf(key)) === 200, soon)
  })

  test('when its user is deleted', async () => {
    const eve = await newUser(server)
    const { key } = await eve.makeKey()
    expect(await statusOf(key)).toBe(200)
    await clientOf(server, server.platform.keys.serviceRoleKey).auth.admin.deleteUser(eve.id)
    await ended(key)
    expect(
      await server.count(`select count(*) as n from public.api_keys where user_id = '${eve.id}'`),
    ).toBe(0)
  })

  test('when it may not read', async () => {
    const { key } = await ann.makeKey({ permissions: { read: false, write: true } })
    const answer = await ask(server, path, { 'x-api-key': key })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'api_key_permission'])
  })

  test('where its ranges end', async () => {
    const { key, id } = await ann.makeKey({ allowed_ips: ['10.0.0.0/8', 'fd00::/8'] })
    const answer = await ask(server, path, { 'x-api-key': key, 'x-forwarded-for': '10.1.1.1' })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'api_key_address'])
    // a call in process has no address
    const inside = await server.platform.fetch(`${server.url}${path}`, {
      headers: { 'x-api-key': key },
    })
    expect(inside.status).toBe(403)
    await ann.client
      .from('api_keys')
      .update({ allowed_ips: ['127.0.0.0/8'] })
      .eq('id', id)
    await vi.waitUntil(async () => (await statusOf(key)) === 200, soon)
  })
})

test('where they are not enabled such a key is no credential', async () => {
  const plain = await startTestPlatform({ schema: notes })
  const { key } = await ann.makeKey()
  expect((await ask(plain, path, { apikey: key })).status).toBe(401)
  expect((await ask(plain, path, { authorization: `Bearer ${key}` })).status).toBe(401)
  expect(
    await plain.count(`select count(*)::int as n from pg_class where relname = 'api_keys'`),
  ).toBe(0)
  await plain.close()
})

test('a key of another project is unknown here', async () => {
  const other = await startWithKeys({ schema: notes })
  const { key } = await (await newUser(other)).makeKey()
  expect(await statusOf(key)).toBe(401)
  await other.close()
})
