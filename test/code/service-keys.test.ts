/** Keys whose rows the service role has written, with a hash of its own: whatever the key looks like, it is one. */
import { createHash, randomUUID } from 'node:crypto'
import { createClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { startTestService } from './test-service.ts'
import type { TestService, TestUser } from './test-service.ts'

let service: TestService
let ann: TestUser
beforeAll(async () => {
  service = await startTestService({ works: false })
  ann = await service.signUp('ann')
})
afterAll(() => service.close())

async function insertKey(key: string, row: object = {}): Promise<void> {
  const { url, platform } = service.platform
  const client = createClient(url, platform.keys.serviceRoleKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as never },
  })
  const key_hash = createHash('sha256').update(key).digest('hex')
  const made = await client
    .from('api_keys')
    .insert({ user_id: ann.id, name: 'a', key_hash, ...row })
  expect(made.error).toBeNull()
}

/** As curl sends it: the bytes of UTF-8. */
const onTheWire = (key: string): string => Buffer.from(key, 'utf8').toString('latin1')

test.each(['plain', 'of.three.parts', 'a/b+c==', 'schlüssel'])('%s', async (name) => {
  const key = `${name}${randomUUID()}`
  await insertKey(key)
  for (const headers of [
    { 'x-api-key': onTheWire(key) },
    { authorization: `Bearer ${onTheWire(key)}` },
  ])
    expect((await fetch(`${service.url}/api/v1/files`, { headers })).status).toBe(200)
})

test('a count without its month is of this one', async () => {
  await insertKey('used up', { monthly_quota: 5, usage_count: 5 })
  await insertKey('nearly', { monthly_quota: 5, usage_count: 4 })
  const ask = async (key: string) =>
    (await fetch(`${service.url}/api/v1/files`, { headers: { 'x-api-key': key } })).status
  expect(await ask('used up')).toBe(429)
  expect([await ask('nearly'), await ask('nearly')]).toEqual([200, 429])
  await expect
    .poll(async () =>
      (await ann.client.from('api_keys').select('usage_count').eq('monthly_quota', 5)).data?.map(
        ({ usage_count }) => usage_count as number,
      ),
    )
    .toEqual([5, 5])
})

test.each(['null', '[]', '"read"'])(
  'permissions that are %s allow nothing',
  async (permissions) => {
    const key = `permissions ${permissions}`
    await insertKey(key)
    await service.platform.script(
      `update public.api_keys set permissions = '${permissions}' where key_hash = encode(sha256('${key}'), 'hex')`,
    )
    const response = await fetch(`${service.url}/api/v1/files`, { headers: { 'x-api-key': key } })
    expect([response.status, await response.json()]).toMatchObject([
      403,
      { error_type: 'permission_denied' },
    ])
  },
)
