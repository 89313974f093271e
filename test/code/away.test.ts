/** A database or a project that says nothing any more, on connections that stay open: nobody waits for it for ever. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { slowness } from '@basalt/server/testing'
import { startPausingProxy } from './pausing-proxy.ts'
import type { PausingProxy } from './pausing-proxy.ts'
import { startTestService } from './test-service.ts'
import type { TestService, TestUser } from './test-service.ts'

const proxies: PausingProxy[] = []
let service: TestService
let ann: TestUser
beforeAll(async () => {
  service = await startTestService({
    urlOf: async (url) => {
      const proxy = await startPausingProxy(url)
      proxies.push(proxy)
      return proxy.url
    },
    // a job that begins at once was heard of, not found by the poll
    environment: { DATABASE_TIMEOUT_SECONDS: '2', CODE_POLL_SECONDS: '600' },
  })
  ann = await service.signUp('ann')
})
afterAll(async () => {
  await service.close()
  for (const proxy of proxies) proxy.close()
})

afterEach(() => {
  for (const proxy of proxies) proxy.serveNew()
})

const search = () => service.ask('/api/v1/symbols/search?pattern=frozen', ann.key)

async function pushed(name: string): Promise<string> {
  const origin = service.git.create(name)
  origin.commit({ 'a.ts': `export function ${name}() {}\n` })
  await origin.push()
  const made = await service.ask('/api/v1/repositories', ann.key, {
    method: 'POST',
    body: { git_url: origin.url },
  })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  return made.body.job_id
}

const statusOf = async (job: string) =>
  (await service.ask(`/api/v1/jobs/${job}`, ann.key)).body.status

test('callers are told so, and API and worker go on by new connections, without another start', async () => {
  const before = await pushed('before')
  await expect.poll(() => statusOf(before), { timeout: 20_000 }).toBe('completed')
  const [database] = proxies as [PausingProxy]
  database.pause()
  const startedAt = performance.now()
  // more than there are connections
  const answers = await Promise.all(Array.from({ length: 8 }, search))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
  expect(answers[0]?.body).toMatchObject({ error_type: 'unavailable' })
  expect(performance.now() - startedAt).toBeLessThan(20_000 * slowness())
  database.serveNew()
  await expect.poll(async () => (await search()).status, { timeout: 10_000 }).toBe(200)
  const after = await pushed('after')
  await expect.poll(() => statusOf(after), { timeout: 20_000 }).toBe('completed')
})

test('a project that says nothing is told as well, and asked again', async () => {
  const [, project] = proxies as [PausingProxy, PausingProxy]
  const list = () => service.ask('/api/v1/repositories', ann.key)
  expect(await list()).toMatchObject({ status: 200 })
  project.pause()
  expect(await list()).toMatchObject({ status: 503, body: { error_type: 'unavailable' } })
  project.serveNew()
  await expect.poll(async () => (await list()).status, { timeout: 10_000 }).toBe(200)
})

test('what ends meanwhile does not wait for it either', { timeout: 150_000 }, async () => {
  for (const proxy of proxies) proxy.pause()
  const startedAt = performance.now()
  await service.running.close()
  expect(performance.now() - startedAt).toBeLessThan(60_000 * slowness())
})
