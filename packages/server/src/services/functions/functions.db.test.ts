import { createClient, FunctionsHttpError, FunctionsRelayError } from '@supabase/supabase-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startFunctions } from './functions-project.fixture.ts'
import type { FunctionsProject } from './functions-project.fixture.ts'

const echo = `
import { label } from '../_shared/label.ts'
Deno.serve(async (request) => {
  const body = ['GET', 'HEAD'].includes(request.method) ? '' : await request.text()
  const { pathname, search, origin } = new URL(request.url)
  return Response.json(
    { label, method: request.method, pathname, search, origin, body, headers: Object.fromEntries(request.headers) },
    { headers: { 'x-own': 'yes', 'x-text': new TextDecoder('latin1').decode(new TextEncoder().encode('café')), 'set-cookie': 'a=1' } },
  )
})`

const files = {
  '_shared/label.ts': `export const label: string = 'shared'`,
  'echo/index.ts': echo,
  'cors/index.ts': `Deno.serve((request) => new Response(null, { status: request.method === 'OPTIONS' ? 204 : 200, headers: { 'access-control-allow-origin': request.headers.get('origin') ?? '', 'access-control-allow-headers': 'x-own' } }))`,
  'open/index.ts': `Deno.serve(() => new Response('open'))`,
  'fetcher/index.ts': `let calls = 0\nexport default { fetch: (request: Request) => new Response(String(++calls) + new URL(request.url).pathname) }`,
  'plain/index.ts': `
let calls = 0
export function handler(request) {
  if (request.body === 'missing') return { status: 404, body: { message: 'no such thing' } }
  if (request.body === 'text') return { status: 200, headers: { 'x-a': 'b' }, body: 'plain text' }
  if (request.body === 'nonsense') return 5
  return { status: 201, body: { calls: ++calls, user: request.user_id, got: request.body, query: request.query } }
}`,
  'stream/index.ts': `
Deno.serve((request) => {
  if (request.method === 'POST') return new Response(request.body!.pipeThrough(new TransformStream()))
  let n = 0
  return new Response(new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('data: ' + n + '\\n\\n'))
      if (++n === 3) controller.close()
      return new Promise((resolve) => setTimeout(resolve, 20))
    },
  }), { headers: { 'content-type': 'text/event-stream' } })
})`,
  'socket/index.ts': `
Deno.serve((request) => {
  if (request.headers.get('upgrade') !== 'websocket') return new Response('no', { status: 400 })
  const { socket, response } = Deno.upgradeWebSocket(request, { protocol: 'second' })
  socket.onmessage = ({ data }) => data === 'bye' ? socket.close(3001, 'as asked') : socket.send(data)
  return response
})`,
  'greeting/index.ts': `
Deno.serve((request) => {
  const { socket, response } = Deno.upgradeWebSocket(request)
  socket.onopen = () => {
    socket.send('welcome')
    if (request.url.endsWith('?short')) socket.close(3002, 'and good-bye')
  }
  return response
})`,
  'later/index.ts': `
let done = ''
Deno.serve((request) => {
  if (request.method === 'GET') return new Response(done)
  EdgeRuntime.waitUntil(new Promise((resolve) => setTimeout(resolve, 50)).then(() => { done = 'done'; console.log('behind the answer') }))
  EdgeRuntime.waitUntil(Promise.reject(new Error('only logged')))
  return new Response('answered')
})`,
  'throws/index.ts': `
function inner(): never {
  throw new Error('no such colour')
}
Deno.serve(() => inner())`,
  'unparsable/index.ts': `const a = 1\nDeno.serve(( => new Response('x'))`,
  'missing/index.ts': `import { x } from './not-there.ts'\nDeno.serve(() => new Response(x))`,
  'import-throws/index.ts': `throw new Error('broken at import')`,
  'nothing/index.ts': `export const a = 1`,
  'environment/index.ts': `Deno.serve(() => Response.json({ ...Deno.env.toObject(), process: (globalThis.process?.env ?? {}).FROM_FILE ?? null }))`,
  'own/index.ts': `
Deno.serve(async () => {
  const url = Deno.env.get('SUPABASE_URL')!
  const headers = { apikey: Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!, authorization: 'Bearer ' + Deno.env.get('SUPABASE_SERVICE_ROLE_KEY') }
  const rows = await fetch(url + '/rest/v1/colours?select=name', { headers })
  const patched = await fetch(url + '/admin/v1/projects/default/config', { method: 'PATCH', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify({ auth: { signing_keys_path: './x.json' } }) })
  return Response.json({ rows: await rows.json(), patched: patched.status })
})`,
  'machine/index.ts': `
import os from 'node:os'
Deno.serve(() => Response.json([os.hostname(), os.networkInterfaces(), os.userInfo().username, os.platform().length > 0, Deno.hostname(), Deno.systemMemoryInfo().total > 0, navigator.hardwareConcurrency]))`,
  '.env': `FROM_FILE="a value"\nSUPABASE_URL=nonsense\nLD_PRELOAD=/nowhere.so\n`,
}

let project: FunctionsProject

beforeAll(async () => {
  project = await startFunctions(files, {
    schema: `create table public.colours (name text); insert into public.colours values ('red'); grant select on public.colours to anon, service_role;`,
    config: {
      functions: {
        open: {
          enabled: true,
          verify_jwt: false,
          import_map: null,
          entrypoint: null,
          static_files: [],
          env: {},
        },
        off: {
          enabled: false,
          verify_jwt: false,
          import_map: null,
          entrypoint: 'functions/open/index.ts',
          static_files: [],
          env: {},
        },
        environment: {
          enabled: true,
          verify_jwt: false,
          import_map: null,
          entrypoint: null,
          static_files: [],
          env: { ITS_OWN: 'yes' },
        },
      },
      'edge_runtime.secrets': { FROM_CONFIG: 'secret' },
    },
  })
})
afterAll(() => project.close())

test('a function sees the request as it was sent, with its own path', async () => {
  const response = await project.call('echo/sub/path?x=1&x=2', {
    method: 'POST',
    body: 'héllo',
    headers: { 'x-custom': 'a' },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('x-own')).toBe('yes')
  expect(response.headers.get('set-cookie')).toBe('a=1')
  expect(Buffer.from(response.headers.get('x-text') ?? '', 'latin1').toString()).toBe('café')
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  const seen = (await response.json()) as Record<string, unknown>
  expect(seen).toMatchObject({
    label: 'shared',
    method: 'POST',
    pathname: '/echo/sub/path',
    search: '?x=1&x=2',
    origin: 'http://127.0.0.1:54321',
    body: 'héllo',
    headers: {
      'x-custom': 'a',
      'x-forwarded-for': '127.0.0.1',
      'x-request-id': response.headers.get('x-request-id'),
    },
  })
})

test.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
  '%s reaches the function',
  async (method) => {
    const response = await project.call('echo', { method })
    expect(await response.json()).toMatchObject({ method })
  },
)

test('HEAD has no body, other methods are refused', async () => {
  const head = await project.call('echo', { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const large = await project.call('stream', { method: 'HEAD' })
  expect([large.status, await large.text()]).toEqual([200, ''])
  const odd = await project.call('echo', { method: 'PROPFIND' })
  expect(odd.status).toBe(405)
})

test('a token of the project is needed, unless verify_jwt is off', async () => {
  const answers = async (headers: Record<string, string>): Promise<unknown[]> => {
    const response = await project.call('echo', { key: null, headers })
    return [response.status, await response.text()]
  }
  expect(await answers({})).toEqual([401, '{"msg":"Error: Missing authorization header"}'])
  expect(await answers({ authorization: 'Basic abc' })).toEqual([
    401,
    `{"msg":"Error: Auth header is not 'Bearer {token}'"}`,
  ])
  expect((await answers({ authorization: 'Bearer abc' }))[0]).toBe(401)
  const forged = `${project.platform.keys.anonKey.slice(0, -4)}AAAA`
  expect(await answers({ authorization: `Bearer ${forged}` })).toEqual([
    401,
    '{"msg":"Invalid JWT"}',
  ])
  const publishable = project.platform.keys.publishableKey
  expect((await answers({ apikey: publishable }))[0]).toBe(200)
  expect((await answers({ apikey: publishable, authorization: `Bearer ${publishable}` }))[0]).toBe(
    200,
  )
  const open = await project.call('open', { key: null })
  expect(await open.text()).toBe('open')
  const other = await project.call('open', {
    key: null,
    headers: { authorization: 'Bearer of another server' },
  })
  expect(await other.text()).toBe('open')
})

test('a function sees an sb_ key as the token it stands for', async () => {
  const response = await project.call('echo', {
    key: project.platform.keys.secretKey,
    headers: { apikey: project.platform.keys.secretKey },
  })
  expect(await response.json()).toMatchObject({
    headers: { authorization: `Bearer ${project.platform.keys.serviceRoleKey}` },
  })
})

test('the user of a token cannot be forged', async () => {
  const response = await project.call('echo', { headers: { 'x-basalt-user-id': 'somebody' } })
  const { headers } = (await response.json()) as { headers: Record<string, string> }
  expect(headers['x-basalt-user-id']).toBeUndefined()
})

test('preflights reach the function, without a token', async () => {
  const preflight = async (name: string): Promise<unknown[]> => {
    const response = await project.call(name, {
      key: null,
      method: 'OPTIONS',
      headers: {
        origin: 'http://a.test',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-own, x-new',
      },
    })
    const { headers } = response
    return [
      response.status,
      headers.get('access-control-allow-origin'),
      headers.get('access-control-allow-headers'),
    ]
  }
  expect(await preflight('cors')).toEqual([204, 'http://a.test', 'x-own, x-new'])
  // who says nothing of origins, or fails
  expect(await preflight('open')).toEqual([200, '*', 'x-own, x-new'])
  expect(await preflight('throws')).toEqual([200, '*', 'x-own, x-new'])
  expect((await preflight('none'))[0]).toBe(404)
})

test('names that are no function answer 404', async () => {
  for (const path of ['none', 'none/x', '_shared', 'off', '..%2fopen', 'a'.repeat(100)]) {
    const response = await project.call(path)
    expect([path, response.status, await response.text()]).toEqual([
      path,
      404,
      'Function not found',
    ])
  }
  const nameless = await project.call('')
  expect([nameless.status, await nameless.json()]).toEqual([
    400,
    { msg: 'missing function name in request' },
  ])
})

test('health answers without a function', async () => {
  const response = await project.call('_internal/health', { key: null })
  expect(await response.json()).toEqual({ message: 'ok' })
})

test('export default { fetch } is called, and its module stays', async () => {
  const texts = [await project.call('fetcher'), await project.call('fetcher/x')].map((response) =>
    response.text(),
  )
  expect(await Promise.all(texts)).toEqual(['1/fetcher', '2/fetcher/x'])
})

test('a plain handler has values in and out', async () => {
  const post = async (body: string, type = 'application/json'): Promise<unknown[]> => {
    const response = await project.call('plain?a=1', {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    })
    return [response.status, response.headers.get('content-type'), await response.text()]
  }
  expect(await post('{"b":2}')).toEqual([
    201,
    'application/json',
    '{"calls":1,"user":null,"got":{"b":2},"query":{"a":"1"}}',
  ])
  expect(await post('"missing"')).toEqual([404, 'application/json', '{"message":"no such thing"}'])
  expect(await post('text', 'text/plain')).toEqual([200, 'text/plain;charset=UTF-8', 'plain text'])
  expect((await post('nonsense', 'text/plain'))[0]).toBe(500)
  expect((await post('{broken'))[0]).toBe(500)
})

test('bodies flow both ways', async () => {
  const events = await project.call('stream')
  expect(events.headers.get('content-type')).toBe('text/event-stream')
  const chunks: string[] = []
  for await (const chunk of events.body as unknown as AsyncIterable<Uint8Array>)
    chunks.push(new TextDecoder().decode(chunk))
  expect(chunks.join('')).toBe('data: 0\n\ndata: 1\n\ndata: 2\n\n')
  expect(chunks.length).toBeGreaterThan(1)
  const large = new Uint8Array(3_000_000).fill(65)
  const back = await project.call('stream', { method: 'POST', body: large })
  expect((await back.arrayBuffer()).byteLength).toBe(large.length)
})

test('WebSockets are spoken with the function', async () => {
  const url = `${project.url.replace('http', 'ws')}/functions/v1/socket`
  const headers = { authorization: `Bearer ${project.platform.keys.anonKey}` }
  const socket = new WebSocket(url, ['first', 'second'], { headers })
  const messages: string[] = []
  socket.on(
    'message',
    (data, isBinary) => void messages.push(`${isBinary} ${(data as Buffer).toString()}`),
  )
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  expect(socket.protocol).toBe('second')
  socket.send('text')
  socket.send(Buffer.from('bytes'))
  await expect.poll(() => messages).toEqual(['false text', 'true bytes'])
  const closed = new Promise((resolve) =>
    socket.once('close', (code, reason) => resolve([code, reason.toString()])),
  )
  socket.send('bye')
  expect(await closed).toEqual([3001, 'as asked'])
  const refused = new WebSocket(url)
  expect(
    await new Promise((resolve) =>
      refused.once('unexpected-response', (_, response) => resolve(response.statusCode)),
    ),
  ).toBe(401)
  const noSocket = new WebSocket(url.replace('socket', 'open'))
  expect(
    await new Promise((resolve) =>
      noSocket.once('unexpected-response', (_, response) => resolve(response.statusCode)),
    ),
  ).toBe(426)
})

test.each([
  ['', ['welcome']],
  ['?short', ['welcome', '3002 and good-bye']],
])('what a function says as a WebSocket opens arrives: %j', async (query, all) => {
  const url = `${project.url.replace('http', 'ws')}/functions/v1/greeting${query}`
  const headers = { authorization: `Bearer ${project.platform.keys.anonKey}` }
  const socket = new WebSocket(url, { headers })
  const heard: string[] = []
  socket.on('message', (data) => void heard.push((data as Buffer).toString()))
  socket.on('close', (code, reason) => void heard.push(`${code} ${reason.toString()}`))
  await expect.poll(() => heard, { timeout: 15_000 }).toEqual(all)
  socket.terminate()
})

test('waitUntil goes on behind the answer', async () => {
  const response = await project.call('later', { method: 'POST' })
  expect(await response.text()).toBe('answered')
  await expect.poll(async () => (await project.call('later')).text()).toBe('done')
  await expect
    .poll(() => project.logged.some(({ message }) => message === 'behind the answer'))
    .toBe(true)
  expect(
    project.logged.some(
      ({ level, message }) => level === 'error' && message.startsWith('Error: only logged'),
    ),
  ).toBe(true)
})

test('what a function throws is told to the service role and to the log, not to others', async () => {
  const response = await project.call('throws')
  expect(response.status).toBe(500)
  const told = (await response.json()) as Record<string, string>
  expect(told).toMatchObject({
    code: 'WORKER_ERROR',
    message: 'Function exited due to an error (please check logs)',
  })
  expect(told['details']).toMatch(/^throws\/index\.ts:3:9: Error: no such colour/)
  expect(told['details']).not.toMatch(/file:|runtime-|\/tmp\//)
  const other = await project.call('throws', { key: project.platform.keys.anonKey })
  expect(await other.json()).toEqual({
    code: 'WORKER_ERROR',
    message: 'Function exited due to an error (please check logs)',
  })
  const requestId = other.headers.get('x-request-id')
  const line = project.logged.find(
    (entry) => entry['request_id'] === requestId && entry.level === 'error',
  )
  expect(line).toMatchObject({
    function: 'throws',
    message: expect.stringContaining('throws/index.ts:3:9') as string,
  })
})

test.each([
  ['unparsable', /unparsable\/index\.ts:2:\d+/],
  ['missing', /not-there\.ts/],
  ['import-throws', /import-throws\/index\.ts:1:7: Error: broken at import/],
  ['nothing', /nothing\/index\.ts has nothing to call/],
])('%s does not boot, and says where', async (name, where) => {
  const response = await project.call(name)
  expect(response.status).toBe(503)
  const told = (await response.json()) as Record<string, string>
  expect(told).toMatchObject({
    code: 'BOOT_ERROR',
    message: 'Worker failed to boot (please check logs)',
  })
  expect(told['details']).toMatch(where)
  const anonymous = await project.call(name, { key: project.platform.keys.anonKey })
  expect(await anonymous.json()).not.toHaveProperty('details')
})

test('a function has its variables and none of ours', async () => {
  const response = await project.call('environment', { key: null })
  const variables = (await response.json()) as Record<string, string>
  expect(variables).toMatchObject({
    FROM_FILE: 'a value',
    process: 'a value',
    FROM_CONFIG: 'secret',
    ITS_OWN: 'yes',
    SUPABASE_URL: 'http://127.0.0.1:54321',
    SUPABASE_ANON_KEY: project.platform.keys.anonKey,
    SUPABASE_SERVICE_ROLE_KEY: project.platform.keys.serviceRoleKey,
    SUPABASE_DB_URL: project.databaseUrl,
  })
  const known = /^(SUPABASE_|FROM_|ITS_OWN$|SB_REGION$|TMPDIR$|LD_PRELOAD$|process$)/
  expect(Object.keys(variables).filter((name) => !known.test(name))).toEqual([])
})

test('what a function asks of the machine is answered, and tells nothing', async () => {
  const response = await project.call('machine')
  expect(await response.json()).toEqual(['localhost', {}, 'deno', true, 'localhost', true, 1])
})

test('a function reaches its project as somebody else than this machine', async () => {
  const response = await project.call('own')
  expect(await response.json()).toEqual({ rows: [{ name: 'red' }], patched: 403 })
})

test('a changed file is served at the next call, and a broken one says its line', async () => {
  project.write('edited/index.ts', `Deno.serve(() => new Response('first'))`)
  expect(await (await project.call('edited')).text()).toBe('first')
  project.write('edited/index.ts', `Deno.serve(() => new Response('second'))`)
  await expect.poll(async () => (await project.call('edited')).text()).toBe('second')
  project.write('edited/index.ts', `Deno.serve(() => new Response('third'`)
  await expect
    .poll(async () => (await project.call('edited')).text())
    .toMatch(/edited\/index\.ts:1:/)
  project.write('edited/index.ts', `Deno.serve(() => new Response('fourth'))`)
  await expect.poll(async () => (await project.call('edited')).text()).toBe('fourth')
})

test('a function is made ready without being called, for the service role', async () => {
  const boot = async (
    name: string,
    key = project.platform.keys.serviceRoleKey,
  ): Promise<unknown[]> => {
    const response = await project.call(`_internal/boot/${name}`, { method: 'POST', key })
    return [response.status, await response.text()]
  }
  expect((await boot('fetcher'))[0]).toBe(200)
  expect(await boot('unparsable')).toEqual([503, expect.stringMatching(/unparsable\/index\.ts:2:/)])
  expect((await boot('none'))[0]).toBe(404)
  expect((await boot('fetcher', project.platform.keys.anonKey))[0]).toBe(401)
})

test('functions-js: every option of invoke', async () => {
  const client = createClient(project.url, project.platform.keys.anonKey, {
    realtime: { transport: WebSocket as never },
  })
  const seen = async (
    options: Parameters<typeof client.functions.invoke>[1],
  ): Promise<Record<string, unknown>> => {
    const { data, error } = await client.functions.invoke<Record<string, unknown>>('echo', options)
    expect(error).toBeNull()
    return data as Record<string, unknown>
  }
  expect(await seen({ body: { a: 1 } })).toMatchObject({
    body: '{"a":1}',
    headers: { 'content-type': 'application/json' },
  })
  expect(await seen({ body: 'text' })).toMatchObject({
    body: 'text',
    headers: { 'content-type': 'text/plain' },
  })
  expect(await seen({ body: new Blob(['blob']) })).toMatchObject({
    body: 'blob',
    headers: { 'content-type': 'application/octet-stream' },
  })
  const form = new FormData()
  form.set('field', 'value')
  expect(await seen({ body: form })).toMatchObject({
    body: expect.stringContaining('name="field"') as string,
  })
  expect(await seen({ method: 'GET', headers: { 'x-mine': '1' } })).toMatchObject({
    method: 'GET',
    headers: { 'x-mine': '1' },
  })
  expect(await seen({ region: 'us-west-1' as never })).toMatchObject({
    search: '?forceFunctionRegion=us-west-1',
    headers: { 'x-region': 'us-west-1' },
  })
  const failed = await client.functions.invoke('throws')
  expect(failed.error).toBeInstanceOf(FunctionsHttpError)
  expect((failed.error as FunctionsHttpError & { context: Response }).context.status).toBe(500)
  const events = await client.functions.invoke<Response>('stream', { method: 'GET' })
  expect(await (events.data as Response).text()).toContain('data: 2')
  client.functions.setAuth('a token of another server')
  expect((await client.functions.invoke('echo')).error).toBeInstanceOf(FunctionsRelayError)
  const gone = await client.functions.invoke('echo', { signal: AbortSignal.abort() })
  expect(gone.error?.name).toBe('FunctionsFetchError')
})
