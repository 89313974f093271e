/** The edge of a node: limits, what pages may do, what proxies say. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { WebSocket } from 'ws'
import { signToken } from './sign-token.ts'

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
}

/** fetch lets nobody choose Host and Origin. */
function ask({ url }: TestPlatform, path: string, { method = 'GET', headers = {} }: Asked = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; json: unknown }>(
    (resolve, reject) => {
      const sent = request(`${url}${path}`, { method, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => {
          const json: unknown = text.startsWith('{') ? JSON.parse(text) : text
          resolve({ status: response.statusCode ?? 0, headers: response.headers, json })
        })
      })
      sent.on('error', reject)
      sent.end()
    },
  )
}

describe('limits', () => {
  let server: TestPlatform
  beforeAll(async () => {
    server = await startTestPlatform({
      config: {
        'basalt.trusted_proxies': ['127.0.0.1'],
        'basalt.rate_limit.enabled': true,
        'basalt.rate_limit.anonymous': 3,
        'basalt.rate_limit.authenticated': 2,
      },
    })
  })
  afterAll(() => server.close())
  let clients = 0
  const client = (): Record<string, string> => ({ 'x-forwarded-for': `198.51.100.${++clients}` })

  test.each([
    ['/rest/v1/', { code: 'over_request_rate_limit' }],
    ['/auth/v1/settings', { code: 429, error_code: 'over_request_rate_limit' }],
    ['/storage/v1/bucket', { statusCode: '429' }],
    ['/realtime/v1/api/nothing', { message: expect.stringMatching('^More than 3') as unknown }],
  ])('%s is refused in the words of its service', async (path, words) => {
    const headers = client()
    for (const left of ['2', '1', '0']) {
      const answer = await ask(server, path, { headers })
      expect(answer.status).not.toBe(429)
      expect(answer.headers).toMatchObject({
        'x-ratelimit-limit': '3',
        'x-ratelimit-remaining': left,
      })
    }
    const refused = await ask(server, path, { headers })
    expect(refused).toMatchObject({ status: 429, json: words })
    expect(refused.headers).toMatchObject({
      'x-ratelimit-remaining': '0',
      'access-control-expose-headers': expect.stringContaining('x-ratelimit-remaining') as unknown,
    })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50)
    expect((await ask(server, path, { headers: client() })).status).not.toBe(429)
  })

  test('health and preflights are not counted', async () => {
    const headers = client()
    const asked = {
      ...headers,
      origin: 'https://a.example',
      'access-control-request-method': 'GET',
    }
    for (let i = 0; i < 5; i++) {
      expect((await ask(server, '/health', { headers })).status).toBe(200)
      const preflight = await ask(server, '/rest/v1/', { method: 'OPTIONS', headers: asked })
      expect(preflight.status).toBe(200)
    }
  })

  test('a user is one wherever he is, and the service key has no limit', async () => {
    const { jwtSecret, serviceRoleKey } = server.platform.keys
    const exp = Math.floor(Date.now() / 1000) + 600
    const bearer = signToken(jwtSecret, { role: 'authenticated', sub: 'ada', exp })
    const status = async (token: string): Promise<number> => {
      const headers = { ...client(), authorization: `Bearer ${token}` }
      return (await ask(server, '/auth/v1/settings', { headers })).status
    }
    expect([await status(bearer), await status(bearer), await status(bearer)]).toEqual([
      200, 200, 429,
    ])
    for (let i = 0; i < 6; i++) expect(await status(serviceRoleKey)).toBe(200)
  })

  test('a handshake counts', async () => {
    const headers = client()
    const path = `/realtime/v1/websocket?apikey=${server.platform.keys.anonKey}&vsn=1.0.0`
    const shake = () =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(server.url.replace('http', 'ws') + path, { headers })
        socket.on('open', () => {
          socket.terminate()
          resolve(101)
        })
        socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0))
        socket.on('error', () => {})
      })
    expect([await shake(), await shake(), await shake(), await shake()]).toEqual([
      101, 101, 101, 429,
    ])
  })
})

describe('pages', () => {
  let server: TestPlatform
  beforeAll(async () => {
    server = await startTestPlatform({
      config: {
        'basalt.trusted_proxies': ['127.0.0.1'],
        'basalt.cors.allowed_origins': ['https://app.example.com', 'https://*.example.org'],
        'basalt.cors.allowed_methods': ['GET', 'POST'],
        'basalt.cors.allowed_headers': ['x-own'],
        'basalt.cors.expose_headers': ['x-seen'],
        'basalt.cors.max_age': 7,
        'basalt.cors.allow_credentials': true,
        'basalt.security_headers.enabled': true,
      },
    })
  })
  afterAll(() => server.close())
  const preflight = (origin: string) =>
    ask(server, '/rest/v1/things', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })

  test.each([
    ['https://app.example.com', true],
    ['https://any.example.org', true],
    ['https://example.org', false],
    ['https://app.example.com.evil.example', false],
    ['https://evil.example/.example.org', false],
    ['http://app.example.com', false],
    ['null', false],
  ])('of %s may call: %s', async (origin, may) => {
    const asked = await preflight(origin)
    expect(asked).toMatchObject({
      status: 200,
      headers: {
        'access-control-allow-methods': 'GET,POST',
        'access-control-max-age': '7',
        'access-control-allow-headers': expect.stringMatching(/apikey.*x-own/) as unknown,
        vary: 'access-control-request-headers, origin',
      },
    })
    const answered = await ask(server, '/auth/v1/settings', { headers: { origin } })
    for (const { headers } of [asked, answered]) {
      expect(headers['access-control-allow-origin']).toBe(may ? origin : undefined)
      expect(headers['access-control-allow-credentials']).toBe(may ? 'true' : undefined)
      expect(headers['vary']).toContain('origin')
    }
    expect(answered.headers['access-control-expose-headers']).toMatch(/x-seen$/)
  })

  test('what an answer may do in a browser', async () => {
    const { headers } = await ask(server, '/auth/v1/settings')
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
    })
    expect(headers['content-security-policy']).toBeUndefined()
    expect(headers['strict-transport-security']).toBeUndefined()
    const secure = await ask(server, '/auth/v1/settings', {
      headers: { 'x-forwarded-proto': 'https' },
    })
    expect(secure.headers['strict-transport-security']).toBe('max-age=31536000')
    const file = await ask(server, '/storage/v1/object/public/a/b')
    expect(file.headers['x-frame-options']).toBeUndefined()
    expect(file.headers['x-content-type-options']).toBe('nosniff')
  })
})

test('without a word about it nothing is limited, and pages are told what they always were', async () => {
  const server = await startTestPlatform()
  const { headers } = await ask(server, '/auth/v1/settings', { headers: { origin: 'https://a.b' } })
  expect(headers['access-control-allow-origin']).toBe('*')
  for (const name of ['x-ratelimit-limit', 'x-frame-options', 'vary', 'referrer-policy'])
    expect(headers[name]).toBeUndefined()
  await server.close()
})

test('security.txt says whom to tell, where somebody is named', async () => {
  const server = await startTestPlatform({
    config: {
      'basalt.security_txt.contact': ['mailto:security@example.com', 'https://example.com/report'],
      'basalt.security_txt.preferred_languages': ['en', 'de'],
    },
  })
  const response = await fetch(`${server.url}/.well-known/security.txt`)
  const text = await response.text()
  await server.close()
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(text).toContain(
    'Contact: mailto:security@example.com\r\nContact: https://example.com/report\r\n',
  )
  expect(text).toContain('Preferred-Languages: en, de\r\n')
  const expires = Date.parse(/^Expires: (.*)\r$/m.exec(text)?.[1] ?? '')
  expect(expires - Date.now()).toBeGreaterThan(28 * 86_400_000)
  expect(expires - Date.now()).toBeLessThan(31 * 86_400_000)
})
