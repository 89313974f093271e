/** Enabling and disabling while the project runs; and beside tables of its own by the same names. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestPlatform } from '#testing'
import type { TestPlatform } from '#testing'

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform()
})
afterAll(() => server.close())

const admin = async (
  node: TestPlatform,
  action: '' | '/enable' | '/disable',
): Promise<{ status: number; body: Record<string, unknown> }> => {
  const response = await fetch(`${node.url}/admin/v1/projects/default/api-keys${action}`, {
    method: action === '' ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${node.platform.keys.serviceRoleKey}` },
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const makeKey = async (node: TestPlatform, email: string): Promise<string> => {
  const { serviceRoleKey } = node.platform.keys
  const headers = {
    apikey: serviceRoleKey,
    authorization: `Bearer ${serviceRoleKey}`,
    'content-type': 'application/json',
    prefer: 'return=representation',
  }
  const post = async (path: string, body: unknown): Promise<unknown> =>
    (
      await fetch(`${node.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    ).json()
  const user = (await post('/auth/v1/admin/users', { email, password: 'correct horse' })) as {
    id: string
  }
  const [row] = (await post('/rest/v1/api_keys', { name: 'k', user_id: user.id })) as [
    { key: string },
  ]
  return row.key
}

const statusWith = async (node: TestPlatform, key: string): Promise<number> =>
  (
    await fetch(`${node.url}/rest/v1/api_keys`, {
      headers: { 'x-api-key': key, apikey: node.platform.keys.anonKey },
    })
  ).status

test('enabled, disabled and enabled again at run time, on every node', async () => {
  expect((await admin(server, '')).body).toMatchObject({
    enabled: false,
    installed: false,
    keys: null,
  })
  const enabled = await admin(server, '/enable')
  expect([enabled.status, enabled.body]).toMatchObject([
    200,
    { enabled: true, installed: true, keys: 0 },
  ])
  const other = await startTestPlatform({ databaseUrl: server.databaseUrl })
  const key = await makeKey(server, 'a@example.com')
  expect([await statusWith(server, key), await statusWith(other, key)]).toEqual([200, 200])
  expect((await admin(server, '/disable')).body).toMatchObject({
    enabled: false,
    installed: true,
    keys: 1,
  })
  // as a header nobody knows: the request is anonymous
  const rows = async (node: TestPlatform): Promise<string> =>
    (await fetch(`${node.url}/rest/v1/api_keys`, { headers: { 'x-api-key': key } })).text()
  expect(await rows(server)).toBe('[]')
  await vi.waitUntil(async () => (await rows(other)) === '[]', { timeout: 15_000, interval: 20 })
  await admin(other, '/enable')
  await vi.waitUntil(async () => (await rows(server)).includes('"k"'), {
    timeout: 15_000,
    interval: 20,
  })
  await other.close()
})

test('limits of users change with the configuration', async () => {
  const response = await fetch(`${server.url}/admin/v1/projects/default/config`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${server.platform.keys.serviceRoleKey}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ basalt: { api_keys: { max_rate_limit: 77 } } }),
  })
  expect(response.status).toBe(200)
  expect(await server.count('select max_rate_limit as n from basalt_keys.settings')).toBe(77)
})

test('needs an administrator', async () => {
  for (const token of [server.platform.keys.anonKey, 'x']) {
    const { status } = await fetch(`${server.url}/admin/v1/projects/default/api-keys/enable`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    })
    expect([401, 403]).toContain(status)
  }
})

test.each([
  [
    'a table with other columns',
    'create table public.documents (id bigint primary key)',
    'documents.',
  ],
  ['a view', 'create view public.api_keys as select 1 as id', 'api_keys'],
])('beside %s nothing is changed', async (_, schema, name) => {
  const node = await startTestPlatform({ schema })
  const { status, body } = await admin(node, '/enable')
  expect([status, body]).toMatchObject([409, { code: 'api_keys_blocked' }])
  expect(body['message']).toContain(name)
  expect((await admin(node, '')).body).toMatchObject({ enabled: false, installed: false })
  expect(
    await node.count(`select count(*)::int as n from pg_class where relname = 'usage_metrics'`),
  ).toBe(0)
  await node.close()
})

test('tables of the model that are there already are taken over', async () => {
  const node = await startTestPlatform()
  await node.script(`set role postgres;
    create table public.api_keys (
      id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users (id) on delete cascade,
      key_hash text unique not null, name text not null, permissions jsonb default '{"read": true, "write": false}',
      rate_limit int default 60, monthly_quota int default 1000000, usage_count int default 0, last_used_at timestamptz,
      expires_at timestamptz, created_at timestamptz default now(), updated_at timestamptz default now());
    create table public.jobs (id bigint, requested_by uuid references public.api_keys (id));`)
  expect((await admin(node, '/enable')).status).toBe(200)
  expect(await statusWith(node, await makeKey(node, 'b@example.com'))).toBe(200)
  await node.close()
})
