/** `basalt rest` as its users meet it: a plain database, PostgREST's variables, paths at the root. */
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { createRestLoader, startRest } from '@basalt/server/rest'
import type { RestLoader, RestServer, StartRestOptions } from '@basalt/server/rest'
import { executeDirectly, withDatabase } from '@basalt/server/testing'

const suffix = randomBytes(4).toString('hex')
const name = `rest_${suffix}`
const web = `web_${suffix}`
const author = `author_${suffix}`
const login = `login_${suffix}`
const secret = 'a secret that has at least 32 characters'
let url: string
let ownerUrl: string
const running: RestServer[] = []

const run = (...texts: string[]): Promise<void> => executeDirectly(ownerUrl, ...texts)

beforeAll(async () => {
  const server = inject('testServer').url
  ownerUrl = withDatabase(server, name)
  await executeDirectly(
    server,
    `create database ${name} template template0`,
    `create role ${web} nologin`,
    `create role ${author} nologin`,
    `create role ${login} login noinherit password 'pw'`,
    `grant ${web}, ${author} to ${login}`,
  )
  await run(
    'create schema api',
    `create table api.books (id int primary key, title text, author text default current_setting('request.jwt.claims', true)::json ->> 'sub')`,
    `insert into api.books values (1, 'one', 'a'), (2, 'two', 'b')`,
    `create function api.who() returns json stable language sql as $$
       select json_build_object('role', current_user, 'claims', current_setting('request.jwt.claims', true)::json,
         'setting', current_setting('app.settings.greeting', true)) $$`,
    `create function api.refuse() returns void language plpgsql as $$
       begin if current_setting('request.headers', true)::json ->> 'x-refuse' is not null then
         raise sqlstate 'PT403' using message = 'not today'; end if; end $$`,
    `grant usage on schema api to ${web}, ${author}`,
    `grant select on api.books to ${web}`,
    `grant all on api.books to ${author}`,
  )
  const parsed = new URL(ownerUrl)
  parsed.username = login
  parsed.password = 'pw'
  url = parsed.href
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})
afterAll(async () => {
  await executeDirectly(
    inject('testServer').url,
    `drop database ${name} with (force)`,
    `drop role ${web}`,
    `drop role ${author}`,
    `drop role ${login}`,
  )
})

async function start(
  variables: Readonly<Record<string, string>> = {},
  more: Partial<StartRestOptions> = {},
): Promise<RestServer> {
  const server = await startRest({ load: loaderOf(variables), ...more })
  running.push(server)
  return server
}

/** The variables may be changed later. */
function loaderOf(variables: Readonly<Record<string, string>>): RestLoader {
  return (inDatabase) => createRestLoader({ environment: environmentOf(variables) })(inDatabase)
}

function environmentOf(variables: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PGRST_DB_URI: url,
    PGRST_DB_SCHEMAS: 'api',
    PGRST_DB_ANON_ROLE: web,
    PGRST_JWT_SECRET: secret,
    PGRST_SERVER_HOST: '127.0.0.1',
    PGRST_SERVER_PORT: '0',
    ...variables,
  }
}

interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly json: unknown
}

async function ask(server: RestServer, path: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(`${server.address}${path}`, init)
  const text = await response.text()
  const json: unknown = text === '' ? null : JSON.parse(text)
  return { status: response.status, headers: response.headers, json }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function token(claims: object, key: string | Uint8Array = secret): string {
  const content = `${encode({ alg: 'HS256' })}.${encode(claims)}`
  return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`
}

const noKey = 'No suitable key or wrong key type'
const bearer = (value: string): RequestInit => ({ headers: { authorization: `Bearer ${value}` } })

test('reads and writes at the root, without API keys, and leaves the database as it was', async () => {
  const server = await start()
  expect(await ask(server, '/books?select=id&id=eq.1')).toMatchObject({
    status: 200,
    json: [{ id: 1 }],
  })
  const inserted = await ask(server, '/books?select=author', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token({ role: author, sub: 'me' })}`,
      'content-type': 'application/json',
      prefer: 'return=representation',
    },
    body: '{"id": 3, "title": "three"}',
  })
  expect(inserted).toMatchObject({ status: 201, json: [{ author: 'me' }] })
  expect(inserted.headers.get('access-control-allow-origin')).toBeNull()
  await run('delete from api.books where id = 3')
  expect(await ask(server, '/rest/v1/books')).toMatchObject({ status: 404 })
  const unauthorised = await ask(server, '/books', { method: 'DELETE' })
  expect(unauthorised).toMatchObject({ status: 401, json: { code: '42501' } })
  expect(await ask(server, '/books?apikey=eq.1')).toMatchObject({ status: 400 })
})

test('settings, pre-request, the end of transactions', async () => {
  const server = await start({
    PGRST_APP_SETTINGS_greeting: 'hello',
    PGRST_DB_PRE_REQUEST: 'api.refuse',
    PGRST_DB_TX_END: 'rollback-allow-override',
  })
  expect((await ask(server, '/rpc/who')).json).toMatchObject({ role: web, setting: 'hello' })
  const refused = await ask(server, '/books', { headers: { 'x-refuse': '1' } })
  expect(refused).toMatchObject({ status: 403, json: { message: 'not today' } })
  const asAuthor = { authorization: `Bearer ${token({ role: author })}` }
  expect(
    await ask(server, '/books?id=eq.1', { method: 'DELETE', headers: asAuthor }),
  ).toMatchObject({ status: 204 })
  expect((await ask(server, '/books?id=eq.1&select=id')).json).toEqual([{ id: 1 }])
})

test('tokens: audience, role claim, base64 secret, set of keys', async () => {
  const bytes = randomBytes(40)
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1' }
  const cases: readonly (readonly [Record<string, string>, string, unknown])[] = [
    [{}, token({ role: author }), author],
    [{}, token({ sub: 'no role' }), web],
    [{ PGRST_JWT_AUD: 'us' }, token({ role: author, aud: ['them', 'us'] }), author],
    [{ PGRST_JWT_AUD: 'us' }, token({ role: author, aud: 'them' }), 'JWT not in audience'],
    [
      { PGRST_JWT_ROLE_CLAIM_KEY: `$.app.roles[?search(@, '^author')]` },
      token({ app: { roles: ['x', author] } }),
      author,
    ],
    [
      { PGRST_JWT_SECRET: bytes.toString('base64'), PGRST_JWT_SECRET_IS_BASE64: 'true' },
      token({ role: author }, bytes),
      author,
    ],
    [{ PGRST_JWT_SECRET: JSON.stringify({ keys: [jwk] }) }, es256(pair.privateKey), author],
    [{}, token({ role: author }, 'another secret of at least 32 bytes'), noKey],
    [{}, token({ role: author, exp: 1 }), 'JWT expired'],
  ]
  for (const [variables, value, expected] of cases) {
    const server = await start(variables)
    const { json } = await ask(server, '/rpc/who', bearer(value))
    const { role, message } = json as { role?: string; message?: string }
    expect(role ?? message).toBe(expected)
    await running.pop()?.stop()
  }
})

function es256(key: Parameters<typeof sign>[2] & object): string {
  const content = `${encode({ alg: 'ES256', kid: 'k1' })}.${encode({ role: author })}`
  const by = { key: key as never, dsaEncoding: 'ieee-p1363' as const }
  return `${content}.${sign('sha256', Buffer.from(content), by).toString('base64url')}`
}

test('no anonymous role, no secret: said in so many words', async () => {
  const closed = await start({ PGRST_DB_ANON_ROLE: '' })
  const refused = await ask(closed, '/books')
  expect(refused).toMatchObject({
    status: 401,
    json: { code: 'PGRST302', message: 'Anonymous access is disabled' },
  })
  expect(refused.headers.get('www-authenticate')).toBe('Bearer')
  expect(await ask(closed, '/books', bearer(token({ role: author })))).toMatchObject({
    status: 200,
  })
  const unsecured = await start({ PGRST_JWT_SECRET: '' })
  expect(await ask(unsecured, '/books', bearer(token({ role: author })))).toMatchObject({
    status: 500,
    json: { code: 'PGRST300', message: 'Server lacks JWT secret' },
  })
  const basic = { headers: { authorization: 'Basic dTpw' } }
  expect(await ask(unsecured, '/books?limit=1', basic)).toMatchObject({ status: 200 })
  const bare = await ask(await start(), '/books', { headers: { authorization: 'Bearer' } })
  expect(bare).toMatchObject({ status: 401, json: { code: 'PGRST301' } })
})

test('the root: what the caller may use, all there is, a function, or nothing', async () => {
  const root = async (variables: Record<string, string>, accept = 'application/json') => {
    const answer = await ask(await start(variables), '/', { headers: { accept } })
    await running.pop()?.stop()
    return answer
  }
  await run('create table if not exists api.hidden (id int)')
  const own = (await root({})).json as { paths: object; host: string; basePath: string }
  expect(Object.keys(own.paths)).toContain('/books')
  expect(Object.keys(own.paths)).not.toContain('/hidden')
  expect(own).toMatchObject({ basePath: '/' })
  expect(own).not.toHaveProperty('security')
  const all = await root({
    PGRST_OPENAPI_MODE: 'ignore-privileges',
    PGRST_OPENAPI_SECURITY_ACTIVE: 'true',
    PGRST_OPENAPI_SERVER_PROXY_URI: 'https://api.example.com/v2',
  })
  expect(all.json).toMatchObject({
    paths: { '/hidden': {} },
    security: [{ JWT: [] }],
    host: 'api.example.com',
    basePath: '/v2',
    schemes: ['https'],
  })
  const none = await root({ PGRST_OPENAPI_MODE: 'disabled' })
  expect([none.status, none.json]).toMatchObject([404, { code: 'PGRST126' }])
  const spec = await root({ PGRST_DB_ROOT_SPEC: 'api.who' }, 'application/openapi+json')
  expect(spec.headers.get('content-type')).toBe('application/openapi+json; charset=utf-8')
  expect(spec.json).toMatchObject({ role: web })
})

test('settings of a function apply to its whole transaction, those that are hoisted', async () => {
  await run(
    `create function api.inner() returns json volatile language sql set statement_timeout = '7s'
       as $$ select json_build_object('x', 1) $$`,
    `create function api.after() returns void language plpgsql as $$ begin
       perform set_config('response.headers', json_build_array(json_build_object('x-timeout', current_setting('statement_timeout')))::text, true);
     end $$`,
  )
  const timeoutOf = async (variables: Record<string, string>): Promise<string | null> => {
    const server = await start({ PGRST_DB_PRE_REQUEST: 'api.after', ...variables })
    const { headers } = await ask(server, '/rpc/inner', { method: 'POST' })
    return headers.get('x-timeout')
  }
  expect(await timeoutOf({})).toBe('7s')
  expect(await timeoutOf({ PGRST_DB_HOISTED_TX_SETTINGS: 'work_mem' })).not.toBe('7s')
})

test('errors in few words, a header sent back, timings', async () => {
  const server = await start({
    PGRST_CLIENT_ERROR_VERBOSITY: 'minimal',
    PGRST_SERVER_TRACE_HEADER: 'X-Request-Id',
    PGRST_SERVER_TIMING_ENABLED: 'true',
  })
  const wrong = await ask(server, '/boks', { headers: { 'x-request-id': 'r7' } })
  expect(Object.keys(wrong.json as object)).toEqual(['code', 'message'])
  expect(wrong.headers.get('x-request-id')).toBe('r7')
  const right = await ask(server, '/books')
  expect(right.headers.get('server-timing')).toMatch(/jwt;dur=[\d.]+.*transaction;dur=/)
  expect(right.headers.get('x-request-id')).toBe('')
})

test('CORS: any origin, or those that are named', async () => {
  const preflight = {
    method: 'OPTIONS',
    headers: {
      origin: 'http://page.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'Prefer, X-Own',
    },
  }
  const open = await start()
  const anybody = await ask(open, '/books', preflight)
  expect(anybody.status).toBe(200)
  expect(anybody.headers.get('access-control-allow-origin')).toBe('*')
  expect(anybody.headers.get('access-control-allow-headers')).toBe(
    'Authorization, Prefer, X-Own, Accept, Accept-Language, Content-Language',
  )
  const read = await ask(open, '/books', { headers: { origin: 'http://page.example' } })
  expect(read.headers.get('access-control-expose-headers')).toContain('Content-Range')

  const named = await start({ PGRST_SERVER_CORS_ALLOWED_ORIGINS: 'http://page.example, http://b' })
  const ours = await ask(named, '/books', preflight)
  expect(ours.headers.get('access-control-allow-origin')).toBe('http://page.example')
  expect(ours.headers.get('access-control-allow-credentials')).toBe('true')
  const theirs = await ask(named, '/books', { headers: { origin: 'http://other' } })
  expect([theirs.status, theirs.headers.get('access-control-allow-origin')]).toEqual([200, null])
})

test('the admin server tells how we are', async () => {
  const port = await freePort()
  const server = await start({ PGRST_ADMIN_SERVER_PORT: String(port) })
  const admin = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`${server.adminAddress ?? ''}${path}`)
    return [response.status, await response.text()]
  }
  expect(await admin('/live')).toEqual([200, ''])
  expect(await admin('/ready')).toEqual([200, ''])
  const [, config] = await admin('/config')
  expect(config).toContain('db-schemas = "api"')
  expect(config).not.toContain(secret)
  expect(config).not.toContain('pw')
  expect((await admin('/schema_cache'))[1]).toContain('"books"')
  expect((await admin('/metrics'))[1]).toMatch(/^pgrst_db_pool_max 10$/m)
  expect(await admin('/books')).toEqual([404, ''])
})

test('NOTIFY reloads schema and configuration, the database’s own settings included', async () => {
  const server = await start({ PGRST_DB_CHANNEL: 'my_channel' })
  await run(
    'create table api.later (id int)',
    `grant select on api.later to ${web}`,
    `notify my_channel, 'reload schema'`,
  )
  expect(await ask(server, '/later')).toMatchObject({ status: 200 })
  await run(
    `alter role ${login} set pgrst.db_max_rows = 5`,
    `alter role ${login} in database ${name} set pgrst.db_max_rows = 1`,
    `notify my_channel, 'reload config'`,
  )
  await expect.poll(async () => (await ask(server, '/books')).json).toHaveLength(1)
  await run(
    `alter role ${login} set pgrst.jwt_role_claim_key = 'not a path'`,
    `notify my_channel, 'reload config'`,
  )
  // what cannot be used changes nothing
  await server.reloadConfig()
  expect((await ask(server, '/books')).json).toHaveLength(1)
  await run(`alter role ${login} reset all`, `alter role ${login} in database ${name} reset all`)
  await server.reloadConfig()
  expect((await ask(server, '/books')).json).toHaveLength(2)
})

test('a function says what the configuration is', async () => {
  await run(
    `create function api.configure() returns void language plpgsql as $$
       begin perform set_config('pgrst.db_max_rows', '1', true); end $$`,
    `grant usage on schema api to ${login}`,
  )
  const server = await start({ PGRST_DB_PRE_CONFIG: 'api.configure' })
  expect((await ask(server, '/books')).json).toHaveLength(1)
  // a function that fails says nothing, and keeps nobody from being served
  const other = await start({ PGRST_DB_PRE_CONFIG: 'api.no_such_function' })
  expect((await ask(other, '/books')).json).toHaveLength(2)
})

test('a database that is not there yet is waited for', async () => {
  const missing = `${name}_late`
  const late = new URL(url)
  late.pathname = `/${missing}`
  const port = await freePort()
  const server = await start({
    PGRST_DB_URI: late.href,
    PGRST_ADMIN_SERVER_PORT: String(port),
    PGRST_DB_SCHEMAS: 'public',
    PGRST_DB_POOL_ACQUISITION_TIMEOUT: '1',
  })
  const early = await ask(server, '/')
  expect(early).toMatchObject({ status: 503, json: { code: 'PGRST002' } })
  expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await fetch(`${server.adminAddress ?? ''}/ready`)).status).toBe(503)
  expect((await fetch(`${server.adminAddress ?? ''}/live`)).status).toBe(200)
  await executeDirectly(inject('testServer').url, `create database ${missing}`)
  try {
    await expect
      .poll(async () => (await fetch(`${server.adminAddress ?? ''}/ready`)).status, {
        timeout: 10_000,
      })
      .toBe(200)
    expect(await ask(server, '/nothing')).toMatchObject({ status: 404 })
  } finally {
    await running.pop()?.stop()
    await executeDirectly(inject('testServer').url, `drop database ${missing} with (force)`)
  }
})

test('a wrong password is told, and not tried again', async () => {
  const wrong = new URL(url)
  wrong.password = 'not it'
  const failures: unknown[] = []
  const server = await start(
    { PGRST_DB_URI: wrong.href },
    { onFailure: (error) => failures.push(error) },
  )
  expect(failures).toHaveLength(1)
  expect(String(failures[0])).toContain('password authentication failed')
  expect(await ask(server, '/books')).toMatchObject({ status: 503 })
})

test('requests are logged from the level on that their status has', async () => {
  const lines: string[] = []
  const at =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      void lines.push(`${level} ${message} ${String(fields['status'])}`)
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const preflight = { origin: 'http://x', 'access-control-request-method': 'GET' }
  const logged = async (level: string): Promise<string[]> => {
    lines.length = 0
    const server = await start({ PGRST_LOG_LEVEL: level }, { log })
    await ask(server, '/books')
    await ask(server, '/nothing')
    await ask(server, '/books', { method: 'OPTIONS', headers: preflight })
    return lines.filter((line) => line.includes(' request '))
  }
  expect(await logged('info')).toEqual(['info request 200', 'warn request 404'])
  expect(await logged('warn')).toEqual(['warn request 404'])
  expect(await logged('error')).toEqual([])
  expect(await logged('crit')).toEqual([])
})

test('the channel and the level of the log can be changed while running', async () => {
  const variables: Record<string, string> = { PGRST_DB_CHANNEL: 'first' }
  const server = await start({}, { load: loaderOf(variables) })
  variables['PGRST_DB_CHANNEL'] = 'second'
  await server.reloadConfig()
  variables['PGRST_DB_MAX_ROWS'] = '1'
  await run(`notify first, 'reload config'`)
  expect((await ask(server, '/books')).json).toHaveLength(2)
  await run(`notify second, 'reload config'`)
  await expect.poll(async () => (await ask(server, '/books')).json).toHaveLength(1)
})

test('a Unix socket with the permissions asked for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rest-'))
  const socketPath = join(folder, 'api.sock')
  const server = await start({
    PGRST_SERVER_UNIX_SOCKET: socketPath,
    PGRST_SERVER_UNIX_SOCKET_MODE: '600',
  })
  expect(server.address).toBe(socketPath)
  const status = await new Promise((resolve, reject) => {
    httpRequest({ socketPath, path: '/books' }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(200)
  await running.pop()?.stop()
  rmSync(folder, { recursive: true })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
