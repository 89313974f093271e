import { describe, expect, test } from 'vitest'
import {
  bytesBody,
  createRouter,
  fromWebRequest,
  readJson,
  streamBody,
  toWebResponse,
  withErrorBoundary,
} from '#base/http'
import type { HttpRequest } from '#base/http'
import { neverCancelled, silentLog } from '#base/kernel'
import type { PlatformError } from '#base/kernel'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const request = (body: Uint8Array): HttpRequest => ({
  method: 'POST',
  path: '/',
  query: '',
  headers: {},
  remoteAddress: '',
  cancellation: neverCancelled,
  body: bytesBody(body),
})

describe('router', () => {
  const router = createRouter([
    { method: 'GET', pattern: '/users/:id', handler: 'one' },
    { method: 'DELETE', pattern: '/users/:id', handler: 'remove' },
    { method: 'GET', pattern: '/users', handler: 'all' },
  ])

  test('finds by method and path, decodes parameters, ignores a trailing slash', () => {
    expect(router.match('GET', '/users/a%20b')).toEqual({ handler: 'one', params: { id: 'a b' } })
    expect(router.match('GET', '/users/')).toEqual({ handler: 'all', params: {} })
  })

  test('names the methods a path knows, and knows no other paths', () => {
    expect(router.match('POST', '/users/7')).toEqual({ allowed: ['GET', 'DELETE'] })
    expect(router.match('GET', '/nothing')).toBeNull()
    expect(router.match('GET', '/users/%zz')).toBeNull()
    expect(router.match('GET', '/users//')).toBeNull()
  })
})

describe('bodies', () => {
  test('JSON is read; what is none is `invalid_json`, an empty body is undefined', async () => {
    expect(await readJson(request(bytes('{"a":1}')), 100)).toEqual({ a: 1 })
    expect(await readJson(request(bytes('')), 100)).toBeUndefined()
    for (const bad of [bytes('{'), Uint8Array.of(0x22, 0xff, 0x22)])
      await expect(readJson(request(bad), 100)).rejects.toMatchObject({
        status: 400,
        code: 'invalid_json',
      })
  })

  test('a stream is read up to the limit and no further', async () => {
    let produced = 0
    const chunks = async function* (): AsyncIterable<Uint8Array> {
      for (;;) {
        produced++
        yield bytes('1234')
      }
    }
    await expect(streamBody(chunks).read(10)).rejects.toMatchObject({
      status: 413,
      code: 'body_too_large',
    })
    expect(produced).toBe(3)
    await expect(bytesBody(bytes('12345')).read(4)).rejects.toMatchObject({ status: 413 })
  })
})

describe('web-standard messages', () => {
  test('a Request keeps its raw path and query', () => {
    const inner = fromWebRequest(
      new Request('http://host/a%2Fb/c?x=1&y=%20#f', { headers: { 'X-One': '1' } }),
    )
    expect(inner).toMatchObject({
      method: 'GET',
      path: '/a%2Fb/c',
      query: 'x=1&y=%20',
      headers: { 'x-one': '1' },
    })
    expect(fromWebRequest(new Request('http://host'))).toMatchObject({ path: '/', query: '' })
  })

  test('bodies of every kind become the same Response', async () => {
    const stream = async function* (): AsyncIterable<Uint8Array> {
      yield bytes('ab')
      yield bytes('c')
    }
    for (const body of ['abc', bytes('abc'), [bytes('a'), bytes('bc')], stream()])
      expect(await toWebResponse({ status: 200, headers: {}, body }).text()).toBe('abc')
    expect(
      toWebResponse({
        status: 204,
        headers: { 'set-cookie': ['a=1', 'b=2'] },
        body: null,
      }).headers.getSetCookie(),
    ).toEqual(['a=1', 'b=2'])
  })

  test('a status without a body becomes a Response without one', async () => {
    for (const status of [204, 205, 304])
      expect(await toWebResponse({ status, headers: {}, body: 'abc' }).text()).toBe('')
  })

  test('a cancelled Request cancels ours', () => {
    const controller = new AbortController()
    const { cancellation } = fromWebRequest(
      new Request('http://host', { signal: controller.signal }),
    )
    let told = 0
    cancellation.onCancel(() => told++)
    controller.abort()
    expect([told, cancellation.cancelled]).toEqual([1, true])
  })
})

test('an unknown error becomes 500 without its text, and is logged with its stack', async () => {
  const logged: unknown[] = []
  const log = { ...silentLog, error: (...line: unknown[]) => void logged.push(line) }
  const wording = (error: PlatformError) => ({
    status: error.status,
    headers: {},
    body: error.message,
  })
  const answer = await withErrorBoundary(request(bytes('')), log, wording, () =>
    Promise.reject(new Error('secret words', { cause: new Error('and deeper ones') })),
  )
  expect(answer.status).toBe(500)
  expect(answer.body).not.toContain('secret')
  expect(JSON.stringify(logged)).toMatch(/secret words.*and deeper ones/)
})
