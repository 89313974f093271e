/** Functions called with a customer's key: it goes on to the function, which says what it used. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { TestPlatform } from '@basalt/server/testing'
import { ask, newUser, notes, startWithKeys } from './api-key-users.ts'
import type { KeyUser } from './api-key-users.ts'

const workdir = mkdtempSync(join(tmpdir(), 'basalt-api-keys-'))
let server: TestPlatform
let ann: KeyUser
beforeAll(async () => {
  const folder = join(workdir, 'supabase', 'functions', 'search')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'index.ts'),
    `Deno.serve((request) => new Response(request.headers.get('authorization'), { headers: { 'x-tokens-used': '17' } }))`,
  )
  server = await startWithKeys({ schema: notes, workdir })
  ann = await newUser(server)
})
afterAll(async () => {
  await server.close()
  rmSync(workdir, { recursive: true, force: true })
})

test('a key that writes calls, and tokens are counted', async () => {
  const { id, key } = await ann.makeKey({ rate_limit: 60 })
  const told = await ask(server, '/functions/v1/search', { 'x-api-key': key })
  // with it the function can ask as the same user
  expect([told.status, told.text]).toEqual([200, `Bearer ${key}`])
  expect(told.headers.get('x-ratelimit-remaining')).toBe('59')
  const used = await vi.waitUntil(
    async () => (await ann.client.from('usage_metrics').select().eq('api_key_id', id)).data?.[0],
    { timeout: 15_000, interval: 20 },
  )
  expect(used).toMatchObject({ endpoint: '/functions/v1/search', tokens_used: 17 })
})

test('a key that reads does not', async () => {
  const { key } = await ann.makeKey({ permissions: { read: true, write: false } })
  const told = await ask(server, '/functions/v1/search', { authorization: `Bearer ${key}` })
  expect([told.status, told.text]).toEqual([
    403,
    expect.stringContaining('The API key may only read'),
  ])
})

test('an unknown key does not', async () => {
  const told = await ask(server, '/functions/v1/search', { 'x-api-key': 'basalt_ak_x' })
  expect(told.status).toBe(401)
})
