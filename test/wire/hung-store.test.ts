/** Where objects are kept does not answer, and a node is asked to end. */
import { expect, test } from 'vitest'
import { createMemoryStore } from '#base/blob'
import { startTestPlatform } from '#testing'

test('a request that hangs holds up the end for shutdown_timeout, not for as long as it hangs', async () => {
  const blobs = createMemoryStore()
  let asked = (): void => {}
  const isAsked = new Promise<void>((resolve) => (asked = resolve))
  const hung = new Promise<never>(() => {})
  const put = (): Promise<never> => {
    asked()
    return hung
  }
  const server = await startTestPlatform({
    blobs: { ...blobs, put },
    config: { 'basalt.shutdown_timeout': 200 },
  })
  const key = server.platform.keys.serviceRoleKey
  const headers = { apikey: key, authorization: `Bearer ${key}` }
  const post = (path: string, body: string, type: string): Promise<Response> =>
    server.platform.fetch(new URL(path, server.url), {
      method: 'POST',
      headers: { ...headers, 'content-type': type },
      body,
    })
  await post('/storage/v1/bucket', '{"name":"files"}', 'application/json')
  void post('/storage/v1/object/files/a.txt', 'text', 'text/plain').catch(() => {})
  await isAsked
  const began = performance.now()
  await server.close()
  expect(performance.now() - began).toBeLessThan(5_000)
}, 15_000)
