/** The gateway: keys, tokens, CORS, request ids, limits, health, logs, metrics; and what must not get through. */
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { describeWire, sendRaw } from './wire.ts'
import type { Wire } from './wire.ts'

const schema = `
  create table public.things (id int primary key, owner text);
  insert into public.things values (1, 'a'), (2, 'b');
  create table public.secrets (id int);
  alter table public.secrets enable row level security;
  insert into public.secrets values (1);
  grant select on public.things, public.secrets to anon, authenticated, service_role;`

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
function token(
  wire: Wire,
  claims: object,
  header: object = { alg: 'HS256', typ: 'JWT' },
  secret?: string,
): string {
  const content = `${base64(header)}.${base64(claims)}`
  const key = secret ?? wire.server().platform.keys.jwtSecret
  return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`
}
const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600

describeWire('gateway', { schema }, (wire) => {
  const { send } = wire
  const keys = () => wire.server().platform.keys

  describe('API keys', () => {
    test.each([
      ['publishable', () => keys().publishableKey, 0],
      ['legacy anon', () => keys().anonKey, 0],
      ['secret', () => keys().secretKey, 1],
      // a JWT key alone is passed on without `Bearer`: no token for the service (facts: key translation)
      ['legacy service_role', () => keys().serviceRoleKey, 0],
    ])('%s key alone gives its role', async (_, key, rows) => {
      const answer = await send('GET', '/rest/v1/secrets', { key: key() })
      expect(answer).toMatchObject({ status: 200 })
      expect(answer.json).toHaveLength(rows)
    })

    test('an apikey in the query is as good as one in the header', async () => {
      const answer = await send('GET', `/auth/v1/settings?apikey=${keys().publishableKey}`, {
        key: false,
      })
      expect(answer.status).toBe(200)
    })

    test('without a key a request is anonymous, as with the local gateway of the Supabase CLI, or its token decides', async () => {
      expect(await send('GET', '/rest/v1/secrets', { key: false })).toMatchObject({
        status: 200,
        json: [],
      })
      const authorization = `Bearer ${token(wire, { role: 'service_role', exp: inAnHour() })}`
      const answer = await send('GET', '/rest/v1/secrets', {
        key: false,
        headers: { authorization },
      })
      expect(answer).toMatchObject({ status: 200, json: [{ id: 1 }] })
    })

    test('an unknown key and a foreign JWT are refused before any service sees them', async () => {
      const foreign = token(
        wire,
        { role: 'service_role', exp: inAnHour() },
        undefined,
        'another secret of another project',
      )
      for (const key of ['sb_publishable_wrong', 'nonsense', foreign])
        expect(await send('GET', '/rest/v1/things', { key })).toMatchObject({
          status: 401,
          json: { message: 'Invalid API key' },
        })
    })

    test('a bearer token wins over the key', async () => {
      const authorization = `Bearer ${token(wire, { role: 'authenticated', sub: 'x', exp: inAnHour() })}`
      const answer = await send('GET', '/rest/v1/secrets', {
        key: keys().secretKey,
        headers: { authorization },
      })
      expect(answer).toMatchObject({ status: 200, json: [] })
    })

    test('`Bearer sb_secret_…` is the secret key, `Bearer sb_publishable_…` the publishable one', async () => {
      for (const [key, rows] of [
        [keys().secretKey, 1],
        [keys().publishableKey, 0],
      ] as const) {
        const answer = await send('GET', '/rest/v1/secrets', {
          key,
          headers: { authorization: `Bearer ${key}` },
        })
        expect(answer.json).toHaveLength(rows)
      }
    })
  })

  describe('tokens', () => {
    test.each([
      [
        'expired',
        () => token(wire, { role: 'authenticated', exp: 1_000_000 }),
        'PGRST303',
        'JWT expired',
      ],
      [
        'of another key',
        () =>
          token(
            wire,
            { role: 'service_role', exp: inAnHour() },
            undefined,
            'some other secret, long enough too',
          ),
        'PGRST301',
        /.+/,
      ],
      [
        'alg none',
        () => `${base64({ alg: 'none' })}.${base64({ role: 'service_role' })}.`,
        'PGRST301',
        /.+/,
      ],
      ['not a JWT', () => 'abc', 'PGRST301', /Expected 3 parts in JWT; got 1/],
      [
        'with a tampered payload',
        () =>
          token(wire, { role: 'anon', exp: inAnHour() }).replace(
            /\.[^.]+\./,
            `.${base64({ role: 'service_role' })}.`,
          ),
        'PGRST301',
        /.+/,
      ],
    ])('%s: 401, and nothing is read', async (_, make, code, message) => {
      const answer = await send('GET', '/rest/v1/secrets', {
        headers: { authorization: `Bearer ${make()}` },
      })
      expect(answer).toMatchObject({ status: 401, json: { code } })
      expect((answer.json as { message: string }).message).toMatch(message)
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    })

    test('with a role that does not exist: refused by Postgres, worded as PostgREST does', async () => {
      const authorization = `Bearer ${token(wire, { role: 'no_such_role', exp: inAnHour() })}`
      const answer = await send('GET', '/rest/v1/things', { headers: { authorization } })
      expect(answer).toMatchObject({
        json: { code: '22023', message: 'role "no_such_role" does not exist' },
      })
      expect(answer.status).toBe(401)
    })

    test("with a role that the callers' connection may not assume: refused", async () => {
      for (const role of ['postgres', 'supabase_admin', 'supabase_auth_admin', 'authenticator']) {
        const authorization = `Bearer ${token(wire, { role, exp: inAnHour() })}`
        const answer = await send('GET', '/rest/v1/secrets', { headers: { authorization } })
        expect(answer.status, role).not.toBe(200)
        expect(answer.text).not.toContain('"id"')
      }
    })
  })

  describe('around every request', () => {
    test('a preflight is answered for any origin and any header asked for', async () => {
      const answer = await send('OPTIONS', '/rest/v1/things', {
        key: false,
        headers: {
          origin: 'https://app.example.com',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'apikey, x-anything',
        },
      })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('access-control-allow-headers')).toBe('apikey, x-anything')
      expect(answer.headers.get('access-control-allow-methods')).toContain('PATCH')
    })

    test('answers carry CORS headers and a request id: the given one when it is harmless, else a new one', async () => {
      const given = await send('GET', '/rest/v1/things', { headers: { 'x-request-id': 'abc-123' } })
      expect(given.headers.get('x-request-id')).toBe('abc-123')
      expect(given.headers.get('access-control-allow-origin')).toBe('*')
      expect(given.headers.get('access-control-expose-headers')).toContain('content-range')
      const silly = await send('GET', '/rest/v1/things', {
        headers: { 'x-request-id': 'x'.repeat(500) },
      })
      expect(silly.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
    })

    test('health and readiness need no key', async () => {
      for (const path of [
        '/health',
        '/rest-admin/v1/ready',
        '/rest-admin/v1/live',
        '/auth/v1/health',
      ])
        expect((await send('GET', path, { key: false })).status, path).toBe(200)
    })

    test('an unknown path names the services', async () => {
      expect(await send('GET', '/nothing/here')).toMatchObject({
        status: 404,
        json: { code: 'route_not_found' },
      })
      expect(await send('GET', '/rest/v1things')).toMatchObject({
        status: 404,
        json: { code: 'route_not_found' },
      })
    })

    test('a URL beyond the limit is 414, a body beyond it 413; nothing is changed', async () => {
      expect(await send('GET', `/rest/v1/things?id=eq.${'1'.repeat(17_000)}`)).toMatchObject({
        status: 414,
        json: { code: 'url_too_long' },
      })
      const body = `[${' '.repeat(17 * 1024 * 1024)}{"id":99}]`
      const answer = await send('POST', '/rest/v1/things', {
        key: keys().secretKey,
        body,
        headers: { 'content-type': 'application/json' },
      })
      expect(answer.status).toBe(413)
      expect((await send('GET', '/rest/v1/things?id=eq.99')).json).toEqual([])
    })

    test('one log line a request, with its id, its user and no secret; one count in the metrics', async () => {
      const sub = '11111111-2222-3333-4444-555555555555'
      const bearer = token(wire, { role: 'authenticated', sub, exp: inAnHour() })
      const id = `log-${wire.name.replaceAll(' ', '-')}`
      await send('GET', '/rest/v1/things?select=id', {
        headers: { 'x-request-id': id, authorization: `Bearer ${bearer}` },
      })
      const lines = wire.server().logged.filter((line) => line['request_id'] === id)
      expect(lines).toEqual([
        expect.objectContaining({
          level: 'info',
          method: 'GET',
          path: '/rest/v1/things',
          status: 200,
          user_id: sub,
          project: 'default',
          duration_ms: expect.any(Number) as number,
        }),
      ])
      const everything = JSON.stringify(wire.server().logged)
      for (const secret of [bearer, keys().secretKey, keys().jwtSecret])
        expect(everything).not.toContain(secret)
      const metrics = await wire.server().platform.handleAdmin({
        method: 'GET',
        path: '/metrics',
        query: '',
        headers: {},
        remoteAddress: '',
        cancellation: { cancelled: false, onCancel: () => () => {} },
        body: {
          read: () => Promise.reject(new Error('no body')),
          stream: () => {
            throw new Error('no body')
          },
        },
      })
      expect(String(metrics.body)).toMatch(
        /http_requests_total\{method="GET",route="\/rest\/v1",status="200",project="default"\} \d+/,
      )
      expect(String(metrics.body)).toMatch(
        /database_connections_max\{project="default",pool="api"\} 16/,
      )
    })
  })
})

describeWire('gateway against hostile bytes', { schema }, (wire) => {
  if (wire.name === 'in process') {
    test('has a socket only', () => expect(wire.name).toBe('in process'))
    return
  }
  const head = (extra: string): string =>
    `Host: x\r\nConnection: close\r\napikey: ${wire.server().platform.keys.publishableKey}\r\n${extra}\r\n`

  test.each([
    ['not HTTP at all', '\x16\x03\x01\x02\x00 hello\r\n\r\n', 400],
    ['an invalid percent sequence', 'GET /rest/v1/things?id=eq.%zz HTTP/1.1\r\nHost: x\r\n', null],
    [
      'two content lengths',
      'POST /rest/v1/things HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n',
      400,
    ],
    [
      'a length and chunks',
      'POST /rest/v1/things HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n',
      400,
    ],
  ])('%s is refused and the server lives on', async (_, bytes, status) => {
    const received = await sendRaw(
      wire.server().url,
      bytes.startsWith('\x16') ? bytes : `${bytes}${head('')}`,
    )
    if (status === null) expect(received).toMatch(/^HTTP\/1\.1 [24]00/)
    else expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status}`))
    expect((await wire.send('GET', '/health')).status).toBe(200)
  })

  test('a header block beyond the limit is 431', async () => {
    const received = await sendRaw(
      wire.server().url,
      `GET /rest/v1/things HTTP/1.1\r\n${head(`x-big: ${'x'.repeat(40_000)}\r\n`)}`,
    )
    expect(received).toMatch(/^HTTP\/1\.1 431/)
  })
})

describeWire(
  'gateway of a project that wants API keys',
  { schema, config: { 'basalt.require_api_key': true } },
  ({ send }) => {
    test('without one it refuses', async () => {
      expect(await send('GET', '/rest/v1/things', { key: false })).toMatchObject({
        status: 401,
        json: { message: 'No API key found in request' },
      })
    })
  },
)
