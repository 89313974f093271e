/** Two projects, and browsers that are to be led astray: nothing of one is good at the other, nobody is sent where they should not. */
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'

const newKey = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // the same name for different keys
  return { ...privateKey.export({ format: 'jwk' }), kty: 'EC', kid: 'shared', alg: 'ES256' }
}

let ours: TestPlatform
let theirs: TestPlatform
beforeAll(async () => {
  const schema = `create table public.mine (id int); grant select on public.mine to authenticated;`
  const start = (secret: string): Promise<TestPlatform> =>
    startTestPlatform({
      schema,
      signingKeys: [newKey()],
      config: {
        'auth.jwt_secret': secret,
        'auth.site_url': 'https://app.example.com',
        'auth.additional_redirect_urls': ['https://*.example.com/in/**', 'myapp://callback'],
      },
    })
  ours = await start('the secret of the first of two projects')
  theirs = await start('the secret of the other of two projects')
})
afterAll(() => Promise.all([ours.close(), theirs.close()]))

interface Answer {
  readonly status: number
  readonly json: Record<string, unknown>
  readonly location: string | null
}

async function call(
  server: TestPlatform,
  path: string,
  { bearer, body }: { bearer?: string; body?: object } = {},
): Promise<Answer> {
  const response = await fetch(server.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    redirect: 'manual',
    headers: {
      apikey: server.platform.keys.publishableKey,
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    location: response.headers.get('location'),
  }
}

const signUp = async (server: TestPlatform, email: string) =>
  (await call(server, '/auth/v1/signup', { body: { email, password: 'correct horse' } })).json as {
    access_token: string
    refresh_token: string
  }

test('tokens and keys of one project are nothing to another', async () => {
  const { access_token: bearer, refresh_token } = await signUp(ours, 'ann@example.com')
  expect((await call(ours, '/auth/v1/user', { bearer })).status).toBe(200)
  expect(await call(theirs, '/auth/v1/user', { bearer })).toMatchObject({
    status: 403,
    json: { error_code: 'bad_jwt' },
  })
  expect((await call(theirs, '/rest/v1/mine', { bearer })).status).toBe(401)
  const refresh = '/auth/v1/token?grant_type=refresh_token'
  expect((await call(theirs, refresh, { body: { refresh_token } })).json['error_code']).toBe(
    'refresh_token_not_found',
  )
  const admin = await call(theirs, '/auth/v1/admin/users', {
    bearer: ours.platform.keys.serviceRoleKey,
  })
  expect(admin.status).toBe(403)
})

test.each([
  'https://evil.com',
  'https://app.example.com.evil.com',
  'https://app.example.com@evil.com',
  'https://evil.com/https://app.example.com',
  'https://evil.com#https://a.example.com/in/',
  'https://evil.com?https://a.example.com/in/',
  'https://a.b.example.com/in/x',
  'https://evil.com/.example.com/in/x',
  'http://app.example.com',
  'https://app.example.com:8443',
  '//evil.com',
  '/\\evil.com',
  'https:\\\\evil.com',
  'https://evil%2ecom',
  'javascript:alert(1)//https://a.example.com/in/',
  'data:text/html,x',
  'myapp://callback.evil',
  'https://app.example.com\r\nset-cookie: a=b',
  'https://app.example.com\tx',
])('nobody is sent to %j', async (target) => {
  const query = new URLSearchParams({ token: 'x', type: 'signup', redirect_to: target })
  const { status, location } = await call(ours, `/auth/v1/verify?${query}`)
  expect(status).toBe(303)
  expect(location).toMatch(/^https:\/\/app\.example\.com#error=access_denied&/)
})

test.each([
  'https://app.example.com/anywhere?a=1',
  'https://tenant.example.com/in/side',
  'myapp://callback',
])('but to %s', async (target) => {
  const query = new URLSearchParams({ token: 'x', type: 'signup', redirect_to: target })
  const { location } = await call(ours, `/auth/v1/verify?${query}`)
  expect(location?.startsWith(`${target}#error=`)).toBe(true)
})

test('what a client says of itself adds no line to an answer', async () => {
  const { status, location } = await call(
    ours,
    '/auth/v1/verify?token=x&type=signup&redirect_to=https%3A%2F%2Fa.example.com%2Fin%2F%0d%0aset-cookie:%20a=b',
  )
  expect([status, location?.includes('set-cookie')]).toEqual([303, false])
})
