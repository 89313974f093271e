import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PlainRequestReader } from './plain-request.ts'

const read = (text: string, reader = new PlainRequestReader(16_384)) =>
  reader.read(Buffer.from(text, 'latin1'))

test('a whole request is read: method, target, headers in lower case, body', () => {
  expect(
    read(
      'POST /a?b=%20 HTTP/1.1\r\nHost: x\r\nX-Thing:  one two \t\r\nContent-Length: 2\r\n\r\n{}',
    ),
  ).toEqual({
    method: 'POST',
    target: '/a?b=%20',
    headers: { host: 'x', 'x-thing': 'one two', 'content-length': '2' },
    body: Buffer.from('{}'),
  })
})

test('headers sent again are the same object, changed ones are not', () => {
  const reader = new PlainRequestReader(16_384)
  const headersOf = (head: string): unknown => {
    const request = read(head, reader)
    return request === null || request === 'incomplete' ? request : request.headers
  }
  const first = headersOf('GET /1 HTTP/1.1\r\nHost: x\r\nA: 1\r\n\r\n')
  expect(headersOf('GET /22?x HTTP/1.1\r\nHost: x\r\nA: 1\r\n\r\n')).toBe(first)
  expect(headersOf('GET /1 HTTP/1.1\r\nHost: x\r\nA: 2\r\n\r\n')).toEqual({ host: 'x', a: '2' })
  expect(headersOf('GET /1 HTTP/1.1\r\nHost: x\r\nA: 2\r\nB: 3\r\n\r\n')).toEqual({
    host: 'x',
    a: '2',
    b: '3',
  })
})

test('a body of which some is missing is waited for', () => {
  expect(read('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab')).toBe('incomplete')
})

test.each([
  ['no end of the head', 'GET / HTTP/1.1\r\nhost: x\r\n'],
  ['no end of the first line', 'GET / HTTP/1.1'],
  ['nothing', ''],
  ['two requests', 'GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a body without a length', 'GET / HTTP/1.1\r\nhost: x\r\n\r\nbody'],
  ['HTTP/1.0', 'GET / HTTP/1.0\r\nhost: x\r\n\r\n'],
  ['no version', 'GET /\r\nhost: x\r\n\r\n'],
  ['a method of its own', 'BREW / HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a method in lower case', 'get / HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a target with a host', 'GET http://x/ HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a target with a space', 'GET /a b HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a target with a fragment', 'GET /a#b HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['no host', 'GET / HTTP/1.1\r\nx: y\r\n\r\n'],
  ['no headers', 'GET / HTTP/1.1\r\n\r\n'],
  ['two hosts', 'GET / HTTP/1.1\r\nhost: x\r\nHost: y\r\n\r\n'],
  ['two lengths', 'GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n'],
  ['a list of lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1, 1\r\n\r\na'],
  ['a signed length', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +1\r\n\r\na'],
  ['a hexadecimal length', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0x1\r\n\r\na'],
  ['an empty length', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length:\r\n\r\n'],
  ['a large length', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 262145\r\n\r\na'],
  ['chunks', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['an upgrade', 'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'],
  ['an end of the connection', 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
  [
    'an expectation',
    'POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\n',
  ],
  ['trailers', 'GET / HTTP/1.1\r\nhost: x\r\ntrailer: a\r\n\r\n'],
  ['a folded header', 'GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nhost: x\r\na : b\r\n\r\n'],
  ['no colon', 'GET / HTTP/1.1\r\nhost: x\r\na\r\n\r\n'],
  ['an empty name', 'GET / HTTP/1.1\r\nhost: x\r\n: b\r\n\r\n'],
  ['a bare line feed', 'GET / HTTP/1.1\r\nhost: x\na: b\r\n\r\n'],
  ['a bare carriage return', 'GET / HTTP/1.1\r\nhost: x\ra: b\r\n\r\n'],
  ['a NUL', 'GET / HTTP/1.1\r\nhost: x\0\r\n\r\n'],
  ['the name __proto__', 'GET / HTTP/1.1\r\nhost: x\r\n__proto__: y\r\n\r\n'],
  ['an empty line first', '\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['the first line of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a head beyond the limit', `GET / HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(16_384)}\r\n\r\n`],
])('%s is not plain', (_, text) => {
  expect(read(text)).toBeNull()
})

/** Deterministic (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

describe('what is plain, node:http reads alike', () => {
  let server: Server
  beforeAll(async () => {
    server = createServer((incoming, outgoing) => {
      const { method, url: target, headers } = incoming
      outgoing.setHeader('connection', 'close')
      void buffer(incoming).then((body) =>
        outgoing.end(JSON.stringify({ method, target, headers, body: body.toString('latin1') })),
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterAll(() => server.close())

  async function ask(bytes: Buffer): Promise<unknown> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(bytes)
    const answer = (await buffer(socket)).toString()
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))
  }

  const pieces = [
    'GET',
    'POST',
    'HEAD',
    ' ',
    '/',
    '/a?b=c',
    '?',
    '%',
    '#',
    ' HTTP/1.1',
    ' HTTP/1.0',
    '\r\n',
    '\n',
    '\r',
    '\t',
    ':',
    'host: y',
    'content-length: 2',
    'content-length: 3',
    'connection: keep-alive',
    'accept: a, b',
    'cookie: a=b',
    'a:b',
    '\0',
    '\x7f',
    '\xe9',
    '"',
    ',',
    ';',
    '=',
    'Transfer-Encoding: chunked',
    'X',
    '0',
    '\r\n\r\n',
  ]

  test('2,000 requests with parts put in, left out and changed', async () => {
    const next = random(7)
    const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T
    let plain = 0
    for (let i = 0; i < 2000; i++) {
      let text = pick([
        'GET /x?y=1 HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n',
        'POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nA-B: c d\r\n\r\n{}',
      ])
      for (let changes = Math.floor(next() * 3); changes >= 0; changes--) {
        const at = Math.floor(next() * text.length)
        const cut = next() < 0.3 ? Math.floor(next() * 4) : 0
        text = text.slice(0, at) + (next() < 0.7 ? pick(pieces) : '') + text.slice(at + cut)
      }
      const request = read(text)
      if (request === null || request === 'incomplete') continue
      plain++
      const { method, target, headers, body } = request
      if (method === 'HEAD') continue
      // node:http refuses what we take as percent-encoded
      if (text.slice(0, text.indexOf('\r')).includes('\xe9')) continue
      const said = await ask(Buffer.from(text, 'latin1'))
      expect(said, JSON.stringify(text)).toEqual({
        method,
        target,
        headers,
        body: Buffer.from(body).toString('latin1'),
      })
    }
    expect(plain).toBeGreaterThan(200)
  })
})
