/** Keys of Basalt's own kind and these are the same: either may have made the tables. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestService } from './test-service.ts'
import type { TestService } from './test-service.ts'

let service: TestService
beforeAll(async () => {
  service = await startTestService({
    works: false,
    platform: { config: { 'basalt.api_keys.enabled': true } },
  })
})
afterAll(() => service.close())

test('a key that Basalt made is taken by the API, and one that was issued here by Basalt', async () => {
  const ann = await service.signUp('ann')
  const { data, error } = await ann.client
    .from('api_keys')
    .insert({ name: 'of basalt', permissions: { read: true, write: false } })
    .select()
    .single()
  expect(error).toBeNull()
  const { key } = data as { key: string }
  expect(key).toMatch(/^basalt_ak_/)
  expect((await service.ask('/api/v1/repositories', key)).status).toBe(200)
  const response = await fetch(`${service.platform.url}/rest/v1/api_keys?select=name`, {
    headers: { apikey: ann.key },
  })
  expect(response.status).toBe(200)
  expect(await response.json()).toHaveLength(2)
})

test('Basalt takes over the tables that were made here', async () => {
  const other = await startTestService({ works: false })
  try {
    const bob = await other.signUp('bob')
    // a project's DATABASE_URL is that of postgres; tests have the superuser's
    for (const table of ['api_keys', 'documents', 'usage_metrics', 'token_usage'])
      await other.platform.script(`alter table public.${table} owner to postgres`)
    const { serviceRoleKey } = other.platform.platform.keys
    const enabled = await fetch(`${other.platform.url}/admin/v1/projects/default/api-keys/enable`, {
      method: 'POST',
      headers: { authorization: `Bearer ${serviceRoleKey}` },
    })
    expect(await enabled.json(), JSON.stringify(other.platform.logged.slice(-3))).toMatchObject({
      enabled: true,
      keys: 1,
    })
    const response = await fetch(`${other.platform.url}/rest/v1/api_keys?select=name`, {
      headers: { apikey: bob.key },
    })
    expect([response.status, await response.json()]).toEqual([200, [{ name: 'test' }]])
    expect((await other.ask('/api/v1/repositories', bob.key)).status).toBe(200)
  } finally {
    await other.close()
  }
})
