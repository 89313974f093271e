import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '#testing'
import type { TestPlatform } from '#testing'
import { createPlatform } from '#host/platform'
import { defineConfig } from '#base/config'

let running: TestPlatform
beforeAll(async () => {
  running = await startTestPlatform({
    schema: `create schema api2; grant usage on schema api2 to anon;
      create table api2.things (id int primary key); insert into api2.things values (1), (2);
      grant select on api2.things to anon;`,
  })
})
afterAll(() => running.close())

interface Answer {
  readonly status: number
  readonly body: any // oxlint-disable-line typescript/no-explicit-any
}

async function config(method: string, body?: unknown, key?: string | null): Promise<Answer> {
  const bearer = key === undefined ? running.platform.keys.serviceRoleKey : key
  const response = await running.platform.fetch(
    'http://localhost/admin/v1/projects/default/config',
    {
      method,
      headers: bearer === null ? {} : { authorization: `Bearer ${bearer}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  )
  return { status: response.status, body: await response.json() }
}

const settings = async (): Promise<Answer['body']> => {
  const response = await running.platform.fetch('http://localhost/auth/v1/settings', {
    headers: { apikey: running.platform.keys.anonKey },
  })
  return response.json()
}

test('a change is in effect at once, null takes it back', async () => {
  expect((await settings()).disable_signup).toBe(false)
  const changed = await config('PATCH', { auth: { enable_signup: false } })
  expect(changed).toMatchObject({ status: 200, body: { auth: { enable_signup: false } } })
  expect((await settings()).disable_signup).toBe(true)
  await config('PATCH', { auth: { enable_signup: null } })
  expect((await settings()).disable_signup).toBe(false)
})

test('schemas and row limits of the data API change without a restart', async () => {
  const things = async (): Promise<Answer['body']> => {
    const response = await running.platform.fetch('http://localhost/rest/v1/things', {
      headers: { apikey: running.platform.keys.anonKey, 'accept-profile': 'api2' },
    })
    return response.json()
  }
  expect((await things()).code).toBe('PGRST106')
  const patch = { api: { schemas: ['public', 'api2'], max_rows: 1 } }
  expect((await config('PATCH', patch)).status).toBe(200)
  expect(await things()).toHaveLength(1)
  await config('PATCH', { api: { max_rows: null } })
  expect(await things()).toHaveLength(2)
})

test('an invalid patch lists every problem and changes nothing', async () => {
  const before = await config('GET')
  const patch = { auth: { jwt_expiry: -1, site_url: 'http://x', oops: 1 }, db: { port: 1 } }
  const refused = await config('PATCH', patch)
  expect(refused.status).toBe(400)
  expect(refused.body.code).toBe('config_invalid')
  expect(refused.body.problems.map((problem: { key: string }) => problem.key).toSorted()).toEqual([
    'auth.jwt_expiry',
    'auth.oops',
    'db.port',
  ])
  expect(await config('GET')).toEqual(before)
  expect(await config('PATCH', [])).toMatchObject({ body: { code: 'admin_body_invalid' } })
})

test('what is set survives a restart, and shows no secret', async () => {
  await config('PATCH', { auth: { site_url: 'http://set', email: { smtp: { pass: 'hush' } } } })
  const { body } = await config('GET')
  expect(body.auth.email.smtp.pass).toBe('********')
  expect(JSON.stringify(body)).not.toContain('hush')
  const again = createPlatform({ config: defineConfig(), databaseUrl: running.databaseUrl })
  await again.start()
  const response = await again.fetch('http://localhost/admin/v1/projects/default/config', {
    headers: { apikey: again.keys.secretKey },
  })
  expect(((await response.json()) as Answer['body']).auth.site_url).toBe('http://set')
  await again.close()
  const inTheClear = await running.count(
    `select count(*)::int as n from basalt.project_config
     where overrides::text like '%hush%' or overrides::text like '%http://set%'`,
  )
  expect(inTheClear).toBe(0)
  const anyone = await running.count(
    `select count(*)::int as n from (values ('anon'), ('authenticated'), ('service_role')) as r (name)
     where has_table_privilege(name, 'basalt.project_config', 'select')
       or has_schema_privilege(name, 'basalt', 'usage')`,
  )
  expect(anyone).toBe(0)
})

test('another process on the same database sees a change, and its own do not disturb it', async () => {
  const other = createPlatform({ config: defineConfig(), databaseUrl: running.databaseUrl })
  await other.start()
  const isDisabled = async (): Promise<unknown> => {
    const response = await other.fetch('http://localhost/auth/v1/settings', {
      headers: { apikey: other.keys.anonKey },
    })
    return ((await response.json()) as Answer['body']).disable_signup
  }
  try {
    expect(await isDisabled()).toBe(false)
    await config('PATCH', { auth: { enable_signup: false } })
    await expect.poll(isDisabled).toBe(true)
    await config('PATCH', { auth: { enable_signup: null } })
    await expect.poll(isDisabled).toBe(false)
  } finally {
    await other.close()
  }
})

test('what was sealed with another key is left out, and not overwritten', async () => {
  await config('PATCH', { auth: { site_url: 'http://sealed' } })
  const stranger = createPlatform({
    config: defineConfig({ 'basalt.encryption_key': 'another key of 24 letters' }),
    databaseUrl: running.databaseUrl,
  })
  await stranger.start()
  const ask = (init: RequestInit): Promise<Response> =>
    stranger.fetch('http://localhost/admin/v1/projects/default/config', {
      ...init,
      headers: { apikey: stranger.keys.secretKey },
    })
  const { auth } = (await (await ask({})).json()) as Answer['body']
  expect(auth.site_url).toBe('http://127.0.0.1:3000')
  const refused = await ask({ method: 'PATCH', body: '{"auth":{"site_url":"http://y"}}' })
  expect(refused.status).toBe(400)
  await stranger.close()
  expect((await config('GET')).body.auth.site_url).toBe('http://sealed')
})

test('a row of before secrets were sealed is read, and sealed with the next change', async () => {
  await running.script(
    `update basalt.project_config set overrides = '{"auth": {"site_url": "http://plain"}}';
     notify basalt_config, 'default'`,
  )
  await expect.poll(async () => (await config('GET')).body.auth.site_url).toBe('http://plain')
  await config('PATCH', { auth: { jwt_expiry: 60 } })
  const plain = `select count(*)::int as n from basalt.project_config where overrides ? 'auth'`
  expect(await running.count(plain)).toBe(0)
  expect((await config('PATCH', { auth: { jwt_expiry: null } })).body.auth.site_url).toBe(
    'http://plain',
  )
})

test('only the service key and the operator may ask', async () => {
  const { keys } = running.platform
  expect(await config('GET', undefined, null)).toMatchObject({
    status: 403,
    body: { code: 'admin_not_allowed' },
  })
  expect((await config('PATCH', {}, keys.anonKey)).status).toBe(403)
  expect(await config('GET', undefined, 'x.y.z')).toMatchObject({
    status: 401,
    body: { code: 'admin_token_invalid' },
  })
  const operated = createPlatform({
    config: defineConfig(),
    databaseUrl: running.databaseUrl,
    operatorToken: 'the-operator',
  })
  await operated.start()
  const ask = (path: string, method = 'GET'): Promise<Response> =>
    operated.fetch(`http://localhost/admin/v1/projects/${path}`, {
      method,
      headers: { authorization: 'Bearer the-operator' },
    })
  expect((await ask('default/config')).status).toBe(200)
  expect(await (await ask('other/config')).json()).toMatchObject({
    code: 'admin_project_not_found',
  })
  expect(await (await ask('default/x')).json()).toMatchObject({ code: 'admin_route_not_found' })
  expect(await (await ask('default/config', 'PUT')).json()).toMatchObject({
    code: 'admin_method_not_allowed',
  })
  await operated.close()
})
