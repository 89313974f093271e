/** A project is paused or deleted while it is in use: who is connected, what runs, and what a request finds afterwards. */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import { executeDirectly, startTestFleet, testActor } from '@basalt/server/testing'
import type { TestFleet } from '@basalt/server/testing'
import { anonHeaders, send } from './fleet.ts'

let fleet: TestFleet
beforeAll(async () => {
  fleet = await startTestFleet()
})
afterAll(() => fleet.close())

const soon = { timeout: 2_000, interval: 20 }

async function busy(ref: string) {
  const project = await fleet.create(ref)
  await executeDirectly(
    project.databaseUrl,
    `create function public.nap(seconds float) returns text language sql volatile as
      'select pg_sleep(seconds)::text'`,
    "notify pgrst, 'reload schema'",
  )
  const url = `${fleet.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${project.keys.anonKey}`
  const socket = new WebSocket(url, { headers: { host: `${ref}.test.example` } })
  await once(socket, 'open')
  const closed = vi.fn<(code: number) => void>()
  socket.on('close', closed)
  const slow = send(
    `${fleet.url}/rest/v1/rpc/nap`,
    {
      'x-project-ref': ref,
      apikey: project.keys.secretKey,
      'content-type': 'application/json',
    },
    { method: 'POST', body: '{"seconds":5}' },
  )
  await vi.waitFor(
    () =>
      executeDirectly(
        project.databaseUrl,
        `do $$ begin assert exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()); end $$`,
      ),
    soon,
  )
  return { project, closed, slow }
}

test('paused: sockets end at once, what runs is answered, and resumed it answers at once', async () => {
  const { project, closed, slow } = await busy('paused')
  const ask = () => send(`${fleet.url}/rest/v1/`, anonHeaders(project))
  await fleet.control.projects.pause('paused', testActor)
  await vi.waitUntil(async () => (await ask()).status === 540, soon)
  await vi.waitUntil(() => closed.mock.calls.length > 0, soon)
  await fleet.control.projects.resume('paused', testActor)
  const answered = vi.fn<() => void>()
  void slow.then(answered)
  await vi.waitUntil(async () => (await ask()).status !== 540, soon)
  expect((await ask()).status).toBe(200)
  // not only when what was asked before has been
  expect(answered).not.toHaveBeenCalled()
  expect((await slow).status).toBe(200)
})

test('deleted: sockets end at once', async () => {
  const { project, closed, slow } = await busy('deleted')
  await fleet.control.projects.remove('deleted', testActor)
  const ask = () => send(`${fleet.url}/rest/v1/`, anonHeaders(project))
  await vi.waitUntil(async () => (await ask()).status === 410, soon)
  await vi.waitUntil(() => closed.mock.calls.length > 0, soon)
  expect((await slow).status).toBe(200)
})

test('deleted: nothing of it stays in the metrics', async () => {
  const node = await fleet.startNode()
  const metrics = async (): Promise<string> => (await fetch(`${node.adminUrl}/metrics`)).text()
  const project = await fleet.create('counted')
  await send(`${node.url}/rest/v1/`, anonHeaders(project))
  expect(await metrics()).toMatch(/http_requests_total\{.*project="counted"\} 1/)
  await fleet.control.projects.remove('counted', testActor)
  await expect.poll(metrics).not.toContain('project="counted"')
})
