/** Who may change the configuration of a running project, with what. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'

let known: TestPlatform
let own: TestPlatform
beforeAll(async () => {
  known = await startTestPlatform({
    config: { 'basalt.admin_origins': ['https://studio.example'] },
  })
  own = await startTestPlatform({
    config: { 'auth.jwt_secret': 'a-secret-of-its-own-with-32-characters' },
  })
})
afterAll(() => Promise.all([known.close(), own.close()]))

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

/** fetch lets nobody choose Host and Origin. */
function ask(server: TestPlatform, { method = 'GET', headers = {}, body }: Asked = {}) {
  const { port } = new URL(server.url)
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port,
          method,
          path: '/admin/v1/projects/default/config',
          headers: {
            authorization: `Bearer ${server.platform.keys.serviceRoleKey}`,
            'content-type': 'application/json',
            ...headers,
          },
        },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (part: string) => (text += part))
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          )
        },
      )
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    },
  )
}

describe('with the keys that everybody knows', () => {
  test('a program on this machine may, as the Supabase CLI', async () => {
    expect((await ask(known)).status).toBe(200)
    const body = { auth: { enable_signup: true } }
    expect((await ask(known, { method: 'PATCH', body })).status).toBe(200)
  })

  test.each([
    ['a page', { origin: 'https://evil.example' }, 'admin_origin_refused'],
    ['a file opened in a browser', { origin: 'null' }, 'admin_origin_refused'],
    [
      'a page of this machine that was not named',
      { origin: 'http://localhost:3000' },
      'admin_origin_refused',
    ],
    ['who comes through a proxy', { 'x-forwarded-for': '127.0.0.1' }, 'admin_default_keys'],
    ['who names another host, by its own DNS', { host: 'evil.example' }, 'admin_default_keys'],
    [
      'who names an address that begins like ours',
      { host: '127.0.0.1.evil.example' },
      'admin_default_keys',
    ],
  ])('%s may not', async (_, headers, code) => {
    for (const method of ['GET', 'PATCH']) {
      const answer = await ask(known, { method, headers, body: method === 'GET' ? undefined : {} })
      expect(answer.status).toBe(403)
      expect(JSON.parse(answer.text)).toMatchObject({ code })
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    }
  })
})

test('with a secret of its own a key is enough, also from elsewhere, but not from a page', async () => {
  expect((await ask(own, { headers: { 'x-forwarded-for': '192.0.2.1' } })).status).toBe(200)
  expect((await ask(own, { headers: { host: 'api.example' } })).status).toBe(200)
  expect((await ask(own, { headers: { origin: 'https://evil.example' } })).status).toBe(403)
  const { secretKey } = known.platform.keys
  const authorization = `Bearer ${secretKey}`
  expect((await ask(own, { headers: { authorization, apikey: secretKey } })).status).toBe(403)
})

test('pages of origins that were named may, and no others are told so', async () => {
  const preflight = (origin: string) =>
    ask(known, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PATCH' } })
  expect(await preflight('https://studio.example')).toMatchObject({
    status: 200,
    headers: { 'access-control-allow-origin': 'https://studio.example' },
  })
  const refused = await preflight('https://evil.example')
  expect(refused.status).toBe(403)
  expect(refused.headers['access-control-allow-origin']).toBeUndefined()
  expect(await ask(known, { headers: { origin: 'https://studio.example' } })).toMatchObject({
    status: 200,
    headers: { 'access-control-allow-origin': 'https://studio.example' },
  })
})

test.each([
  [
    { auth: { email: { template: { recovery: { content_path: '/etc/passwd' } } } } },
    'auth.email.template.recovery.content_path',
  ],
  [
    { auth: { email: { notification: { password_changed: { content_path: '/etc/passwd' } } } } },
    'auth.email.notification.password_changed.content_path',
  ],
])('a running process is given no paths: %j', async (body, key) => {
  const answer = await ask(own, { method: 'PATCH', body })
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.text)).toMatchObject({
    problems: [{ key, message: expect.stringContaining('read at start only') as unknown }],
  })
})

test('the file of keys is named from this machine only', async () => {
  const body = { auth: { signing_keys_path: '/etc/passwd' } }
  const headers = { 'x-forwarded-for': '192.0.2.1' }
  const answer = await ask(own, { method: 'PATCH', headers, body })
  expect(answer.status).toBe(403)
  expect(JSON.parse(answer.text)).toMatchObject({ code: 'admin_key_file' })
  expect((await ask(own, { method: 'PATCH', body })).status).toBe(400)
})

test('a template comes with its content', async () => {
  const body = { auth: { email: { template: { recovery: { content: '<p>{{ .Token }}</p>' } } } } }
  expect((await ask(own, { method: 'PATCH', body })).status).toBe(200)
})

test.each([
  ['__proto__', '{"__proto__":{"a":1}}'],
  ['a deep __proto__', '{"auth":{"__proto__":{"a":1}}}'],
  ['constructor', '{"constructor":{"prototype":{"a":1}}}'],
  ['50,000 levels', `${'{"auth":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
  ['a list', '[]'],
  ['NUL', '{"auth":{"site_url":"\\u0000"}}'],
])('what is no configuration is 400: %s', async (_, text) => {
  const { port } = new URL(own.url)
  const answer = await fetch(`http://127.0.0.1:${port}/admin/v1/projects/default/config`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${own.platform.keys.serviceRoleKey}` },
    body: text,
  })
  expect(answer.status).toBe(400)
})
