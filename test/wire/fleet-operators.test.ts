import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestFleet, testActor } from '@basalt/server/testing'
import type { TestFleet } from '@basalt/server/testing'

let fleet: TestFleet
let token = ''

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.create('shop')
  const operator = {
    email: 'dev@fleet.example',
    password: 'a long enough one',
    role: 'admin',
  } as const
  await fleet.control.operators.create(
    { ...operator, email: 'own@fleet.example', role: 'owner' },
    testActor,
  )
  await fleet.control.operators.create(operator, testActor)
  await fleet.control.operators.setMember('shop', operator.email, 'admin', testActor)
  const made = await fleet.control.sessions.createToken(
    operator.email,
    { name: 'test', expiresMs: null },
    testActor,
  )
  token = made.token
})
afterAll(() => fleet.close())

async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(`${fleet.url}/admin/v1/projects/shop${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as never }
}

test('users and buckets are those of the project', async () => {
  const email = 'made@shop.example'
  const made = await ask('POST', '/users', {
    email,
    password: 'secret-enough',
    email_confirm: true,
  })
  expect([made.status, made.body]).toMatchObject([200, { email }])
  const { id } = made.body as { id: string }
  expect((await ask('GET', `/users/${id}`)).body).toMatchObject({ email })
  expect((await ask('PUT', `/users/${id}`, { user_metadata: { a: 1 } })).body).toMatchObject({
    user_metadata: { a: 1 },
  })
  expect((await ask('DELETE', `/users/${id}`)).status).toBe(200)
  expect((await ask('POST', '/buckets', { id: 'files', name: 'files' })).status).toBe(200)
  expect((await ask('GET', '/buckets')).body).toMatchObject([{ id: 'files' }])
  expect((await ask('DELETE', '/buckets/files')).status).toBe(200)
})

test('tables made by SQL are seen, and served', async () => {
  for (const query of [
    'create table public.notes (id int primary key, body text)',
    'alter table public.notes enable row level security',
    "create policy everybody on public.notes for select to anon using (body <> 'hidden')",
    "insert into public.notes values (1, 'seen'), (2, 'hidden')",
  ])
    expect((await ask('POST', '/sql', { query })).status).toBe(200)
  const tables = (await ask('GET', '/tables')).body as { schema: string; name: string }[]
  expect(tables).toContainEqual(
    expect.objectContaining({ schema: 'public', name: 'notes', rls_enabled: true }),
  )
  expect((await ask('GET', '/policies')).body).toContainEqual(
    expect.objectContaining({
      table: 'notes',
      name: 'everybody',
      command: 'SELECT',
      roles: ['anon'],
    }),
  )
  const { record } = await fleet.control.projects.show('shop')
  const headers = { apikey: record.keys.anonKey, 'x-project-ref': 'shop', host: 'x' }
  const rows = await fetch(`${fleet.url}/rest/v1/notes?select=*`, { headers })
  expect(await rows.json()).toEqual([{ id: 1, body: 'seen' }])
})

test('a change of the configuration is in use within a second', async () => {
  const { record } = await fleet.control.projects.show('shop')
  const settings = async () => {
    const headers = { apikey: record.keys.anonKey, 'x-project-ref': 'shop' }
    return (await fetch(`${fleet.url}/auth/v1/settings`, { headers })).json()
  }
  expect(await settings()).toMatchObject({ disable_signup: false })
  expect((await ask('PATCH', '/config', { auth: { enable_signup: false } })).status).toBe(200)
  await expect.poll(settings, { timeout: 1_000 }).toMatchObject({ disable_signup: true })
})

test('keys of customers are turned on and off', async () => {
  expect((await ask('GET', '/api-keys')).body).toMatchObject({ enabled: false, keys: null })
  expect((await ask('POST', '/api-keys/enable')).body).toMatchObject({ enabled: true, keys: 0 })
  expect((await ask('GET', '/api-keys')).body).toMatchObject({ enabled: true })
  expect((await ask('POST', '/api-keys/disable')).body).toMatchObject({ enabled: false, keys: 0 })
})

test('health and statistics are those of this node', async () => {
  expect((await ask('GET', '/health')).body).toMatchObject({
    status: 'active',
    database: { reachable: true },
  })
  expect((await ask('GET', '/realtime/stats')).status).toBe(200)
  expect((await ask('GET', '/usage')).status).toBe(200)
})
