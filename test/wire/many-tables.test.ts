import { afterAll, beforeAll, expect, test } from 'vitest'
import { executeDirectly, slowness, startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'

/** Half a second of work in Node for the catalog, the OpenAPI document and the types together. */
const count = 1_500
let server: TestPlatform

beforeAll(async () => {
  const schema = [...Array(count).keys()].map(
    (at) =>
      `create table t${at} (id int primary key, name text default 'x', note text, at timestamptz,
        parent int ${at === 0 ? '' : `references t${at - 1}`});`,
  )
  server = await startTestPlatform()
  // what locks as many relations as that needs more than one transaction
  for (let at = 0; at < count; at += 300) {
    await executeDirectly(
      server.databaseUrl,
      `do $$ begin ${schema.slice(at, at + 300).join('')} end $$`,
    )
  }
})
afterAll(() => server.close())

/** The longest time that nothing else could run while `work` was done: of the clock or of the CPU, which is less on a busy machine. */
async function longestBlockMs(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let isDone = false
  let at = performance.now()
  let cpu = process.cpuUsage()
  const look = (): void => {
    const { user, system } = process.cpuUsage(cpu)
    longest = Math.max(longest, Math.min(performance.now() - at, (user + system) / 1000))
    at = performance.now()
    cpu = process.cpuUsage()
    if (!isDone) setImmediate(look)
  }
  setImmediate(look)
  await work()
  isDone = true
  return longest
}

async function get(path: string, type: string): Promise<string> {
  const { serviceRoleKey } = server.platform.keys
  const headers = {
    apikey: serviceRoleKey,
    authorization: `Bearer ${serviceRoleKey}`,
    accept: type,
  }
  const response = await server.platform.fetch(`http://x${path}`, { headers })
  expect(response.status).toBe(200)
  return response.text()
}

// what blocks does so each time; a processor that others slow down does not
test(
  'a catalog, an OpenAPI document and types of many tables hold nobody up',
  { retry: 2 },
  async () => {
    const allowedMs = 50 * slowness()
    let document = ''
    // its name is new at each try
    const last = `last_${Date.now()}`
    const reload = async (): Promise<void> => {
      await server.script(`create table ${last} (id int); notify pgrst, 'reload schema'`)
      await expect.poll(() => get(`/rest/v1/${last}`, 'application/json')).toBe('[]')
    }
    expect(await longestBlockMs(reload)).toBeLessThan(allowedMs)
    const describe = async (): Promise<void> => {
      document = await get('/rest/v1/', 'application/openapi+json')
    }
    expect(await longestBlockMs(describe)).toBeLessThan(allowedMs)
    const { definitions } = JSON.parse(document) as { definitions: object }
    expect(Object.keys(definitions).filter((name) => /^t\d/.test(name))).toHaveLength(count)
    let types = ''
    const generate = async (): Promise<void> => {
      types = await get('/pg/generators/typescript?included_schemas=public', '*/*')
    }
    expect(await longestBlockMs(generate)).toBeLessThan(allowedMs)
    expect(types.match(/foreignKeyName:/g)).toHaveLength(count - 1)
  },
)
