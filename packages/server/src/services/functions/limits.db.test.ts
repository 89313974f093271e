import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startFunctions } from './functions-project.fixture.ts'
import type { FunctionsProject } from './functions-project.fixture.ts'

let project: FunctionsProject | null = null
afterEach(async () => {
  await project?.close()
  project = null
})

const hello = `Deno.serve(() => new Response('hello'))`

test('without Deno a call says what to install, and nothing else is the worse for it', async () => {
  project = await startFunctions(
    { 'hello/index.ts': hello },
    { config: { 'basalt.functions.deno_path': '/nowhere/deno' } },
  )
  const response = await project.call('hello')
  expect([response.status, await response.json()]).toEqual([
    503,
    {
      code: 'BOOT_ERROR',
      message: expect.stringContaining('not installed') as string,
      details: expect.stringContaining('npm install deno@') as string,
    },
  ])
  expect((await project.call('none')).status).toBe(404)
  expect(
    (await fetch(`${project.url}/rest/v1/`, { headers: { apikey: project.platform.keys.anonKey } }))
      .status,
  ).toBe(200)
})

test('a closed network: nothing but the project and what is named', async () => {
  let port = 0
  const inner = createServer((request, response) =>
    request.url === '/away'
      ? response.writeHead(302, { location: 'http://127.0.0.1:8099/' }).end()
      : response.end(`inner ${request.headers.host === `localhost:${port}`}`),
  ).listen(0, '127.0.0.1')
  await new Promise((resolve) => inner.once('listening', resolve))
  port = (inner.address() as AddressInfo).port
  const reach = `
import net from 'node:net'
const settle = async (work: () => Promise<unknown>) => { try { return await work() } catch (error) { return 'refused ' + (error as Error).name } }
const get = (url: string) => settle(async () => (await fetch(url)).text())
const hear = (port: number) => settle(() => new Promise((resolve, reject) => { const socket = net.connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.0\\r\\n\\r\\n')); socket.once('data', (data) => resolve(String(data).split('\\r\\n')[0])); socket.once('error', reject) }))
Deno.serve(async () => Response.json([
  await get('http://localhost:${port}/'),
  await get('http://localhost:${port}/away'),
  await hear(${port}),
  await get('http://127.0.0.1:${port + 1}/'),
  await get('http://example.com/'),
  await settle(async () => (await fetch(Deno.env.get('SUPABASE_URL') + '/rest/v1/', { headers: { apikey: Deno.env.get('SUPABASE_ANON_KEY')! } })).status),
]))`
  project = await startFunctions(
    { 'reach/index.ts': reach },
    {
      config: {
        'basalt.functions.network': 'closed',
        'basalt.functions.allowed_hosts': [`localhost:${port}`, 'api.example.org'],
      },
    },
  )
  expect(await (await project.call('reach')).json()).toEqual([
    'inner true',
    'refused NotCapable',
    'HTTP/1.1 200 OK',
    'refused NotCapable',
    'refused NotCapable',
    200,
  ])
  inner.close()
})

test('a call that finds no room waits, and one too many is told so', async () => {
  const slow = `Deno.serve(async () => { await new Promise((resolve) => setTimeout(resolve, 300)); return new Response('slow') })`
  project = await startFunctions(
    { 'slow/index.ts': slow, 'hello/index.ts': hello },
    { config: { 'basalt.functions.max_concurrency': 2 } },
  )
  const { call } = project
  await (await call('slow')).text()
  const answers = await Promise.all(
    Array.from({ length: 6 }, async () => (await call('slow')).status),
  )
  expect(answers).toEqual(Array(6).fill(200))
  // two run, twenty wait
  const many = Promise.all(Array.from({ length: 40 }, async () => (await call('slow')).status))
  expect(await (await call('hello')).text()).toBe('hello')
  const statuses = await many
  expect(statuses.filter((status) => status === 200)).toHaveLength(22)
  expect(statuses.filter((status) => status === 503)).toHaveLength(18)
})

test('a stream that ends makes room for who waits', async () => {
  const stream = `Deno.serve(() => new Response(new ReadableStream({ start(controller) { controller.enqueue(new Uint8Array(1)); setTimeout(() => controller.close(), 200) } })))`
  project = await startFunctions(
    { 'stream/index.ts': stream },
    { config: { 'basalt.functions.max_concurrency': 1 } },
  )
  const { call } = project
  const began = performance.now()
  await Promise.all(Array.from({ length: 4 }, async () => (await call('stream')).arrayBuffer()))
  expect(performance.now() - began).toBeLessThan(5000)
})

test('who never answers is given up, and who never ends is cut', async () => {
  const files = {
    'silent/index.ts': `Deno.serve(() => new Promise(() => {}))`,
    'endless/index.ts': `Deno.serve(() => new Response(new ReadableStream({ pull: (controller) => { controller.enqueue(new Uint8Array(1)); return new Promise((resolve) => setTimeout(resolve, 20)) } })))`,
    'socket/index.ts': `Deno.serve((request) => Deno.upgradeWebSocket(request).response)`,
  }
  const config = { 'basalt.functions.response_timeout': 500, 'basalt.functions.wall_limit': 1200 }
  project = await startFunctions(files, { config })
  const silent = await project.call('silent')
  expect([silent.status, await silent.json()]).toEqual([
    504,
    {
      code: 'IDLE_TIMEOUT',
      message: 'The function did not answer in time',
      details: 'no answer within 0.5 s',
    },
  ])
  const endless = await project.call('endless')
  await expect(endless.arrayBuffer()).rejects.toThrow(/terminated/)
  const socket = new WebSocket(`${project.url.replace('http', 'ws')}/functions/v1/socket`, {
    headers: { authorization: `Bearer ${project.platform.keys.anonKey}` },
  })
  expect(await new Promise((resolve) => socket.once('close', resolve))).toBe(1001)
})

test('no more workers than allowed: one that has nothing to do makes room', async () => {
  const files = Object.fromEntries(
    ['a', 'b', 'c'].map((name) => [
      `${name}/index.ts`,
      `let calls = 0\nDeno.serve(() => new Response('${name}' + ++calls))`,
    ]),
  )
  project = await startFunctions(files, { config: { 'basalt.functions.max_workers': 2 } })
  const texts: string[] = []
  for (const name of ['a', 'b', 'b', 'c', 'a']) texts.push(await (await project.call(name)).text())
  expect(texts).toEqual(['a1', 'b1', 'b2', 'c1', 'a1'])
  const metric = await (await project.call('_internal/metric')).json()
  expect(
    (metric as { active_user_workers_count: number }).active_user_workers_count,
  ).toBeLessThanOrEqual(2)
})

test('a worker nobody calls goes, and says so to its function first', async () => {
  const files = {
    'hello/index.ts': `addEventListener('beforeunload', (event) => console.log('before the end: ' + (event as CustomEvent).detail.reason))\n${hello}`,
  }
  project = await startFunctions(files, { config: { 'basalt.functions.idle_timeout': 200 } })
  const { call, logged } = project
  await (await call('hello')).text()
  await expect
    .poll(() => logged.map(({ message }) => message))
    .toContain('before the end: early_drop')
  await expect
    .poll(async () => (await call('_internal/metric')).json())
    .toEqual({ active_user_workers_count: 0 })
  expect(await (await call('hello')).text()).toBe('hello')
})

test('oneshot: a worker for each call', async () => {
  project = await startFunctions(
    { 'count/index.ts': `let calls = 0\nDeno.serve(() => new Response(String(++calls)))` },
    { config: { 'edge_runtime.policy': 'oneshot' } },
  )
  for (let i = 0; i < 2; i++) expect(await (await project.call('count')).text()).toBe('1')
})

test('calls are counted by how they ended', async () => {
  const files = {
    'hello/index.ts': hello,
    'throws/index.ts': `Deno.serve(() => { throw new Error('no') })`,
    'broken/index.ts': `throw new Error('no')`,
  }
  project = await startFunctions(files)
  for (const name of ['hello', 'hello', 'throws', 'broken', 'none'])
    await (await project.call(name)).text()
  const response = await project.platform.handleAdmin({
    method: 'GET',
    path: '/metrics',
    query: '',
    headers: {},
    remoteAddress: '',
    cancellation: { cancelled: false, onCancel: () => () => {} },
    body: { read: () => Promise.resolve(new Uint8Array()), stream: async function* () {} },
  })
  const text = String(response.body)
  expect(text).toContain(
    'function_invocations_total{project="default",function="hello",outcome="ok"} 2',
  )
  expect(text).toContain(
    'function_invocations_total{project="default",function="throws",outcome="error"} 1',
  )
  expect(text).toContain(
    'function_invocations_total{project="default",function="broken",outcome="boot_error"} 1',
  )
  expect(text).not.toContain('function="none"')
  expect(text).toMatch(/function_duration_seconds_count\{project="default",function="hello"\} 2/)
  expect(text).toMatch(/function_workers_active\{project="default"\} 2/)
})
