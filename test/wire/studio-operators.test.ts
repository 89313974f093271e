import { afterAll, beforeAll, expect, test } from 'vitest'
import { sendTo, startTestFleet, testActor } from '@basalt/server/testing'
import type { StudioAnswer, TestFleet } from '@basalt/server/testing'

let fleet: TestFleet
const password = 'a long enough one'
const roles = ['owner', 'admin', 'developer', 'read-only'] as const
const mailOf = (role: string): string => `${role}@fleet.example`
const session = '/studio/session'
const shop = '/admin/v1/projects/shop'

beforeAll(async () => {
  fleet = await startTestFleet({ hasStudio: true })
  await fleet.create('shop')
  for (const role of roles) {
    await fleet.control.operators.create({ email: mailOf(role), role, password }, testActor)
    if (role !== 'owner')
      await fleet.control.operators.setMember('shop', mailOf(role), role, testActor)
  }
})
afterAll(() => fleet.close())

const send = (
  method: string,
  path: string,
  { cookie, body }: { cookie?: string; body?: unknown } = {},
): Promise<StudioAnswer> =>
  sendTo(fleet.studioUrl as string, method, path, {
    headers: cookie === undefined ? {} : { cookie },
    body,
  })

async function enter(role: string): Promise<string> {
  const answer = await send('POST', session, { body: { email: mailOf(role), password } })
  expect(answer.status).toBe(200)
  return String(answer.headers['set-cookie']).split(';')[0] as string
}

test('an operator signs in, and is told who they are', async () => {
  expect((await send('GET', session)).json).toEqual({
    shape: 'serve',
    operator: null,
    ref: null,
    sign_in: 'operator',
  })
  const wrong = await send('POST', session, { body: { email: mailOf('owner'), password: 'x' } })
  expect(wrong.json).toMatchObject({ code: 'control_sign_in_refused' })
  expect((await send('POST', session, { body: {} })).json).toMatchObject({
    code: 'studio_sign_in_invalid',
  })
  const cookie = await enter('read-only')
  expect((await send('GET', session, { cookie })).json).toMatchObject({
    operator: { email: mailOf('read-only'), role: 'read-only' },
  })
})

test('the server says what a role may do, whatever the page shows', async () => {
  const viewer = await enter('read-only')
  expect((await send('GET', shop, { cookie: viewer })).json).toMatchObject({ ref: 'shop' })
  for (const [method, path, body] of [
    ['POST', '/users', { email: 'a@b.example' }],
    ['PATCH', '/config', {}],
    ['POST', '/pause', undefined],
    ['GET', '/keys', undefined],
    ['POST', '/secrets', []],
    ['DELETE', '', undefined],
  ] as const)
    expect((await send(method, shop + path, { cookie: viewer, body })).json).toMatchObject({
      code: 'control_role_insufficient',
    })
  const developer = await enter('developer')
  expect((await send('GET', `${shop}/keys`, { cookie: developer })).status).toBe(200)
  expect((await send('POST', `${shop}/pause`, { cookie: developer })).status).toBe(403)
})

test('a page without a session asks nothing, nor does a program’s token in a header', async () => {
  expect((await send('GET', shop)).json).toMatchObject({ code: 'studio_signed_out' })
  expect((await send('GET', shop, { cookie: 'basalt_studio_1=x' })).status).toBe(401)
  const made = await fleet.control.sessions.createToken(
    mailOf('owner'),
    { name: 'test', expiresMs: null },
    testActor,
  )
  const answer = await sendTo(fleet.studioUrl as string, 'GET', shop, {
    headers: { authorization: `Bearer ${made.token}` },
  })
  expect(answer.status).toBe(401)
})

test('signing out ends the session in every process', async () => {
  const cookie = await enter('admin')
  expect((await send('GET', shop, { cookie })).status).toBe(200)
  expect((await send('DELETE', session, { cookie })).status).toBe(204)
  expect((await send('GET', shop, { cookie })).status).toBe(401)
  expect((await send('GET', session, { cookie })).json).toMatchObject({ operator: null })
})

test('who only reads runs SQL that reads, as nobody else', async () => {
  const run = async (role: string, body: object) =>
    (await send('POST', `${shop}/sql/run`, { cookie: await enter(role), body })).json as {
      code?: string
      role?: string
      read_only?: boolean
      error?: { code: string } | null
    }
  expect(await run('read-only', { query: 'create table x ()' })).toMatchObject({
    error: { code: '25006' },
    read_only: true,
    role: 'supabase_read_only_user',
  })
  for (const more of [{ role: 'service_role' }, { claims: { sub: 'x' } }])
    expect(await run('read-only', { query: 'select 1', ...more })).toMatchObject({
      code: 'control_role_insufficient',
    })
  const query = 'select current_user'
  expect(await run('read-only', { query, role: 'postgres' })).toMatchObject({ error: null })
  expect(await run('developer', { query, role: 'anon' })).toMatchObject({ error: null })
})

test('snippets are kept with the fleet, and migrations in the project’s history', async () => {
  const cookie = await enter('developer')
  const ask = async (method: string, path: string, body?: unknown) =>
    (await send(method, shop + path, { cookie, body })).json as never
  const saved = (await ask('PUT', '/snippets/a', { content: 'select 1', version: null })) as {
    version: string
  }
  expect(await ask('PUT', '/snippets/a', { content: 'select 2', version: null })).toMatchObject({
    code: 'studio_snippet_changed',
  })
  expect(
    await ask('PUT', '/snippets/a', { content: 'select 2', version: saved.version }),
  ).toMatchObject({ name: 'a' })
  expect(await ask('GET', '/snippets/a')).toMatchObject({ content: 'select 2' })
  expect(await ask('GET', '/snippets')).toMatchObject([{ name: 'a' }])
  const migration = { name: 'made', sql: 'create table made (id int);', apply: true }
  const { version } = (await ask('POST', '/migrations', migration)) as { version: string }
  expect(await ask('GET', '/migrations')).toMatchObject([{ version, name: 'made', applied: true }])
  expect(await ask('GET', `/migrations/${version}`)).toMatchObject({
    sql: expect.stringContaining('create table made'),
  })
  expect(await ask('POST', '/migrations', { ...migration, apply: false })).toMatchObject({
    code: 'studio_no_folder',
  })
  expect(await ask('POST', '/migrations', migration)).toMatchObject({
    code: 'studio_migration_failed',
    message: expect.stringContaining('already exists'),
  })
})

test('requests of a project are followed where it is open', async () => {
  const cookie = await enter('read-only')
  const logs = async () =>
    (await send('GET', `${shop}/logs`, { cookie })).json as { requests: { path: string }[] }
  expect(await logs()).toMatchObject({ requests: [] })
  const { record } = await fleet.control.projects.show('shop')
  const headers = { apikey: record.keys.anonKey, 'x-project-ref': 'shop' }
  const read = () => fetch(`${fleet.url}/auth/v1/settings`, { headers })
  await read()
  await logs()
  await read()
  expect((await logs()).requests[0]).toMatchObject({ path: '/auth/v1/settings' })
})

/** Cookies are shared by all ports of a machine. */
const cookieOn = (url: string | null): string => `basalt_studio_${new URL(url ?? '').port}`

test('what another process runs is stopped too', async () => {
  const second = await fleet.startNode()
  const id = '33333333-3333-4333-8333-333333333333'
  const cookie = await enter('developer')
  const query = 'select pg_sleep(30)'
  const running = send('POST', `${shop}/sql/run`, { cookie, body: { id, query } })
  const elsewhere = (): Promise<StudioAnswer> =>
    sendTo(second.studioUrl as string, 'POST', `${shop}/sql/cancel`, {
      headers: { cookie: cookie.replace(/^basalt_studio_\d+/, cookieOn(second.studioUrl)) },
      body: { id },
    })
  await expect.poll(async () => (await elsewhere()).json).toEqual({ cancelled: true })
  expect((await running).json).toMatchObject({ error: { code: '57014' } })
})
