/** pg_net: requests leave after commit, their responses are kept; a thousand in a few seconds, none lost, none twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { slowness } from '@basalt/server/testing'
import { openExtensionDatabase } from './open-database.fixture.ts'
import type { ExtensionDatabase } from './open-database.fixture.ts'
import { startServer, startWorker } from './worker.fixture.ts'
import type { TestServer, TestWorker } from './worker.fixture.ts'

let database: ExtensionDatabase
let worker: TestWorker
let server: TestServer

beforeAll(async () => {
  database = await openExtensionDatabase()
  worker = await startWorker(database)
  server = await startServer((request, response, body) => {
    const url = request.url ?? ''
    if (url.startsWith('/never')) return
    if (url.startsWith('/redirect')) response.writeHead(302, { location: '/landed' }).end()
    else if (url.startsWith('/keep')) response.writeHead(307, { location: '/landed' }).end()
    else if (url.startsWith('/loop')) response.writeHead(302, { location: '/loop' }).end()
    else if (url.startsWith('/away'))
      response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end()
    else if (url.startsWith('/large')) response.end('x'.repeat(9 * 1024 * 1024))
    else if (url.startsWith('/nul')) response.end('a\0b')
    else if (url.startsWith('/broken')) request.socket.destroy()
    else {
      response.writeHead(url.startsWith('/teapot') ? 418 : 200, {
        'Content-Type': 'application/json',
        'X-Own': '1',
      })
      response.end(JSON.stringify({ method: request.method, url, headers: request.headers, body }))
    }
  })
  // created while the worker is there: it is told
  await database.script('create extension pg_net with schema extensions')
})
afterAll(async () => {
  await worker.close()
  await server.close()
  await database.close()
})

interface Response {
  readonly status_code: number | null
  readonly content_type: string | null
  readonly headers: Record<string, string> | null
  readonly content: string | null
  readonly timed_out: boolean
  readonly error_msg: string | null
}

async function responseTo(call: string, role = 'postgres'): Promise<Response> {
  const [queued] = await database.rows<{ id: number }>(`select ${call} as id`, role)
  const find = `select * from net._http_response where id = ${queued?.id ?? 0}`
  await expect.poll(() => database.rows(find)).toHaveLength(1)
  return (await database.rows<Response>(find))[0] as Response
}

const sent = ({
  content,
}: Response): { method: string; url: string; headers: Record<string, string>; body: string } =>
  JSON.parse(content ?? '{}')

describe('a request', () => {
  test('is a GET with its parameters', async () => {
    const response = await responseTo(
      `net.http_get('${server.url}/a?x=1', '{"ü": "b c"}', '{"X-Key": "k"}')`,
    )
    expect(response).toMatchObject({
      status_code: 200,
      content_type: 'application/json',
      timed_out: false,
      error_msg: null,
    })
    expect(response.headers).toMatchObject({ 'X-Own': '1', 'Content-Type': 'application/json' })
    expect(sent(response)).toMatchObject({ method: 'GET', url: '/a?x=1&%C3%BC=b%20c' })
    expect(sent(response).headers).toMatchObject({ 'x-key': 'k', accept: '*/*' })
  })

  test('is a POST with JSON, from named arguments', async () => {
    const response = await responseTo(
      `net.http_post(url := '${server.url}/p', body := '{"a": "ü"}'::jsonb, headers := '{"Authorization": "Bearer t"}'::jsonb, timeout_milliseconds := 2000)`,
    )
    expect(sent(response)).toMatchObject({ method: 'POST', body: '{"a": "ü"}' })
    expect(sent(response).headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer t',
    })
  })

  test('is a DELETE, with a body or without', async () => {
    expect(sent(await responseTo(`net.http_delete('${server.url}/d')`))).toMatchObject({
      method: 'DELETE',
      body: '',
    })
    expect(
      sent(await responseTo(`net.http_delete('${server.url}/d', body := '{"a": 1}')`)),
    ).toMatchObject({ method: 'DELETE', body: '{"a": 1}' })
  })

  test('may come from an API role', async () => {
    expect(
      await responseTo(`net.http_get('${server.url}/anon')`, 'anon').catch(String),
    ).toMatchObject({ status_code: 200 })
    expect(await database.refusal('select * from net.http_request_queue', 'anon')).toMatch(/^42501/)
  })

  test('does not leave when its transaction is undone', async () => {
    await database
      .script(
        `do $$ begin perform net.http_get('${server.url}/undone'); raise exception 'no'; end $$`,
      )
      .catch(() => {})
    await responseTo(`net.http_get('${server.url}/after')`)
    expect(server.requests.filter((line) => line.includes('undone'))).toEqual([])
  })
})

describe('what comes back', () => {
  test('is kept whatever its status', async () => {
    expect((await responseTo(`net.http_get('${server.url}/teapot')`)).status_code).toBe(418)
  })

  test('may be at the end of redirects: a POST becomes a GET, but by 307', async () => {
    expect(
      sent(await responseTo(`net.http_post('${server.url}/redirect', '{"a": 1}')`)),
    ).toMatchObject({ method: 'GET', url: '/landed' })
    expect(sent(await responseTo(`net.http_post('${server.url}/keep', '{"a": 1}')`))).toMatchObject(
      { method: 'POST', url: '/landed', body: '{"a": 1}' },
    )
  })

  test.each([
    ['/loop', /Number of redirects hit maximum amount/],
    ['/large', /more than 8388608 bytes/],
    ['/broken', /Failure when receiving data/],
    // a metadata address, by redirect
    ['/away', /not allowed: it is a link-local or metadata address/],
  ])('%s is an error', async (path, expected) => {
    expect(await responseTo(`net.http_get('${server.url}${path}')`)).toMatchObject({
      status_code: null,
      timed_out: false,
      error_msg: expect.stringMatching(expected),
    })
  })

  test.each([
    ['http://169.254.169.254/latest/meta-data', /not allowed/],
    ['http://[::ffff:169.254.169.254]/', /not allowed/],
    ['http://2852039166/', /not allowed/],
    ['http://127.0.0.1:1/', /Couldn't connect to server/],
    ['http://no-such-host.invalid/', /Couldn't resolve host name/],
    ['ftp://127.0.0.1/', /Unsupported protocol/],
    ['http://', /bad\/illegal format/],
  ])('%s: %s', async (url, expected) => {
    expect((await responseTo(`net.http_get('${url}')`)).error_msg).toMatch(expected)
  })

  test('is a timeout after the time allowed', async () => {
    expect(
      await responseTo(`net.http_get('${server.url}/never', timeout_milliseconds := 100)`),
    ).toMatchObject({
      status_code: null,
      timed_out: true,
      error_msg: expect.stringMatching(/^Timeout of 100 ms reached\. Total time: 1\d\d\.\d+ ms/),
    })
  })

  test('ends at a NUL, which no text can hold', async () => {
    expect((await responseTo(`net.http_get('${server.url}/nul')`)).content).toBe('a')
  })

  test('is collected by its id', async () => {
    const [queued] = await database.rows<{ id: number }>(
      `select net.http_get('${server.url}/c') as id`,
    )
    const collect = `select status::text, (response).status_code from net._http_collect_response(${queued?.id ?? 0}, async := false)`
    expect(await database.rows(collect)).toEqual([{ status: 'SUCCESS', status_code: 200 }])
  })

  test('goes after pg_net.ttl', async () => {
    await responseTo(`net.http_get('${server.url}/old')`)
    await database.script(
      `update net._http_response set created = now() - interval '6 hours 1 second'`,
    )
    await database.script(`select net.worker_restart()`)
    await worker.close()
    worker = await startWorker(database)
    await expect.poll(() => database.rows('select id from net._http_response')).toEqual([])
  })
})

test('the worker’s lock says that it is up', async () => {
  expect(await database.refusal('select net.check_worker_is_up(), net.wait_until_running()')).toBe(
    'not refused',
  )
})

test('1,000 calls are delivered within 5 s, each once', { retry: 2 }, async () => {
  const before = server.requests.length
  const begun = performance.now()
  await database.script(
    `select net.http_post('${server.url}/many', jsonb_build_object('n', n)) from generate_series(1, 1000) as n`,
  )
  await expect
    .poll(() => database.rows(`select count(*) as n from net.http_request_queue`), { interval: 20 })
    .toEqual([{ n: 0 }])
  expect(performance.now() - begun).toBeLessThan(5_000 * slowness())
  expect(server.requests.length - before).toBe(1_000)
})

test('with nothing to do nothing is asked of Postgres', async () => {
  const count = `select sum(xact_commit + xact_rollback)::int8 as n from pg_stat_database where datname = current_database()`
  const statistics = async (): Promise<number> => {
    await database.rows('select pg_stat_force_next_flush()')
    return (await database.rows<{ n: number }>(count))[0]?.n ?? 0
  }
  // backends tell what they did up to a second later: what the tests before this one did may fall into the first windows
  let fewest = Number.POSITIVE_INFINITY
  for (let window = 0; window < 4 && fewest > 2; window++) {
    const before = await statistics()
    // time passes: the one thing this is about
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    fewest = Math.min(fewest, (await statistics()) - before)
  }
  // the two of the second look itself
  expect(fewest).toBeLessThanOrEqual(2)
})
