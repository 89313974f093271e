import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Agent as TlsAgent, request as httpsRequest } from 'node:https'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, afterEach, expect, test, vi } from 'vitest'
import type { HttpRequest, HttpResponse } from '#base/http'
import { emptyResponse, formatGatewayError, jsonResponse, withErrorBoundary } from '#base/http'
import { silentLog } from '#base/kernel'
import type { Log } from '#base/kernel'
import { createLogger } from '#host/node/core'
import type { Listening, ServeOptions } from './serve.ts'
import { serve } from './serve.ts'

const opened: Listening[] = []
const agents: Agent[] = []

afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy()
  await Promise.all(opened.splice(0).map((server) => server.close(0)))
})

async function start(
  handle: ServeOptions['handle'],
  options: Partial<ServeOptions> = {},
): Promise<Listening> {
  const server = await serve({
    host: '127.0.0.1',
    port: 0,
    purpose: 'the API',
    portOption: 'api.port',
    handle: (request) =>
      withErrorBoundary(request, silentLog, formatGatewayError, () => handle(request)),
    log: silentLog,
    maxHeaderBytes: 16_384,
    headerTimeoutMs: 10_000,
    requestTimeoutMs: 10_000,
    keepAliveTimeoutMs: 5000,
    ...options,
  })
  opened.push(server)
  return server
}

const url = (server: Listening, path = '/'): string => `http://127.0.0.1:${server.port}${path}`

/** A socket on which HTTP is spoken by hand. */
function raw(server: Listening): { socket: Socket; received: () => string } {
  const socket = connect(server.port, '127.0.0.1')
  let received = ''
  socket.setEncoding('latin1').on('data', (part: string) => (received += part))
  socket.on('error', () => {})
  return { socket, received: () => received }
}

const ok = (): Promise<HttpResponse> => Promise.resolve(jsonResponse(200, { ok: true }))

test('a request arrives with method, path and query as sent, headers in lower case, and its body', async () => {
  const seen: HttpRequest[] = []
  const server = await start(async (request) => {
    seen.push(request)
    const body = await request.body.read(1000)
    return jsonResponse(200, { body: Buffer.from(body).toString() })
  })
  const response = await fetch(url(server, '/a%20b/%2F?x=%26&y'), {
    method: 'PATCH',
    headers: { 'X-Thing': 'One', accept: 'a/b' },
    body: 'hällo',
  })
  expect(await response.json()).toEqual({ body: 'hällo' })
  expect(seen[0]).toMatchObject({
    method: 'PATCH',
    path: '/a%20b/%2F',
    query: 'x=%26&y',
    headers: { 'x-thing': 'One', accept: 'a/b' },
    remoteAddress: '127.0.0.1',
  })
})

test('a copy of the request is a request: nothing of it hides behind a getter', async () => {
  const server = await start(async (request) => {
    const copy = { ...request, path: '/changed' }
    const body = await copy.body.read(10)
    return jsonResponse(200, {
      ...copy,
      cancellation: copy.cancellation.cancelled,
      body: body.length,
    })
  })
  expect(
    await (await fetch(url(server, '/x?y'), { method: 'POST', body: 'abc' })).json(),
  ).toMatchObject({
    method: 'POST',
    path: '/changed',
    query: 'y',
    body: 3,
  })
})

test('absolute targets and the asterisk become paths', async () => {
  const server = await start((request) => Promise.resolve(jsonResponse(200, request.path)))
  const { socket, received } = raw(server)
  socket.write('GET http://elsewhere/a?b HTTP/1.1\r\nhost: x\r\n\r\n')
  await vi.waitFor(() => expect(received()).toContain('"/a"'))
  socket.write('OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  await once(socket, 'close')
  expect(received()).toMatch(/"\/"$/)
})

test.each<[string, HttpResponse['body'], string]>([
  ['text', 'hällo', 'hällo'],
  ['bytes', Buffer.from('hällo'), 'hällo'],
  ['parts', [Buffer.from('häl'), Buffer.from('lo')], 'hällo'],
  ['nothing', null, ''],
  ['many bytes', Buffer.from('ä'.repeat(50_000)), 'ä'.repeat(50_000)],
  ['many parts', [Buffer.from('ä'.repeat(50_000)), Buffer.from('b')], `${'ä'.repeat(50_000)}b`],
])('a body of %s has its length in bytes', async (_, body, expected) => {
  const server = await start(() => Promise.resolve({ status: 200, headers: {}, body }))
  const response = await fetch(url(server))
  expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(expected)))
  expect(await response.text()).toBe(expected)
  const head = await fetch(url(server), { method: 'HEAD' })
  // without a body at hand nobody knows how long GET's would be
  const known = body === null ? null : String(Buffer.byteLength(expected))
  expect(head.headers.get('content-length')).toBe(known)
  expect(await head.text()).toBe('')
})

test('one connection speaks plainly, in pieces, in chunks, ahead of the answer, and is answered in order', async () => {
  const server = await start(async (request) => {
    const body = Buffer.from(await request.body.read(1000)).toString()
    return jsonResponse(200, `${request.path}:${body}`)
  })
  const { socket, received } = raw(server)
  const says = (text: string): Promise<void> => vi.waitFor(() => expect(received()).toContain(text))
  socket.write('GET /1 HTTP/1.1\r\nhost: x\r\n\r\n')
  await says('"/1:"')
  socket.write('POST /2 HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\na', () =>
    setImmediate(() => socket.write('bcd')),
  )
  await says('"/2:abcd"')
  // the second comes while the first is being answered
  socket.write('GET /3 HTTP/1.1\r\nhost: x\r\n\r\n')
  socket.write('GET /4 HTTP/1.1\r\nhost: x\r\n\r\n')
  await says('"/4:"')
  expect(received()).toMatch(/"\/3:"[^]*"\/4:"/)
  socket.write(
    'POST /5 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  )
  await says('"/5:ab"')
  socket.write('GET /6 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  await once(socket, 'close')
  expect(received()).toMatch(/"\/6:"$/)
})

test('what comes behind an end of the connection does not touch the answer', async () => {
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const server = await start(async () => {
    await held
    return jsonResponse(200, 'answer')
  })
  const { socket, received } = raw(server)
  const more = 'GET /2 HTTP/1.1\r\nhost: x\r\n\r\n'
  socket.write(`GET /1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n${more}`, release)
  await once(socket, 'close')
  expect(received()).toMatch(/^HTTP\/1\.1 200 OK[^]*"answer"$/)
})

test('what is no HTTP does not become a part of the answer under way', async () => {
  async function* halfOf(): AsyncIterable<Uint8Array> {
    yield Buffer.from('half')
    await new Promise(() => {})
  }
  const server = await start(() => Promise.resolve({ status: 200, headers: {}, body: halfOf() }))
  const { socket, received } = raw(server)
  socket.write('GET /1 HTTP/1.1\r\nhost: x\r\nx: 1\r\nx: 2\r\n\r\n')
  await vi.waitFor(() => expect(received()).toContain('half'))
  socket.write('nothing like it\r\n\r\n')
  await once(socket, 'close')
  expect(received()).not.toContain('400')
})

test.each([
  'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET / HTTP/1.1\r\nhost: x\r\nx: 1\r\nx: 2\r\n\r\n',
])('a connection that is unused after %j is ended', async (request) => {
  const server = await start(ok, { keepAliveTimeoutMs: 50 })
  const { socket, received } = raw(server)
  socket.write(request)
  await once(socket, 'close')
  expect(received()).toContain('{"ok":true}')
})

test('a client that connects and says nothing is sent away', async () => {
  const server = await start(ok, { keepAliveTimeoutMs: 50 })
  const { socket, received } = raw(server)
  await once(socket, 'close')
  expect(received()).toBe('')
})

test('a body that never comes whole is refused in time', async () => {
  const server = await start(
    async (request) => jsonResponse(200, (await request.body.read(10)).length),
    { requestTimeoutMs: 200, headerTimeoutMs: 200 },
  )
  const { socket, received } = raw(server)
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\na')
  await once(socket, 'close')
  expect(received()).toMatch(/^HTTP\/1\.1 408 /)
})

test('a streamed body may take longer than a request, as long as it goes on', async () => {
  const server = await start(
    async (request) => {
      let size = 0
      for await (const chunk of request.body.stream()) size += chunk.length
      return jsonResponse(200, size)
    },
    { requestTimeoutMs: 300 },
  )
  const { socket, received } = raw(server)
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\n')
  for (let i = 0; i < 8; i++) {
    // time passes: the one thing this is about
    await new Promise((resolve) => setTimeout(resolve, 100))
    socket.write('a')
  }
  await vi.waitFor(() => expect(received()).toMatch(/^HTTP\/1\.1 200 OK[^]*8$/))
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\na')
  await once(socket, 'close')
  expect(received()).toMatch(/HTTP\/1\.1 408 /)
})

test('a client that asks again and again and reads nothing is not read any more', async () => {
  let asked = 0
  const server = await start(() => {
    asked++
    return Promise.resolve({ status: 200, headers: {}, body: Buffer.alloc(1_000_000) })
  })
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  const ask = (): boolean => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  let before = -1
  while (asked !== before) {
    before = asked
    ask()
    // the loop turns often enough for the server to read what it wants to
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
  }
  expect(asked).toBeLessThan(20)
  socket.destroy()
})

test('behind TLS too: plain requests, chunks and the end of the connection', async () => {
  const file = (name: string): string =>
    readFileSync(new URL(`../../../../../../test/fixtures/tls/${name}`, import.meta.url), 'utf8')
  const server = await start(
    async (request) => jsonResponse(200, (await request.body.read(10)).length),
    { tls: { cert: file('server.crt'), key: file('server.key') } },
  )
  const agent = new TlsAgent({ keepAlive: true, maxSockets: 1 })
  const ask = (headers: Record<string, string>, body: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = {
        method: 'POST',
        agent,
        ca: file('ca.crt'),
        servername: 'localhost',
        headers,
      }
      httpsRequest(`https://127.0.0.1:${server.port}/`, options, (answer) => resolve(text(answer)))
        .on('error', reject)
        .end(body)
    })
  expect(await ask({ 'content-length': '2' }, 'ab')).toBe('2')
  expect(await ask({ 'content-length': '3' }, 'abc')).toBe('3')
  expect(await ask({ 'transfer-encoding': 'chunked' }, 'abcd')).toBe('4')
  expect(await ask({ 'content-length': '1', connection: 'close' }, 'a')).toBe('1')
  agent.destroy()
})

const plainGet = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'
const chunkedGet = 'GET / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'

describe.each([
  ['our writer', plainGet],
  ["node:http's", chunkedGet],
])('an answer of %s is framed by us', (_, request) => {
  /** The answer, byte for byte as Latin-1. */
  async function answerOf(headers: Record<string, string | string[]>, status = 200) {
    const server = await start(() => Promise.resolve({ status, headers, body: 'body' }))
    const { socket, received } = raw(server)
    socket.write(request + request)
    await vi.waitFor(() =>
      expect(received().match(/body|HTTP\/1\.1 500/g)?.length).toBe(status === 200 ? 2 : 1),
    )
    socket.destroy()
    return received()
  }

  test.each([
    ['a length', { 'content-length': '2' }],
    ['a length that is none', { 'content-length': 'x' }],
    ['chunks', { 'transfer-encoding': 'chunked' }],
    ['both', { 'content-length': '9', 'transfer-encoding': 'chunked' }],
    ['the end of the connection', { connection: 'close' }],
    ['an upgrade', { upgrade: 'h2c', connection: 'upgrade' }],
    ['trailers', { trailer: 'x' }],
  ])('whatever SQL says of %s', async (__, headers) => {
    const answer = await answerOf(headers)
    expect(answer.match(/content-length: 4\r\n/gi)?.length).toBe(2)
    expect(answer).not.toMatch(/content-length: [^4]|transfer-encoding|upgrade|trailer/i)
  })

  test.each([
    ['a line end', { 'x-a': 'b\r\nx-c: d' }, /x-a: b {2}x-c: d\r\n/],
    ['characters beyond Latin-1', { 'x-a': '€' }, /x-a: \xe2\x82\xac\r\n/],
    ['Latin-1', { 'x-a': 'é' }, /x-a: \xc3\xa9\r\n/],
    ['a place beyond ASCII', { location: '/café?a=€' }, /location: \/caf%C3%A9\?a=%E2%82%AC\r\n/],
    ['two values', { 'set-cookie': ['a=é', 'b=1'] }, /set-cookie: a=\xc3\xa9\r\nset-cookie: b=1/],
  ])('values are UTF-8 on one line: %s', async (__, headers, line) => {
    expect(await answerOf(headers)).toMatch(line)
  })

  test('a name that is none is left out', async () => {
    expect(await answerOf({ 'x a': 'b', 'x-b': 'c' })).not.toContain('x a')
  })

  test.each([100, 101, 103, 199, 600, 999, 200.5])('%d is no status', async (status) => {
    expect(await answerOf({}, status)).not.toContain(String(status))
  })
})

test('headers and targets are read as UTF-8', async () => {
  const server = await start((request) =>
    Promise.resolve(jsonResponse(200, [request.path, request.headers['x-a']])),
  )
  for (const more of ['', 'transfer-encoding: chunked\r\n']) {
    const { socket, received } = raw(server)
    const body = more === '' ? '' : '0\r\n\r\n'
    socket.write(Buffer.from(`GET /café HTTP/1.1\r\nhost: x\r\nx-a: 日本\r\n${more}\r\n${body}`))
    await vi.waitFor(() =>
      expect(Buffer.from(received(), 'latin1').toString()).toContain('["/caf%C3%A9","日本"]'),
    )
    socket.destroy()
  }
})

test('two hosts are refused, and a head is measured alike by both readers', async () => {
  const server = await start(() => Promise.resolve(jsonResponse(200, 'ok')))
  const statusOf = async (head: string): Promise<string> => {
    const { socket, received } = raw(server)
    socket.write(head)
    await vi.waitFor(() => expect(received()).toMatch(/^HTTP/))
    socket.destroy()
    return received().slice(9, 12)
  }
  expect(await statusOf('GET / HTTP/1.1\r\nhost: x\r\nHost: y\r\n\r\n')).toBe('400')
  const start_ = 'GET / HTTP/1.1\r\nhost: x\r\na: '
  for (const size of [16_384, 16_385]) {
    const fill = 'b'.repeat(size - start_.length - 4)
    const plain = await statusOf(`${start_}${fill}\r\n\r\n`)
    const more = 'connection: close\r\n'
    const other = await statusOf(`${start_}${fill.slice(more.length)}\r\n${more}\r\n`)
    expect([plain, other]).toEqual(size > 16_384 ? ['431', '431'] : ['200', '200'])
  }
})

test('who has sent all and closed its half gets its answer', async () => {
  const server = await start(() => Promise.resolve(jsonResponse(200, 'ok')))
  for (const request of [plainGet, chunkedGet]) {
    const { socket, received } = raw(server)
    socket.end(request)
    await vi.waitFor(() => expect(received()).toContain('"ok"'))
  }
})

test('204 and 304 carry neither body nor length', async () => {
  for (const status of [204, 304]) {
    const server = await start(() => Promise.resolve(emptyResponse(status)))
    const response = await fetch(url(server))
    expect(response.status).toBe(status)
    expect(response.headers.has('content-length')).toBe(false)
  }
})

test('a HEAD says how long the stream would be, and does not read it', async () => {
  const body = {
    length: 3,
    [Symbol.asyncIterator]: (): AsyncIterator<Uint8Array> => ({
      next: () => Promise.reject(new Error('read')),
    }),
  }
  const server = await start(() => Promise.resolve({ status: 200, headers: {}, body }))
  const response = await fetch(url(server), { method: 'HEAD' })
  expect(response.headers.get('content-length')).toBe('3')
})

test('205 has no body, whatever is given as one', async () => {
  async function* stream(): AsyncIterable<Uint8Array> {
    yield await Promise.resolve(Buffer.from('abc'))
  }
  for (const body of ['abc', stream()]) {
    const server = await start(() => Promise.resolve({ status: 205, headers: {}, body }))
    const response = await fetch(url(server))
    expect([response.status, response.headers.get('content-length')]).toEqual([205, '0'])
    expect(await response.text()).toBe('')
  }
})

test('repeated response headers are sent one by one', async () => {
  const server = await start(() =>
    Promise.resolve({ status: 200, headers: { 'set-cookie': ['a=1', 'b=2'] }, body: null }),
  )
  expect((await fetch(url(server))).headers.getSetCookie()).toEqual(['a=1', 'b=2'])
})

test('a stream is sent as it comes, and its producer waits for a client that does not read', async () => {
  let produced = 0
  let ended = false
  async function* endless(): AsyncIterable<Uint8Array> {
    try {
      for (;;) {
        produced++
        yield Buffer.alloc(65_536)
      }
    } finally {
      ended = true
    }
  }
  const server = await start(() => Promise.resolve({ status: 200, headers: {}, body: endless() }))
  const request = httpRequest(url(server))
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.pause()
  let before = -1
  await vi.waitFor(() => {
    const unchanged = produced === before
    before = produced
    expect(unchanged && produced > 0).toBe(true)
  })
  expect(produced).toBeLessThan(500)
  response.destroy()
  await vi.waitFor(() => expect(ended).toBe(true))
})

test('a stream that fails half way is cut off, not ended', async () => {
  async function* failing(): AsyncIterable<Uint8Array> {
    yield Buffer.from('half')
    throw new Error('no more')
  }
  const server = await start(() => Promise.resolve({ status: 200, headers: {}, body: failing() }))
  await expect(fetch(url(server)).then((response) => response.text())).rejects.toThrow(/./)
})

test('a body larger than allowed is refused, declared or not, and the connection stays usable', async () => {
  const server = await start(async (request) => {
    await request.body.read(10)
    return jsonResponse(200, {})
  })
  const declared = await fetch(url(server), { method: 'POST', body: 'x'.repeat(11) })
  expect([declared.status, await declared.json()]).toMatchObject([413, { code: 'body_too_large' }])
  async function* chunks(): AsyncIterable<Uint8Array> {
    for (let i = 0; i < 5; i++) yield Buffer.from('xxxx')
  }
  const chunked = await fetch(url(server), {
    method: 'POST',
    body: chunks() as never,
    duplex: 'half',
  } as RequestInit)
  expect(chunked.status).toBe(413)
  await chunked.text()
  expect((await fetch(url(server), { method: 'POST', body: 'x'.repeat(10) })).status).toBe(200)
})

test('a body can be streamed', async () => {
  const server = await start(async (request) => {
    let length = 0
    for await (const chunk of request.body.stream()) length += chunk.length
    return jsonResponse(200, { length })
  })
  const response = await fetch(url(server), { method: 'POST', body: 'x'.repeat(300_000) })
  expect(await response.json()).toEqual({ length: 300_000 })
})

test('a body that a handler has enough of leaves the connection in order', async () => {
  const server = await start(async (request) => {
    let size = 0
    for await (const chunk of request.body.stream()) {
      size += chunk.length
      break
    }
    return jsonResponse(200, size > 0)
  })
  const { socket, received } = raw(server)
  for (let count = 1; count <= 3; count++) {
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2000000\r\n\r\n')
    socket.write('a'.repeat(2_000_000))
    await vi.waitFor(() => expect(received().match(/200 OK/g)).toHaveLength(count))
  }
  socket.destroy()
})

test('a client that goes away cancels its request, in the middle of its body too', async () => {
  let cancelled = 0
  const failures: unknown[] = []
  const server = await start(async (request) => {
    request.cancellation.onCancel(() => cancelled++)
    if (request.method === 'POST') {
      await request.body.read(1_000_000).catch((error: unknown) => failures.push(error))
    }
    await new Promise<void>((resolve) => request.cancellation.onCancel(resolve))
    return jsonResponse(200, {})
  })
  for (const head of [
    'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 500000\r\n\r\nab',
  ]) {
    const { socket } = raw(server)
    await once(socket, 'connect')
    socket.write(head, () => setImmediate(() => socket.destroy()))
  }
  await vi.waitFor(() => expect(cancelled).toBe(2), 5_000)
  await vi.waitFor(() => expect(failures).toMatchObject([{ code: 'client_closed_request' }]))
})

test('pipelined requests are answered in order', async () => {
  const server = await start((request) => Promise.resolve(jsonResponse(200, request.path)))
  const { socket, received } = raw(server)
  socket.write('GET /1 HTTP/1.1\r\nhost: x\r\n\r\nGET /2 HTTP/1.1\r\nhost: x\r\n\r\n')
  await vi.waitFor(() => expect(received()).toMatch(/"\/1"[^]*"\/2"/))
  socket.destroy()
})

test('a handler that throws is a 500 without its text, and one log line', async () => {
  const lines: unknown[] = []
  const log: Log = { ...silentLog, error: (message, fields) => lines.push([message, fields]) }
  const server = await start(ok, { log, handle: () => Promise.reject(new Error('secret reason')) })
  const response = await fetch(url(server))
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('secret')
  expect(lines).toHaveLength(1)
})

test.each([
  ['not HTTP at all', 'HELLO\r\n\r\n', 400],
  [
    'headers beyond the limit',
    `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
  ],
  [
    'a length and chunks at once',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    400,
  ],
])('%s is refused and the connection closed', async (_, sent, status) => {
  const server = await start(ok)
  const { socket, received } = raw(server)
  socket.write(sent)
  await once(socket, 'close')
  expect(received()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
})

test('a client that never finishes its headers is sent away', async () => {
  const server = await start(ok, { headerTimeoutMs: 200, requestTimeoutMs: 400 })
  const { socket, received } = raw(server)
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n')
  await once(socket, 'close')
  expect(received()).toMatch(/^HTTP\/1\.1 408 /)
})

test('an occupied port is named with purpose and remedy', async () => {
  const first = await start(ok)
  await expect(start(ok, { port: first.port })).rejects.toMatchObject({
    failure: 'port-in-use',
    message: expect.stringMatching(
      new RegExp(
        `Port ${first.port}, meant for the API, .*set api\\.port in supabase/config\\.toml`,
      ),
    ),
  })
})

test('closing lets requests in flight finish, refuses new connections and ends idle ones at once', async () => {
  let release: (() => void) | null = null
  const server = await start(
    (request) =>
      request.path === '/slow'
        ? new Promise((resolve) => (release = () => resolve(jsonResponse(200, { done: true }))))
        : ok(),
    { keepAliveTimeoutMs: 60_000 },
  )
  const agent = new Agent({ keepAlive: true })
  agents.push(agent)
  const get = async (path: string): Promise<IncomingMessage> => {
    const request = httpRequest(url(server, path), { agent })
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response
  }
  await text(await get('/idle'))
  const slow = get('/slow')
  await vi.waitFor(() => expect(release).not.toBeNull())
  const closing = server.close(10_000)
  await expect(fetch(url(server))).rejects.toThrow('fetch failed')
  ;(release as unknown as () => void)()
  const response = await slow
  expect(response.headers.connection).toBe('close')
  expect(await text(response)).toBe('{"done":true}')
  await closing
})

test('what does not finish by the deadline is cut', async () => {
  let inFlight = 0
  const server = await start(() => {
    inFlight++
    return new Promise(() => {})
  })
  const pending = fetch(url(server)).catch((error: Error) => error.message)
  await vi.waitFor(() => expect(inFlight).toBe(1))
  await server.close(50)
  expect(await pending).toBe('fetch failed')
})

test('log lines are JSON with timestamp, level and message first, then the fields', () => {
  const lines: string[] = []
  const log = createLogger('info', { write: (line) => void lines.push(line) })
  log.debug('hidden')
  log.info('request', { status: 200 })
  log.error('bad')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      level: 'info',
      message: 'request',
      status: 200,
    },
    { timestamp: expect.any(String), level: 'error', message: 'bad' },
  ])
})

test('bodies share what memory they may take: one too many is refused, small ones pass, and room is made', async () => {
  let release: (() => void) | null = null
  const server = await start(
    async (request) => {
      const { length } = await request.body.read(1_000_000)
      if (request.path === '/wait') await new Promise<void>((resolve) => (release = resolve))
      return jsonResponse(200, length)
    },
    { maxBodyBytesInFlight: 500_000 },
  )
  const post = (path: string, bytes: number): Promise<Response> =>
    fetch(url(server, path), { method: 'POST', body: 'x'.repeat(bytes) })
  const first = post('/wait', 400_000)
  await vi.waitFor(() => expect(release).not.toBeNull())
  const refused = await post('/', 400_000)
  expect(refused.status).toBe(503)
  expect(await refused.json()).toMatchObject({ code: 'too_many_bodies' })
  // also where it is not read by node:http
  const { socket } = raw(server)
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n${'x'.repeat(199_999)}`)
  expect((await post('/', 10_000)).status).toBe(200)
  ;(release as (() => void) | null)?.()
  expect((await first).status).toBe(200)
  socket.destroy()
  await vi.waitFor(async () => expect((await post('/', 400_000)).status).toBe(200))
})

test('connections beyond the limit are closed at once, and the log says so', async () => {
  const warn = vi.fn<Log['warn']>()
  const server = await start(ok, { maxConnections: 2, log: { ...silentLog, warn } })
  const sockets = [raw(server), raw(server)]
  await Promise.all(sockets.map(({ socket }) => once(socket, 'connect')))
  const { socket } = raw(server)
  await once(socket, 'close')
  expect(sockets.map((each) => each.socket.destroyed)).toEqual([false, false])
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining('closed at once'), expect.objectContaining({ most: 2, closed: 1 })],
  ])
  for (const each of sockets) each.socket.destroy()
})
