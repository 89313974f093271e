/** Closing: what runs is answered, what is new is refused, nothing is left open. */
import { expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'

const schema = `
  create function public.slow() returns text language sql volatile as $$ select pg_sleep(0.4)::text || 'done' $$;`

test('a request in flight is answered, one that comes after is 503 shutting_down', async () => {
  const server = await startTestPlatform({ schema })
  const { platform } = server
  const headers = { apikey: platform.keys.publishableKey, 'content-type': 'application/json' }
  const call = () =>
    platform.fetch('http://in.process/rest/v1/rpc/slow', { method: 'POST', headers, body: '{}' })
  const running = call()
  await expect
    .poll(async () =>
      String(
        (
          await platform.handleAdmin({
            method: 'GET',
            path: '/metrics',
            query: '',
            headers: {},
            remoteAddress: '',
            cancellation: { cancelled: false, onCancel: () => () => {} },
            body: { read: () => Promise.resolve(new Uint8Array()), stream: async function* () {} },
          })
        ).body,
      ),
    )
    .toMatch(/database_connections_active\{project="default",pool="api"\} 1/)
  const closing = platform.close()
  const refused = await call()
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
    503,
    'shutting_down',
  ])
  const answered = await running
  expect([answered.status, await answered.text()]).toEqual([200, '"done"'])
  await closing
  await server.close()
})

test('a client that goes away takes its statement with it', async () => {
  const server = await startTestPlatform({
    schema: `create function public.forever() returns void language sql as $$ select pg_sleep(60) $$;`,
  })
  const controller = new AbortController()
  const { publishableKey } = server.platform.keys
  const call = fetch(`${server.url}/rest/v1/rpc/forever`, {
    method: 'POST',
    headers: { apikey: publishableKey, 'content-type': 'application/json' },
    body: '{}',
    signal: controller.signal,
  }).catch((error: unknown) => error)
  const sleepers = () =>
    server.count(
      `select count(*)::int as n from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`,
    )
  await expect.poll(sleepers).toBe(1)
  controller.abort()
  await call
  await expect.poll(sleepers).toBe(0)
  await server.close()
})
