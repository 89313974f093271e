/** Customers' keys on a node of many projects: each project's own, on or off. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freePort } from '@basalt/server/node'
import { findRedis, startRedis, startTestFleet } from '@basalt/server/testing'
import type { ProjectRecord, RedisServer, TestFleet } from '@basalt/server/testing'
import { anonHeaders, clientOf, send } from './fleet.ts'

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

const redisProgram = findRedis()
describe.skipIf(redisProgram === null)('two nodes over Redis', () => {
  let redis: RedisServer
  let shared: TestFleet
  const urls: string[] = []
  beforeAll(async () => {
    redis = await startRedis(redisProgram ?? '')
    const config = { 'basalt.redis_url': redis.url }
    shared = await startTestFleet({ config })
    urls.push(shared.url, (await shared.startNode(config)).url)
  })
  afterAll(async () => {
    await shared.close()
    await redis.kill()
  })

  /** As many with this key at one node. */
  const passed = async (url: string, ref: string, key: string, count: number): Promise<number> => {
    const headers = { host: `${ref}.test.example`, 'x-api-key': key }
    const ask = () => send(`${url}/rest/v1/api_keys?select=name`, headers)
    const answers = await Promise.all(Array.from({ length: count }, ask))
    return answers.filter(({ status }) => status === 200).length
  }

  test('count the requests of a key together, and those of each project apart', async () => {
    const config = { basalt: { api_keys: { enabled: true } } }
    const keys = new Map<string, string>()
    for (const ref of ['one', 'two']) {
      const project = await shared.create(ref, { config })
      const client = clientOf(shared.url, ref, project.keys.publishableKey)
      await client.auth.signUp({ email: 'a@example.com', password: 'correct horse battery' })
      // the id too is the same in both
      const row = { id: '11111111-1111-4111-8111-111111111111', name: 'k', rate_limit: 40 }
      const { data, error } = await client.from('api_keys').insert(row).select().single()
      expect(error).toBeNull()
      keys.set(ref, (data as { key: string }).key)
    }
    const [first = '', second = ''] = urls
    const [one = '', two = ''] = [keys.get('one'), keys.get('two')]
    // both nodes have the project open
    expect(await Promise.all(urls.map((url) => passed(url, 'one', one, 10)))).toEqual([10, 10])
    expect(await passed(first, 'one', one, 30)).toBeGreaterThanOrEqual(20)
    await vi.waitUntil(async () => (await passed(second, 'one', one, 1)) === 0, {
      timeout: 5_000,
      interval: 50,
    })
    expect(await passed(second, 'two', two, 40)).toBe(40)
    await vi.waitUntil(async () => (await passed(first, 'two', two, 1)) === 0, {
      timeout: 5_000,
      interval: 50,
    })
  })
})
