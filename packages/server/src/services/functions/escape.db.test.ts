import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFunctions } from './functions-project.fixture.ts'
import type { FunctionsProject } from './functions-project.fixture.ts'

/** Functions that lie to the one who watches them, and hold on to what they were lent. */
const eat = `const eaten: Uint8Array[] = []
const eat = () => { if (eaten.length < 400) eaten.push(new Uint8Array(2_000_000).fill(1)) }
`
const files = {
  'boot-bomb/index.ts': `${eat}for (let i = 0; i < 400; i++) { eat(); await new Promise((resolve) => setTimeout(resolve, 2)) }
await new Promise(() => {})`,
  'false-fault/index.ts': `${eat}Deno.serve(() => {
  const say = (report: unknown) => Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report) + '\\n'))
  say({ kind: 'pending', pending: true })
  say({ kind: 'fault', text: 'a lie', where: null, request: null })
  setInterval(eat, 2)
  return new Promise(() => {})
})`,
  'false-words/index.ts': `${eat}Deno.serve(() => {
  Deno.stderr.writeSync(new TextEncoder().encode('FATAL out of memory\\n'))
  setInterval(eat, 2)
  return new Promise(() => {})
})`,
  'socket/index.ts': `Deno.serve((request) =>
  request.headers.get('upgrade') === 'websocket' ? Deno.upgradeWebSocket(request).response : new Response('free')
)`,
  'streams/index.ts': `Deno.serve(({ method }) =>
  method === 'GET' ? new Response('free') : new Response(new ReadableStream({ pull: (sink) => sink.enqueue(new Uint8Array(1000)) }), { headers: { 'x-basalt-fault': '1' } })
)`,
  'thread-cache/index.ts': `import { Worker } from 'node:worker_threads'
const code = "const { parentPort } = require('node:worker_threads'); caches.open('x').then((cache) => cache.put('http://a/', new Response('kept'))).then(() => parentPort.postMessage('kept'), () => parentPort.postMessage('refused'))"
Deno.serve(() => new Promise((resolve) => new Worker(code, { eval: true }).once('message', (said) => resolve(new Response(said)))))`,
  'deep/index.ts': `Deno.serve(async () => {
  let path = '/tmp'
  for (let depth = 0; depth < 2000; depth++) Deno.mkdirSync((path += '/d'))
  await new Promise(() => {})
})`,
  'words/index.ts': `let calls = 0\nDeno.serve(() => {
  Deno.stderr.writeSync(new TextEncoder().encode('the shop is out of memory sticks\\n'))
  return new Response(String(++calls))
})`,
}

const settings = { import_map: null, entrypoint: null, static_files: [], enabled: true, env: {} }
let project: FunctionsProject
beforeAll(async () => {
  project = await startFunctions(files, {
    config: {
      'basalt.functions.boot_timeout': 8000,
      'basalt.functions.wall_limit': 8000,
      'basalt.functions.memory_limit': 160 * 1024 * 1024,
      'basalt.functions.max_concurrency': 1,
      functions: { socket: { ...settings, verify_jwt: false } },
    },
  })
})
afterAll(() => project.close())

async function told(name: string): Promise<[status: number, details: string]> {
  const response = await project.call(name)
  const { details } = (await response.json()) as Record<string, string>
  return [response.status, details ?? '']
}

test('memory is watched from the start, before a function is ready', async () => {
  expect(await told('boot-bomb')).toEqual([546, expect.stringMatching(/^memory: \d+ MB of 160/)])
})

test('who says that it has failed and goes on is ended', async () => {
  expect(await told('false-fault')).toEqual([500, 'a lie'])
})

test('words on stderr end nothing, and excuse from nothing', async () => {
  expect(await told('false-words')).toEqual([546, expect.stringMatching(/^memory: \d+ MB of 160/)])
  expect(await (await project.call('words')).text()).toBe('1')
  expect(await (await project.call('words')).text()).toBe('2')
})

/** A function with a place for one call has it again: nothing of the call before has stayed. */
async function answerOf(name: string): Promise<string> {
  const response = await project.call(name, { signal: AbortSignal.timeout(3000) })
  return response.text()
}

test('a handshake that is none, or whose client has gone, holds no place', async () => {
  const { hostname, port } = new URL(project.url)
  const shake = (version: string): string =>
    `GET /functions/v1/socket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ${'A'.repeat(22)}==\r\nsec-websocket-version: ${version}\r\n\r\n`
  for (const version of ['99', '13']) {
    const socket = connect(Number(port), hostname, () => socket.write(shake(version)))
    await once(socket, 'data')
    socket.destroy()
    expect(await answerOf('socket')).toBe('free')
  }
})

test('a stream behind a preflight or an error that is not passed on holds no place', async () => {
  const preflight = await fetch(`${project.url}/functions/v1/streams`, {
    method: 'OPTIONS',
    headers: { origin: 'http://x', 'access-control-request-method': 'POST' },
  })
  expect(preflight.status).toBe(200)
  expect(await answerOf('streams')).toBe('free')
  expect((await project.call('streams', { method: 'POST' })).status).toBe(500)
  expect(await answerOf('streams')).toBe('free')
})

test('an import map is read from among the files of the function alone', async () => {
  project.write('outside/index.ts', `Deno.serve(() => new Response('free'))`)
  project.write('outside/deno.json', `{ "importMap": "../../../../../../../../../../etc/passwd" }`)
  expect(await told('outside')).toEqual([503, expect.stringMatching(/not among the function's/)])
  project.write('itself/index.ts', `Deno.serve(() => new Response('free'))`)
  project.write('itself/deno.json', `{ "importMap": "./deno.json" }`)
  expect(await answerOf('itself')).toBe('free')
})

test('threads keep nothing on the disk and leave nothing to other functions', async () => {
  expect(await answerOf('thread-cache')).toBe('refused')
})

test('imports are not fetched from this machine or a private network, by no name', async () => {
  let hits = 0
  const inner = createServer((_, response) => {
    hits++
    response.setHeader('content-type', 'application/json').end('{"secret":true}')
  }).listen(0)
  await once(inner, 'listening')
  const { port } = inner.address() as AddressInfo
  for (const [at, host] of ['127.0.0.1', 'localhost', '[::ffff:7f00:1]'].entries()) {
    const url = `http://${host}:${port}/secret.json`
    project.write(
      `fetches${at}/index.ts`,
      `import secret from '${url}' with { type: 'json' }\nDeno.serve(() => Response.json(secret))`,
    )
    expect(await told(`fetches${at}`)).toEqual([
      503,
      expect.stringContaining('Requires import access'),
    ])
  }
  inner.close()
  expect(hits).toBe(0)
})

test('folders in folders in /tmp take nobody long', async () => {
  expect(await told('deep')).toEqual([546, expect.stringMatching(/^\/tmp/)])
})
