import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFunctions } from './functions-project.fixture.ts'
import type { FunctionsProject } from './functions-project.fixture.ts'

/** Functions that mean harm; `neighbour` is to go on as if they were not there. */
const files = {
  'neighbour/index.ts': `let calls = 0\nDeno.serve(() => new Response(String(++calls)))`,
  'loop/index.ts': `Deno.serve(() => { for (;;); })`,
  'async-loop/index.ts': `Deno.serve(async () => { for (;;) await new Promise((resolve) => setTimeout(resolve, 0)).then(() => { const end = Date.now() + 20; while (Date.now() < end); }) })`,
  'loop-behind/index.ts': `Deno.serve(() => { setTimeout(() => { for (;;); }, 20); return new Response('answered') })`,
  'heap/index.ts': `Deno.serve(() => { const all = []; for (;;) all.push(new Array(10000).fill({}).map(() => ({}))) })`,
  'buffers/index.ts': `Deno.serve(async () => { const all = []; for (;;) { all.push(new Uint8Array(8_000_000).fill(1)); await new Promise((resolve) => setTimeout(resolve, 1)) } })`,
  'wasm-memory/index.ts': `Deno.serve(async () => { const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 }); for (;;) { memory.grow(100); new Uint8Array(memory.buffer).fill(1); await 0 } })`,
  'fork/index.ts': `Deno.serve(async () => { const tried = []; for (const run of [() => new Deno.Command('/bin/sh').spawn(), async () => (await import('node:child_process')).execFileSync('/bin/ls'), () => new Worker('data:text/javascript,'), () => Deno.dlopen('/lib/x86_64-linux-gnu/libc.so.6', {}), () => Deno.kill(1, 'SIGCONT')]) { try { await run(); tried.push('ran') } catch (error) { tried.push('refused') } } return Response.json(tried) })`,
  'thread/index.ts': `
import { Worker } from 'node:worker_threads'
const code = "const { parentPort } = require('node:worker_threads'); const tried = []; for (const run of [() => require('node:fs').readFileSync('/etc/passwd'), () => require('node:child_process').execFileSync('/bin/ls')]) try { run(); tried.push('ran') } catch { tried.push('refused') }; parentPort.postMessage(tried)"
Deno.serve(() => new Promise((resolve) => new Worker(code, { eval: true }).once('message', (tried) => resolve(Response.json(tried)))))`,
  'read/index.ts': `
import { createRequire } from 'node:module'
const secret = Deno.env.get('SECRET_FILE')!
const attempts: (() => unknown)[] = [
  () => Deno.readTextFileSync(secret),
  () => Deno.readTextFileSync('/etc/passwd'),
  () => Deno.readTextFileSync('/proc/self/environ'),
  () => [...Deno.readDirSync('/')],
  () => [...Deno.readDirSync(Deno.env.get('TMPDIR')! + '/../..')],
  async () => (await fetch('file://' + secret)).text(),
  () => import(secret, { with: { type: 'json' } }),
  () => import('data:text/javascript,' + encodeURIComponent('export { default } from "file://' + secret + '" with { type: "json" }')),
  () => { Deno.writeTextFileSync('/tmp/x.ts', 'export { default } from "file://' + secret + '" with { type: "json" }'); return import(Deno.env.get('TMPDIR') + '/x.ts') },
  () => createRequire(import.meta.url)(secret),
  () => { Deno.symlinkSync(secret, '/tmp/link'); return Deno.readTextFileSync('/tmp/link') },
  () => { Deno.linkSync(secret, Deno.env.get('TMPDIR') + '/link'); return Deno.readTextFileSync('/tmp/link') },
  async () => (await import('node:fs')).readFileSync(secret, 'utf8'),
  async () => new (await import('node:sqlite')).DatabaseSync(secret).exec('select 1'),
]
Deno.serve(async () => { const got = []; for (const attempt of attempts) { try { got.push(await attempt()) } catch { got.push('refused') } } return Response.json(got) })`,
  'write/index.ts': `
Deno.serve(async () => {
  const got = []
  for (const path of ['/etc/basalt-was-here', new URL('./index.ts', import.meta.url), new URL('../../deno.json', import.meta.url), Deno.env.get('TMPDIR') + '/../s', '/var/tmp/basalt-was-here'])
    try { Deno.writeTextFileSync(path, 'x'); got.push('written') } catch { got.push('refused') }
  Deno.writeTextFileSync('/tmp/mine', 'kept')
  got.push(Deno.readTextFileSync('/tmp/mine'))
  return Response.json(got)
})`,
  'fill/index.ts': `Deno.serve(async () => { for (let i = 0; ; i++) { Deno.writeFileSync('/tmp/' + i, new Uint8Array(1_000_000)); await new Promise((resolve) => setTimeout(resolve, 1)) } })`,
  'one-file/index.ts': `Deno.serve(() => { const file = Deno.openSync('/tmp/large', { write: true, create: true }); try { for (;;) file.writeSync(new Uint8Array(1_000_000)) } catch (error) { return new Response('refused ' + (error as Error).name) } })`,
  'giant/index.ts': `Deno.serve(() => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(100_000)) })))`,
  'rejects/index.ts': `Deno.serve(() => { Promise.reject(new Error('nobody waits')); return new Promise(() => {}) })`,
  'timer-throws/index.ts': `Deno.serve(() => { setTimeout(() => { throw new Error('in a timer') }, 1); return new Promise(() => {}) })`,
  'exit/index.ts': `import process from 'node:process'\nDeno.serve((request) => { if (request.url.endsWith('deno')) Deno.exit(3); if (request.url.endsWith('node')) process.exit(3); return new Response('stayed') })`,
  'pollute/index.ts': `Deno.serve(() => { (Object.prototype as any).status = 200; (Object.prototype as any).toJSON = () => 'mine'; (Array.prototype as any).push = () => { throw 1 }; (globalThis as any).Response = class {}; JSON.stringify = () => 'mine'; console.log({ a: 1 }); throw new Error('after that') })`,
  'flood/index.ts': `Deno.serve(() => { for (let i = 0; i < 200_000; i++) console.log('line ' + i); return new Response('flooded') })`,
  'raw-flood/index.ts': `Deno.serve(async () => { const line = new TextEncoder().encode('x'.repeat(1_000_000)); for (let i = 0; i < 6; i++) await Deno.stdout.write(line); return new Response('flooded') })`,
  'forge/index.ts': `Deno.serve(() => { Deno.stdout.writeSync(new TextEncoder().encode('{"kind":"fault","text":5}\\n{"kind":"log","level":"fatal","text":"x","request":null}\\n{"kind":"ready"}\\n{broken\\n')); return new Response('forged') })`,
  'listen/index.ts': `Deno.serve(async () => { try { Deno.listen({ port: 0 }); return new Response('listened') } catch { return new Response('refused') } })`,
  'boot-loop/index.ts': `for (;;);\nexport {}`,
  'boot-waits/index.ts': `await new Promise((resolve) => setTimeout(resolve, 60_000))\nDeno.serve(() => new Response('late'))`,
  'odd-answer/index.ts': `Deno.serve((request) => { if (request.url.endsWith('headers')) return new Response('x', { headers: { 'content-length': '999', 'transfer-encoding': 'chunked', connection: 'close', 'x-basalt-fault': '1' } }); if (request.url.endsWith('null')) return null as never; return Response.redirect('http://127.0.0.1:1/', 302) })`,
}

const settings = {
  import_map: null,
  entrypoint: null,
  static_files: [],
  enabled: true,
  verify_jwt: true,
}
const secretFile = '/tmp/basalt-functions-secret.json'
let project: FunctionsProject
let inner: ReturnType<typeof createServer>

beforeAll(async () => {
  writeFileSync(secretFile, '{"secret":true}', { mode: 0o644 })
  inner = createServer((_, response) => response.end('inner')).listen(0)
  project = await startFunctions(files, {
    config: {
      'basalt.functions.cpu_limit': 400,
      'basalt.functions.wall_limit': 20_000,
      'basalt.functions.response_timeout': 15_000,
      'basalt.functions.boot_timeout': 2000,
      'basalt.functions.memory_limit': 160 * 1024 * 1024,
      'basalt.functions.max_tmp_size': 20_000_000,
      'basalt.functions.max_response_size': 5_000_000,
      functions: { read: { ...settings, env: { SECRET_FILE: secretFile } } },
    },
  })
  await expectNeighbour()
})
afterAll(async () => {
  inner.close()
  rmSync(secretFile, { force: true })
  await project.close()
})

/** The neighbour's worker has lived through it, and the gateway answers. */
let neighbourCalls = 0
async function expectNeighbour(): Promise<void> {
  const response = await project.call('neighbour')
  expect(await response.text()).toBe(String(++neighbourCalls))
  expect((await fetch(`${project.url}/health`)).status).toBe(200)
}

async function told(name: string): Promise<[status: number, code: string, details: string]> {
  const response = await project.call(name)
  const body = (await response.json()) as Record<string, string>
  return [response.status, body['code'] ?? '', body['details'] ?? '']
}

test.each(['loop', 'async-loop'])('%s: ended by its CPU time', async (name) => {
  expect(await told(name)).toEqual([
    546,
    'WORKER_LIMIT',
    expect.stringMatching(/^CPU time: 400 ms/),
  ])
  await expectNeighbour()
})

test('a loop behind the answer is ended too', async () => {
  expect(await (await project.call('loop-behind')).text()).toBe('answered')
  await expect
    .poll(() =>
      project.logged.some(
        ({ message, function: name }) =>
          name === 'loop-behind' && message.startsWith('The worker was stopped: CPU'),
      ),
    )
    .toBe(true)
  await expectNeighbour()
})

test.each(['heap', 'buffers', 'wasm-memory'])('%s: ended by its memory', async (name) => {
  expect(await told(name)).toEqual([
    546,
    'WORKER_LIMIT',
    expect.stringMatching(/^(memory|CPU time)/),
  ])
  await expectNeighbour()
})

test('no other processes, threads or libraries', async () => {
  expect(await (await project.call('fork')).json()).toEqual(Array(5).fill('refused'))
})

test('a thread has no more rights than its function', async () => {
  expect(await (await project.call('thread')).json()).toEqual(['refused', 'refused'])
})

test('no other files are read', async () => {
  expect(await (await project.call('read')).json()).toEqual(Array(14).fill('refused'))
})

test('no other files are written', async () => {
  expect(await (await project.call('write')).json()).toEqual([...Array(5).fill('refused'), 'kept'])
  expect(existsSync('/tmp/mine')).toBe(false)
})

test('/tmp is bounded', async () => {
  expect(await told('fill')).toEqual([546, 'WORKER_LIMIT', expect.stringMatching(/^\/tmp/)])
  const single = await project.call('one-file')
  expect(
    single.status === 546 || single.status === 500 || (await single.text()).startsWith('refused'),
  ).toBe(true)
  await expectNeighbour()
})

test('forbidden network: this machine, private and metadata addresses, by any name', async () => {
  const { port } = inner.address() as AddressInfo
  const targets = [
    `http://127.0.0.1:${port}/`,
    `http://localhost:${port}/`,
    `http://2130706433:${port}/`,
    `http://0x7f.1:${port}/`,
    `http://[::1]:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://0.0.0.0:${port}/`,
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'http://192.168.1.1/',
    'http://100.100.100.200/',
    'http://[fd00:ec2::254]/',
  ]
  project.write(
    'network/index.ts',
    `import net from 'node:net'
import http from 'node:http'
const targets: string[] = ${JSON.stringify(targets)}
const port = ${port}
const settle = async (work: () => unknown) => { try { await work(); return 'reached' } catch { return 'refused' } }
const connected = (socket: net.Socket) => new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
Deno.serve(async () => Response.json(await Promise.all([
  ...targets.map((url) => settle(() => fetch(url, { signal: AbortSignal.timeout(1000) }))),
  settle(() => Deno.connect({ hostname: 'localhost', port })),
  settle(() => Deno.connect({ hostname: '::ffff:127.0.0.1', port })),
  settle(() => connected(net.connect(port, 'localhost'))),
  settle(() => new Promise((resolve, reject) => http.get({ host: '127.0.0.1', port }, resolve).on('error', reject))),
  settle(() => new Promise((resolve, reject) => { const socket = new WebSocket('ws://localhost:' + port); socket.onopen = resolve; socket.onerror = reject })),
  settle(() => fetch('http://example.com/', { client: Deno.createHttpClient({ proxy: { url: 'http://127.0.0.1:' + port } }) })),
  settle(() => fetch('http://example.com/', { client: Deno.createHttpClient({ proxy: { url: 'http://localhost:' + port } }) })),
  settle(() => Deno.connect({ transport: 'unix', path: '/var/run/docker.sock' })),
  settle(() => import('http://127.0.0.1:' + port + '/x.js')),
])))`,
  )
  const answers = (await (await project.call('network')).json()) as string[]
  expect(answers).toEqual(Array(targets.length + 9).fill('refused'))
})

test('a giant response is cut', async () => {
  const giant = await project.call('giant')
  await expect(giant.arrayBuffer()).rejects.toThrow(/terminated/)
  await expectNeighbour()
})

test('a slow reader holds up nobody, and holds no more than a little', async () => {
  const { port } = new URL(project.url)
  const reader = httpRequest({
    port,
    path: '/functions/v1/giant',
    headers: { authorization: `Bearer ${project.platform.keys.anonKey}` },
  })
  const response = await new Promise<IncomingMessage>((resolve) => {
    reader.once('response', resolve)
    reader.end()
  })
  response.pause()
  const before = process.memoryUsage().rss
  for (let i = 0; i < 20; i++) await expectNeighbour()
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  reader.destroy()
})

test.each([
  ['rejects', /^rejects\/index\.ts:1:\d+: Error: nobody waits/],
  ['timer-throws', /^timer-throws\/index\.ts:1:\d+: Error: in a timer/],
])(
  '%s: the worker ends, its caller hears why, the next one has a new worker',
  async (name, details) => {
    for (let i = 0; i < 2; i++)
      expect(await told(name)).toEqual([500, 'WORKER_ERROR', expect.stringMatching(details)])
    await expectNeighbour()
  },
)

test('a function cannot end its process', async () => {
  expect((await told('exit/deno'))[2]).toMatch(/cannot end its process/)
  expect((await told('exit/node'))[2]).toMatch(/cannot end its process/)
  expect(await (await project.call('exit')).text()).toBe('stayed')
})

test('what it does to its prototypes stays with it', async () => {
  const response = await project.call('pollute')
  expect(response.status).toBeGreaterThanOrEqual(500)
  await response.arrayBuffer()
  await expectNeighbour()
})

test('a flood of logs is cut short', async () => {
  const before = project.logged.length
  expect(await (await project.call('flood')).text()).toBe('flooded')
  const raw = await project.call('raw-flood')
  expect(raw.status).toBe(200)
  await expectNeighbour()
  expect(project.logged.length - before).toBeLessThan(2000)
})

test('forged reports change nothing', async () => {
  expect(await (await project.call('forge')).text()).toBe('forged')
  expect(await (await project.call('forge')).text()).toBe('forged')
})

test('no listening', async () => {
  expect(await (await project.call('listen')).text()).toBe('refused')
})

test.each(['boot-loop', 'boot-waits'])('%s: given up', async (name) => {
  expect(await told(name)).toEqual([
    546,
    'WORKER_LIMIT',
    expect.stringContaining('not ready within 2 s'),
  ])
  await expectNeighbour()
})

test('odd answers are framed by us', async () => {
  const response = await project.call('odd-answer/headers')
  expect(response.status).toBeGreaterThanOrEqual(200)
  await response.arrayBuffer()
  expect((await project.call('odd-answer/null')).status).toBe(500)
  const redirect = await project.call('odd-answer', { redirect: 'manual' })
  expect([redirect.status, redirect.headers.get('location')]).toEqual([302, 'http://127.0.0.1:1/'])
})

test('1,000 calls at the same time are all answered', async () => {
  const statuses = await Promise.all(
    Array.from({ length: 1000 }, async () => {
      const response = await project.call('neighbour')
      await response.arrayBuffer()
      return response.status
    }),
  )
  neighbourCalls += 1000
  expect(new Set(statuses)).toEqual(new Set([200]))
  await expectNeighbour()
})

test('broken calls at the same time start one worker, not a thousand', async () => {
  const statuses = await Promise.all(
    Array.from({ length: 200 }, async () => (await project.call('boot-fault')).status),
  )
  expect(new Set(statuses)).toEqual(new Set([404]))
  project.write('boot-fault/index.ts', `throw new Error('at import')`)
  const broken = await Promise.all(
    Array.from({ length: 200 }, async () => (await project.call('boot-fault')).status),
  )
  expect(new Set(broken)).toEqual(new Set([503]))
  expect(
    project.logged.filter(
      ({ message, function: name }) =>
        name === 'boot-fault' && message.startsWith('Error: at import'),
    ).length,
  ).toBeLessThan(5)
})
