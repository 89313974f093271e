/** Answers in the codings that clients accept: which, when not, and what comes of them on the other side. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { ask, readTo } from './bytes-client.ts'

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({
    config: { 'api.max_rows': 100_000 },
    schema: `
      create table public.words (id int primary key, word text not null);
      insert into public.words select n, 'word number ' || n from generate_series(1, 60000) n;
      grant select on public.words to anon;
      create function public.echo(json) returns json language sql immutable as 'select $1';`,
  })
  const { serviceRoleKey } = server.platform.keys
  const asService = {
    authorization: `Bearer ${serviceRoleKey}`,
    'content-type': 'application/json',
  }
  await send('POST', '/storage/v1/bucket', asService, '{"name":"open","public":true}')
  const upload = (name: string, type: string) =>
    send(
      'POST',
      `/storage/v1/object/open/${name}`,
      { ...asService, 'content-type': type },
      'a line of text\n'.repeat(1000),
    )
  await upload('a.txt', 'text/plain')
  await upload('a.png', 'image/png')
})
afterAll(() => server.close())

const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
  ask(server.url, method, path, { apikey: server.platform.keys.publishableKey, ...headers }, body)
const read = (accepted: string, path = '/rest/v1/words?limit=200&order=id', headers = {}) =>
  send('GET', path, { 'accept-encoding': accepted, ...headers })

test('what is sent compressed is what is sent plain', async () => {
  const plain = await send('GET', '/rest/v1/words?limit=200&order=id')
  const zipped = await read('gzip')
  const brotli = await read('br')
  expect(plain.headers['content-encoding']).toBeUndefined()
  expect(zipped.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(zipped.body)).toEqual(plain.body)
  expect(brotliDecompressSync(brotli.body)).toEqual(plain.body)
  expect(zipped.body.length).toBeLessThan(plain.body.length / 2)
  for (const { headers } of [plain, zipped, brotli])
    expect(headers['vary']).toMatch(/accept-encoding/i)
  expect(zipped.headers['content-range']).toBe(plain.headers['content-range'])
})

test.each([
  ['gzip;q=0', undefined],
  ['gzip;q=0, br', 'br'],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', undefined],
  ['*', 'any'],
  ['*;q=0', undefined],
  ['br;q=0, gzip;q=0, zstd;q=0, *', undefined],
  ['gzip;q=0.5, br;q=0.8', 'br'],
  ['gzip;q=0.8, br;q=0.5', 'gzip'],
  ['identity, gzip;q=0.5', undefined],
  ['identity;q=0, gzip;q=0.001', 'gzip'],
  ['identity', undefined],
  ['', undefined],
  ['gzip;q=2', undefined],
  ['gzip ; q=0.5', 'gzip'],
  ['nonsense;;;,,, gzip', 'gzip'],
])('Accept-Encoding: %s is answered in %s', async (accepted, encoding) => {
  const { headers, body } = await read(accepted)
  if (encoding === 'any') expect(headers['content-encoding']).toMatch(/^(zstd|br|gzip)$/)
  else expect(headers['content-encoding']).toBe(encoding)
  expect(headers['content-length']).toBe(String(body.length))
})

test('small answers, answers to HEAD, parts and pictures stay as they are', async () => {
  const small = await read('gzip', '/rest/v1/words?id=eq.1')
  expect(small.headers['content-encoding']).toBeUndefined()
  expect(small.headers['vary'] ?? '').not.toMatch(/accept-encoding/i)
  const head = await send('HEAD', '/storage/v1/object/public/open/a.txt', {
    'accept-encoding': 'gzip',
  })
  expect(head.headers['content-encoding']).toBeUndefined()
  expect(head.headers['content-length']).toBe('15000')
  const part = await read('gzip', '/storage/v1/object/public/open/a.txt', {
    range: 'bytes=0-9999',
  })
  expect([part.status, part.body.length]).toEqual([206, 10_000])
  expect(part.headers['content-encoding']).toBeUndefined()
  const picture = await read('gzip', '/storage/v1/object/public/open/a.png')
  expect(picture.headers['content-encoding']).toBeUndefined()
  expect(picture.body.length).toBe(15_000)
})

test('who forbids it is obeyed', async () => {
  const path = '/rest/v1/words?limit=200'
  const { headers } = await read('gzip', path, { 'cache-control': 'max-age=0, No-Transform' })
  expect(headers['content-encoding']).toBeUndefined()
})

test('an object has another tag when it is compressed, which is known when it comes back', async () => {
  const path = '/storage/v1/object/public/open/a.txt'
  const plain = await send('GET', path)
  const zipped = await read('gzip', path)
  expect(gunzipSync(zipped.body)).toEqual(plain.body)
  expect(zipped.headers['etag']).toBe(`W/${plain.headers['etag']}`)
  expect(zipped.headers['accept-ranges']).toBeUndefined()
  const again = await read('gzip', path, { 'if-none-match': zipped.headers['etag'] as string })
  expect([again.status, again.body.length]).toEqual([304, 0])
  expect(again.headers['etag']).toBe(zipped.headers['etag'])
  expect(again.headers['vary']).toMatch(/accept-encoding/i)
  const rest = await read('gzip', path, {
    range: 'bytes=100-',
    'if-range': zipped.headers['etag'] as string,
  })
  expect(rest.status).toBe(200)
})

test('a large answer goes as it is made, and whole', async () => {
  const path = '/rest/v1/words?order=id'
  const wide = { range: '0-59999' }
  const plain = await send('GET', path, wide)
  const zipped = await read('gzip', path, wide)
  expect(plain.body.length).toBeGreaterThan(2_000_000)
  expect(zipped.headers['content-encoding']).toBe('gzip')
  expect(zipped.headers['content-length']).toBeUndefined()
  expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true)
})

test('who goes away in the middle leaves nothing behind', async () => {
  const status = await readTo(server.url, '/rest/v1/words?order=id', {
    'accept-encoding': 'br',
    apikey: server.platform.keys.publishableKey,
  })
  expect(status).toBe(200)
  expect((await read('gzip')).status).toBe(200)
})
