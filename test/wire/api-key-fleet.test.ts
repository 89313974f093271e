/** Customers' keys on a node of many projects: each project's own, on or off. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { freePort } from '@basalt/server/node'
import { startTestFleet } from '@basalt/server/testing'
import type { ProjectRecord, TestFleet } from '@basalt/server/testing'
import { anonHeaders, clientOf } from './fleet.ts'

let fleet: TestFleet
let a: ProjectRecord
let b: ProjectRecord
let c: ProjectRecord
beforeAll(async () => {
  // a configuration that is changed at run time may not have two ports alike, 0 neither
  fleet = await startTestFleet({ config: { 'api.port': await freePort() } })
  const config = { basalt: { api_keys: { enabled: true } } }
  ;[a, b, c] = await Promise.all([
    fleet.create('alpha', { config }),
    fleet.create('beta', { config }),
    fleet.create('gamma'),
  ])
})
afterAll(() => fleet.close())

async function makeKey(project: ProjectRecord): Promise<string> {
  const client = clientOf(fleet.url, project.ref, project.keys.publishableKey)
  await client.auth.signUp({ email: 'a@example.com', password: 'correct horse battery' })
  const { data, error } = await client.from('api_keys').insert({ name: 'k' }).select().single()
  if (error !== null) throw new Error(error.message)
  return (data as { key: string }).key
}

const statusAt = async (project: ProjectRecord, key: string): Promise<number> => {
  const headers = { ...anonHeaders(project), 'x-api-key': key }
  return (await fetch(`${fleet.url}/rest/v1/api_keys`, { headers })).status
}

test('a key is a key of its project alone', async () => {
  const [ofA, ofB] = [await makeKey(a), await makeKey(b)]
  expect([await statusAt(a, ofA), await statusAt(b, ofA)]).toEqual([200, 401])
  expect([await statusAt(b, ofB), await statusAt(a, ofB)]).toEqual([200, 401])
})

test('enabled on a project that runs', async () => {
  const enable = await fetch(`${fleet.url}/admin/v1/projects/gamma/api-keys/enable`, {
    method: 'POST',
    headers: { 'x-project-ref': 'gamma', authorization: `Bearer ${c.keys.serviceRoleKey}` },
  })
  expect([enable.status, await enable.json()]).toMatchObject([200, { enabled: true, keys: 0 }])
  const key = await vi.waitUntil(() => makeKey(c).catch(() => null), {
    timeout: 15_000,
    interval: 50,
  })
  expect(await statusAt(c, key)).toBe(200)
})
