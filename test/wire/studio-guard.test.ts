import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStudio } from '@basalt/server/testing'
import type { StudioAnswer, StudioRequest, TestStudio } from '@basalt/server/testing'

/** Its keys are those everybody knows: whoever is on this machine is let in. */
let open: TestStudio
/** Its secret is its own: a key is asked for. */
let locked: TestStudio
let now = Date.now()
const script = 'console.log(1)'

beforeAll(async () => {
  const clock = { now: () => now }
  const files = {
    'index.html':
      '<!doctype html><html lang="en" data-theme="system"><head><meta name="csp-nonce" content="" /></head></html>',
    'assets/main-abc.js': script,
    'assets/main-abc.js.gz': gzipSync(script),
    'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  }
  open = await startTestStudio({ files })
  locked = await startTestStudio({
    clock,
    files,
    config: {
      'auth.jwt_secret': 'a secret of its own, of more than 32 characters',
      'basalt.studio.external_url': 'https://studio.example.com',
    },
  })
})
afterAll(async () => {
  await open.close()
  await locked.close()
})

const codeOf = ({ text }: StudioAnswer): unknown =>
  text.startsWith('{') ? (JSON.parse(text) as { code?: string }).code : text
const session = '/studio/session'
const projects = '/admin/v1/projects'
const cookieOf = ({ headers }: StudioAnswer): string => String(headers['set-cookie'])
const withCookie = (cookie: string): StudioRequest => ({
  headers: { cookie: cookie.split(';')[0] as string },
})
const keyOf = (): string => locked.server.platform.keys.serviceRoleKey
const enter = (body: unknown, headers: StudioRequest['headers'] = {}): Promise<StudioAnswer> =>
  locked.send('POST', session, { body, headers })

test('on this machine with keys that everybody knows, nobody is asked who it is', async () => {
  expect((await open.send('GET', session)).json).toEqual({
    shape: 'start',
    operator: { email: 'owner', role: 'owner' },
    ref: 'default',
    sign_in: 'none',
  })
  expect((await open.send('GET', projects)).json).toMatchObject([{ ref: 'default' }])
})

test.each(['evil.example', 'localhost', '127.0.0.1:1', 'localhost.evil.example:80', '10.0.0.1'])(
  'a page of another site that got here by its own DNS is turned away: %s',
  async (host) => {
    for (const path of ['/', projects, session, '/assets/main-abc.js'])
      expect(await open.send('GET', path, { headers: { host } })).toMatchObject({
        status: 421,
        text: expect.stringContaining('studio_host_refused'),
      })
  },
)

test('its own names are the loopback ones with its port, and the one it was given', async () => {
  const { port } = new URL(open.url)
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
    expect((await open.send('GET', projects, { headers: { host } })).status).toBe(200)
  expect((await locked.send('GET', '/', { headers: { host: 'studio.example.com' } })).status).toBe(
    200,
  )
})

test.each([
  ['another origin', { origin: 'http://localhost:3000' }, 'studio_origin_refused'],
  ['another port', { origin: 'http://127.0.0.1:1' }, 'studio_origin_refused'],
  ['null', { origin: 'null' }, 'studio_origin_refused'],
  ['no origin', { origin: null }, 'studio_origin_refused'],
  ['no header', { 'x-basalt-studio': null }, 'studio_header_missing'],
  ['another site', { 'sec-fetch-site': 'cross-site' }, 'studio_origin_refused'],
  ['another port of this machine', { 'sec-fetch-site': 'same-site' }, 'studio_origin_refused'],
])('a write of %s is refused', async (_, headers, code) => {
  for (const [method, path] of [
    ['PATCH', `${projects}/default/config`],
    ['DELETE', session],
    ['POST', `${projects}/default/users`],
  ] as const)
    expect([path, codeOf(await open.send(method, path, { headers, body: {} }))]).toEqual([
      path,
      code,
    ])
})

test('a body that a form could send is refused, but for files', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])
    for (const path of [session, `${projects}/default/sql/run`, `${projects}/default/users`])
      expect(
        codeOf(await open.send('POST', path, { body: '{}', headers: { 'content-type': type } })),
      ).toBe('studio_json_expected')
  const file = `${projects}/default/storage/object/none/a.txt`
  const sent = await open.send('POST', file, {
    body: 'a',
    headers: { 'content-type': 'text/plain' },
  })
  expect(sent.text).toContain('Bucket not found')
})

test('reads are for the page alone too, and the page may be opened from anywhere', async () => {
  const headers = { 'sec-fetch-site': 'cross-site' }
  expect(codeOf(await open.send('GET', projects, { headers }))).toBe('studio_origin_refused')
  expect((await open.send('GET', '/', { headers })).status).toBe(403)
  const opened = { ...headers, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  expect((await open.send('GET', '/p/default/tables', { headers: opened })).status).toBe(200)
  expect((await open.send('GET', projects, { headers: opened })).status).toBe(403)
  const framed = { ...opened, 'sec-fetch-dest': 'iframe' }
  expect((await open.send('GET', '/', { headers: framed })).status).toBe(403)
})

test('the page has its theme from a cookie, and a policy without inline scripts', async () => {
  const plain = await open.send('GET', '/p/default/sql?tab=1')
  expect(plain.status).toBe(200)
  expect(plain.text).toContain('<html lang="en" data-theme="system">')
  const policy = String(plain.headers['content-security-policy'])
  const [, nonce = ''] = /'nonce-([\w-]+)'/.exec(policy) ?? []
  expect(nonce.length).toBeGreaterThan(20)
  expect(plain.text).toContain(`name="csp-nonce" content="${nonce}"`)
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toContain(`connect-src 'self' ${open.server.platform.externalUrl} ws://`)
  expect(plain.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  })
  const dark = await open.send('GET', '/', { headers: { cookie: 'a=b; theme=dark' } })
  expect(dark.text).toContain('data-theme="dark"')
  expect(dark.text).not.toContain(nonce)
  const forged = await open.send('GET', '/', { headers: { cookie: 'theme="><script>' } })
  expect(forged.text).toContain('data-theme="system"')
})

test('files are sent compressed as they were built, and kept by their names', async () => {
  const plain = await open.send('GET', '/assets/main-abc.js')
  expect(plain.text).toBe(script)
  expect(plain.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
  })
  const headers = { 'accept-encoding': 'gzip, br' }
  const packed = await open.send('GET', '/assets/main-abc.js', { headers })
  expect(packed.headers['content-encoding']).toBe('gzip')
  const again = { 'if-none-match': String(plain.headers['etag']) }
  expect((await open.send('GET', '/assets/main-abc.js', { headers: again })).status).toBe(304)
  expect((await open.send('GET', '/icon.svg')).headers['content-type']).toBe('image/svg+xml')
  expect((await open.send('GET', '/assets/none.js')).status).toBe(404)
  for (const path of ['/../../etc/passwd', '/%2e%2e/etc/passwd', '/.env', '/assets/../../x'])
    expect((await open.send('GET', path)).text).not.toContain('root:')
})

test('what the API answers does nothing when it is opened by itself', async () => {
  const { headers } = await open.send('GET', projects)
  expect(headers).toMatchObject({
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  })
})

test('what takes a fleet is refused by an error of its own', async () => {
  for (const [method, path, body] of [
    ['POST', projects, { ref: 'other', db_url: 'postgres://a@b/c' }],
    ['POST', `${projects}/default/pause`, undefined],
    ['DELETE', `${projects}/default`, undefined],
    ['POST', `${projects}/default/keys/rotate`, {}],
    [
      'POST',
      '/admin/v1/operators',
      { email: 'a@b.example', password: 'long enough it is', role: 'owner' },
    ],
  ] as const)
    expect(codeOf(await open.send(method, path, body === undefined ? {} : { body }))).toBe(
      'control_single_project',
    )
  expect((await open.send('GET', `${projects}/other`)).status).toBe(404)
})

test('while there is no database it is said', async () => {
  open.stop()
  expect(codeOf(await open.send('GET', projects))).toBe('studio_starting')
  open.resume()
  expect((await open.send('GET', projects)).status).toBe(200)
  expect(codeOf(await open.ask('GET', '/mail'))).toBe('studio_no_mail')
})

test('the parts of the one project are there', async () => {
  expect((await open.ask('GET', '')).json).toMatchObject({ ref: 'default', status: 'active' })
  expect((await open.ask('GET', '/keys')).json).toMatchObject({
    anon_key: open.server.platform.keys.anonKey,
  })
  expect((await open.ask('GET', '/users')).json).toMatchObject({ users: [] })
  expect((await open.ask('GET', '/health')).json).toMatchObject({ database: { reachable: true } })
  expect((await open.ask('POST', '/sql', { query: 'select 1 as n' })).json).toMatchObject({
    rows: [{ n: 1 }],
  })
  const changed = await open.ask('PATCH', '/config', { auth: { site_url: 'https://a.example' } })
  expect(changed.json).toMatchObject({ auth: { site_url: 'https://a.example' } })
  expect((await open.ask('PATCH', '/config', { api: { max_rows: 'x' } })).json).toMatchObject({
    code: 'config_invalid',
    problems: [{ key: 'api.max_rows' }],
  })
  expect((await open.send('GET', '/admin/v1/audit?limit=3')).json).toMatchObject([
    { action: 'project.config', actor: 'studio' },
    {},
    {},
  ])
})

test('a key of the project signs in, by a cookie that no script and no other site has', async () => {
  expect((await locked.send('GET', session)).json).toMatchObject({ operator: null, sign_in: 'key' })
  expect(codeOf(await locked.send('GET', projects))).toBe('studio_signed_out')
  for (const body of [{}, { key: '' }, { key: 'wrong' }, { key: 1 }, { code: 'x' }])
    expect(codeOf(await enter(body))).toBe('studio_key_refused')
  expect(codeOf(await enter('key=x', { 'content-type': 'text/plain' }))).toBe(
    'studio_json_expected',
  )
  for (const key of [keyOf(), locked.server.platform.keys.secretKey, locked.operatorToken]) {
    const entered = await enter({ key })
    expect(entered.status).toBe(200)
    expect(cookieOf(entered)).toMatch(
      /^basalt_studio_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    expect((await locked.send('GET', projects, withCookie(cookieOf(entered)))).status).toBe(200)
  }
})

test('behind https the cookie is of that host alone', async () => {
  const host = 'studio.example.com'
  const headers = { host, origin: `https://${host}` }
  const entered = await enter({ key: keyOf() }, headers)
  expect(cookieOf(entered)).toMatch(/^__Host-basalt_studio=.*; HttpOnly; SameSite=Strict; Secure$/)
  expect(codeOf(await enter({ key: keyOf() }, { host, origin: `http://${host}` }))).toBe(
    'studio_origin_refused',
  )
})

test('a link signs in once', async () => {
  const [, code] = /#code=(.+)$/.exec(locked.studio.link()) ?? []
  expect((await enter({ code })).status).toBe(200)
  expect(codeOf(await enter({ code }))).toBe('studio_key_refused')
  expect(locked.studio.link()).not.toContain(code)
})

test('a session ends by signing out, unused after half an hour, and after twelve hours', async () => {
  const status = async (cookie: string): Promise<number> =>
    (await locked.send('GET', projects, withCookie(cookie))).status
  const left = cookieOf(await enter({ key: keyOf() }))
  const gone = await locked.send('DELETE', session, withCookie(left))
  expect(cookieOf(gone)).toContain('Max-Age=0')
  expect(await status(left)).toBe(401)
  const idle = cookieOf(await enter({ key: keyOf() }))
  const used = cookieOf(await enter({ key: keyOf() }))
  for (let minutes = 0; minutes < 31; minutes += 10) {
    now += 600_000
    expect(await status(used)).toBe(200)
  }
  expect(await status(idle)).toBe(401)
  for (let hours = 0; hours < 11; hours += 0.25) {
    now += 900_000
    expect(await status(used)).toBe(200)
  }
  now += 1_500_000
  expect(await status(used)).toBe(401)
})

test('what goes on ends with the session', async () => {
  const { headers = {} } = withCookie(cookieOf(await enter({ key: keyOf() })))
  const ask = (path: string, body: object) =>
    locked.send('POST', `${projects}/default${path}`, { headers, body })
  const query = `create table big as select repeat('x', 1000) from generate_series(1, 40000); select 'big'::regclass::oid`
  const { results } = (await ask('/sql/run', { query })).json as { results: { rows: string[][] }[] }
  const exported = await new Promise<IncomingMessage>((resolve) => {
    const own = { 'content-type': 'application/json', origin: locked.url, 'x-basalt-studio': '1' }
    const path = `${projects}/default/relations/${results[1]?.rows[0]?.[0]}/export`
    const asked = request(locked.url + path, { method: 'POST', headers: { ...own, ...headers } })
    asked.on('response', resolve)
    asked.end('{"format":"csv"}')
  })
  expect(exported.statusCode).toBe(200)
  await locked.send('DELETE', session, { headers })
  const running = `select count(*) from pg_stat_activity where query like '%studio.exportRows%' and pid <> pg_backend_pid() and datname = current_database()`
  const left = async () => {
    const again = withCookie(cookieOf(await enter({ key: keyOf() })))
    const path = `${projects}/default/sql`
    return (await locked.send('POST', path, { ...again, body: { query: running } })).json
  }
  await expect.poll(left, { timeout: 15_000 }).toMatchObject({ rows: [{ count: 0 }] })
  const ended = new Promise<void>((resolve) => exported.on('close', resolve))
  exported.on('error', () => {}).resume()
  await ended
  expect(exported.complete).toBe(false)
})

test('keys are not tried without end', async () => {
  const tries = await Promise.all(Array.from({ length: 20 }, () => enter({ key: 'guess' })))
  const refused = tries.filter((answer) => codeOf(answer) === 'studio_too_many_attempts')
  expect(refused.length).toBeGreaterThan(8)
  expect((await enter({ key: keyOf() })).status).toBe(429)
  now += 61_000
  expect((await enter({ key: keyOf() })).status).toBe(200)
})
