/** Large results: the bytes of a small one's form, at the reader's pace, in little memory; and what is cut is seen to be cut. */
import { createHash } from 'node:crypto'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { signToken } from './sign-token.ts'

const rows = 24_000
const text = 'ünï"\\'.repeat(160)
/** Of id, text and the quotes around them. */
const rowsSql = `select i as id, '${text}'::text as text from generate_series(1, ${rows}) i`
const schema = `
  create view public.large as ${rowsSql};
  create view public.failing as select id, text, 1 / (${rows} - 5 - id) as quotient from public.large;
  create table public.small as select 1 as id where false;
  create table public.mixed as select i as id, nullif(i % 3, 0) as a, array['x,"', null]::text[] as b,
    '{"k": null}'::jsonb as c, 'line' || chr(10) || i as "d e" from generate_series(1, 70) i;
  create function public.mixed_rows() returns setof public.mixed language sql stable as 'table public.mixed';
  grant select on public.mixed to anon;
  create function public.large_value() returns text language sql stable as
    $$ select string_agg(text, '') from public.large where id <= 20000 $$;
  create function public.large_rows(most int) returns setof public.large language sql stable as
    $$ select * from public.large where id <= most $$;
  create function public.sized(bytes int) returns text language sql stable as $$ select repeat('x', bytes) $$;
  create role stream_reader nologin;
  alter role stream_reader set statement_timeout = '3s';
  grant stream_reader to authenticator;
  grant anon to stream_reader;
  grant select on public.large, public.failing, public.small to anon;`

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({ config: { 'api.max_rows': 0 }, schema })
  // what Node takes for its own code and heap is not what the tests are about
  await read('/large?limit=10000')
})
afterAll(() => server.close())

/** A role of the test's own: roles belong to the whole server, and other tests run on it. */
function asReader(): Record<string, string> {
  const { publishableKey, jwtSecret } = server.platform.keys
  const token = signToken(jwtSecret, { role: 'stream_reader' })
  return { apikey: publishableKey, authorization: `Bearer ${token}` }
}

function open(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const all = { ...asReader(), ...headers }
  return new Promise((resolve, reject) => {
    const request = get(`${server.url}/rest/v1${path}`, { headers: all, agent: false }, resolve)
    request.on('error', reject)
  })
}

interface Read {
  readonly response: IncomingMessage
  readonly bytes: number
  readonly hash: string
}

async function read(path: string, headers: Record<string, string> = {}, stopMs = 0): Promise<Read> {
  const response = await open(path, headers)
  const hash = createHash('sha1')
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    // one long pause in the middle: everything up to Postgres has to wait
    if (bytes < 4_000_000 && bytes + chunk.length >= 4_000_000) await delay(stopMs)
    bytes += chunk.length
    hash.update(chunk)
  }
  return { response, bytes, hash: hash.digest('hex') }
}

function hashOf(opening: string, row: (id: number) => string, separator: string, closing: string) {
  const hash = createHash('sha1').update(opening)
  for (let id = 1; id <= rows; id++) hash.update((id === 1 ? '' : separator) + row(id))
  return hash.update(closing).digest('hex')
}

const jsonHash = hashOf('[', (id) => JSON.stringify({ id, text }), ', \n ', ']')
const csvText = `"${text.replaceAll(/["\\]/g, '$&$&')}"`
const csvHash = hashOf('id,text\n', (id) => `${id},${csvText}`, '\n', '')

const backends = (state: string): Promise<number> =>
  server.count(`select count(*)::int as n from pg_stat_activity
    where usename = 'authenticator' and datname = current_database() and ${state}`)

/** No connection is left with anything to do. */
async function expectFree(): Promise<void> {
  await expect.poll(() => backends(`state <> 'idle' or wait_event = 'ClientWrite'`)).toBe(0)
}

describe('a result of 35 MB', () => {
  test.each([
    ['of a view, a size nobody knows', '/large', {}, jsonHash],
    ['of a view, a size learned', '/large', {}, jsonHash],
    ['filtered, as one value of Postgres', '/large?id=gt.0', {}, jsonHash],
    ['filtered, a size learned', '/large?id=gt.0', {}, jsonHash],
    ['with a limit', `/large?limit=${rows}&order=id`, {}, jsonHash],
    ['as CSV', '/large', { accept: 'text/csv' }, csvHash],
    ['of a function', `/rpc/large_rows?most=${rows}`, {}, jsonHash],
  ])(
    '%s has the right bytes and ranges, and Node holds little of it',
    async (_, path, headers, hash) => {
      const exact = { ...headers, prefer: 'count=exact' }
      const before = process.memoryUsage().rss
      let highest = before
      const watch = setInterval(() => (highest = Math.max(highest, process.memoryUsage().rss)), 10)
      const { response, hash: found } = await read(path, exact, 100)
      clearInterval(watch)
      expect(response.statusCode).toBe(200)
      expect(response.headers['content-range']).toBe(`0-${rows - 1}/${rows}`)
      expect(found).toBe(hash)
      expect((highest - before) / 2 ** 20).toBeLessThan(40)
      await expectFree()
    },
  )

  test('as one value has its length told before it comes', async () => {
    const { response, bytes } = await read('/rpc/large_value', {}, 100)
    expect(response.headers['content-length']).toBe(String(bytes))
    expect(bytes).toBe(2 + 20_000 * Buffer.byteLength(JSON.stringify(text).slice(1, -1)))
    await expectFree()
  })

  test('comes through the embedded entry too', async () => {
    const { fetch } = server.platform
    const headers = asReader()
    const response = await fetch(`${server.url}/rest/v1/large`, { headers })
    const found = createHash('sha1').update(await response.text())
    expect(found.digest('hex')).toBe(jsonHash)
  })
})

test('a slow reader is not held to the timeout of the statement', async () => {
  const { hash } = await read('/large', {}, 3_500)
  expect(hash).toBe(jsonHash)
})

test.each(['/large', '/large?id=gt.1', '/rpc/large_value'])(
  'a client that goes away in the middle of %s frees the backend at once',
  async (path) => {
    const response = await open(path)
    response.once('data', () => response.pause())
    await expect.poll(() => backends(`state <> 'idle'`)).toBeGreaterThan(0)
    response.destroy()
    await expectFree()
  },
)

test('an answer that nobody reads, in process, is given up when it is cancelled', async () => {
  const { fetch } = server.platform
  const headers = asReader()
  const response = await fetch(`${server.url}/rest/v1/large`, { headers })
  expect(response.status).toBe(200)
  await response.body?.cancel()
  await expectFree()
})

test('an error of the query comes before the first byte, however large the result', async () => {
  for (const path of ['/failing', '/failing', '/failing?id=gt.0']) {
    const { response } = await read(path)
    expect(response.statusCode).toBe(400)
  }
})

test.each(['/large', '/rpc/large_value'])(
  'a backend that ends in the middle of %s cuts the answer: it does not look whole',
  async (path) => {
    const response = await open(path)
    const whole = (async () => {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        expect(chunk.length).toBeGreaterThan(0)
        await server.count(`select count(pg_terminate_backend(pid))::int as n from pg_stat_activity
          where usename = 'authenticator' and datname = current_database() and state <> 'idle'`)
      }
    })()
    await expect(whole).rejects.toThrow(/aborted/)
    await expectFree()
  },
)

test('an empty page is the empty list, in either form', async () => {
  for (const path of ['/small', '/small', '/small?id=gt.0']) {
    const response = await open(path, { prefer: 'count=exact' })
    expect(response.headers['content-range']).toBe('*/0')
    expect(response.headers['content-length']).toBe('2')
    response.resume()
  }
  expect((await read('/small', { accept: 'text/csv' })).bytes).toBe(1)
})

test.each([
  '/mixed',
  '/mixed?select=id,x:a,c&order=id.desc',
  '/rpc/mixed_rows',
  '/rpc/mixed_rows?select=id,b',
])(
  '%s has the same bytes and headers by rows, as at the first time, and as one cell, as afterwards',
  async (path) => {
    for (const accept of [
      'application/json',
      'text/csv',
      'application/vnd.pgrst.array+json;nulls=stripped',
    ]) {
      const [rows, cell] = [await read(path, { accept }), await read(path, { accept })]
      expect(rows.hash).toBe(cell.hash)
      expect({ ...rows.response.headers, date: '' }).toMatchObject({
        'content-length': cell.response.headers['content-length'],
        'content-range': '0-69/*',
        'content-type': cell.response.headers['content-type'],
      })
    }
  },
)

test('a large answer on a connection shared with others holds nobody up', async () => {
  const size = (bytes: number): Promise<Read> => read(`/rpc/sized?bytes=${bytes}`)
  for (let i = 0; i < 5; i++) await size(10)
  const stuck = await open('/rpc/sized?bytes=20000000')
  const others = await Promise.all(Array.from({ length: 40 }, () => size(10)))
  expect(others.every(({ bytes }) => bytes === 12)).toBe(true)
  expect(stuck.headers['content-length']).toBe('20000002')
  stuck.destroy()
  await expectFree()
})

test('twice as many large answers at once as there are connections', async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, i) => read(`/rpc/large_rows?most=${3000 + i}`)),
  )
  expect(answers.map(({ response }) => response.statusCode)).toEqual(answers.map(() => 200))
  await expectFree()
})
