import { afterAll, beforeAll, expect, test } from 'vitest'
import { bytesBody, jsonResponse } from '#base/http'
import type { HttpRequest } from '#base/http'
import { neverCancelled, silentLog } from '#base/kernel'
import { sql } from '#base/sql'
import { createControlApi } from '#host/control-plane/api'
import type { ControlApi } from '#host/control-plane/api'
import { operatorRoles } from './core/roles.ts'
import { controlRoutes } from './api/routes.ts'
import { checkSchema } from './route/schema.ts'
import type { Schema } from './route/schema.ts'
import { cloneDatabase, openCuttable, prepareTestServer } from '#testing'
import { cli, openControlFixture } from './control-database.fixture.ts'
import type { ControlFixture } from './control-database.fixture.ts'
import type { ControlDatabase } from './open-control-database.ts'

let fixture: ControlFixture
let control: ControlDatabase
let api: ControlApi
let now = Date.now()
const clock = { now: () => now }
const forwarded: HttpRequest[] = []
const tokens = new Map<string, string>()
let session = ''
const password = 'correct horse battery'
const mailOf = (role: string): string => `${role}@example.com`

beforeAll(async () => {
  fixture = await openControlFixture()
  control = await fixture.open({ clock })
  api = createControlApi({
    parts: control,
    access: {
      handle: (_ref, request) => {
        forwarded.push(request)
        return Promise.resolve(
          jsonResponse(200, { at: request.path }, { 'set-cookie': 'a=b', 'x-total-count': '7' }),
        )
      },
      stats: () => Promise.resolve({ connections: 0 }),
      running: () => null,
      mail: null,
      nodeHealth: () => Promise.resolve({ projects: 1 }),
    },
    allowedOrigins: ['https://console.example'],
    log: silentLog,
  })
  await control.projects.create({ ref: 'mine', databaseUrl: await fixture.database() }, cli)
  await control.projects.create({ ref: 'other', databaseUrl: await fixture.database() }, cli)
  for (const role of operatorRoles) {
    await control.operators.create({ email: mailOf(role), role, password }, cli)
    if (role !== 'owner') await control.operators.setMember('mine', mailOf(role), role, cli)
    const made = await control.sessions.createToken(
      mailOf(role),
      { name: role, expiresMs: null },
      cli,
    )
    tokens.set(role, made.token)
  }
  session = await signIn('owner')
})
afterAll(() => fixture.close())

interface Answer {
  readonly status: number
  readonly body: never
  readonly headers: Record<string, string | string[]>
}

async function ask(
  method: string,
  path: string,
  {
    token,
    body,
    headers = {},
    address = '10.0.0.1',
  }: {
    token?: string | undefined
    body?: unknown
    headers?: Record<string, string>
    address?: string
  } = {},
): Promise<Answer> {
  const [at = '', query = ''] = path.split('?')
  const answer = await api.handle({
    method,
    path: `/admin/v1${at}`,
    query,
    headers: {
      host: 'node.example',
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    remoteAddress: address,
    cancellation: neverCancelled,
    body: bytesBody(
      Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)),
    ),
  })
  const text = typeof answer.body === 'string' ? answer.body : ''
  return {
    status: answer.status,
    headers: answer.headers,
    body: (text === '' ? null : JSON.parse(text)) as never,
  }
}

async function signIn(role: string): Promise<string> {
  const { body } = await ask('POST', '/sessions', { body: { email: mailOf(role), password } })
  return (body as { token: string }).token
}
const codeOf = ({ body }: Answer): string | undefined => (body as { code?: string } | null)?.code
const as = (role: string) => ({ token: tokens.get(role) })

/** A body that is as the schema says, for what changes nothing or can be done again. */
function bodyFor(schema: Schema | undefined): unknown {
  if (schema === undefined) return undefined
  const known: Record<string, unknown> = {
    ref: 'made-by-test',
    confirm: 'not the ref',
    db_url: 'http://none',
    email: 'nobody@example.com',
    password: 'short',
    role: 'read-only',
    name: 'x',
    query: 'select 1 as one',
  }
  const names = (schema.required ?? []).map((name) => [name, known[name]])
  return Object.fromEntries(names)
}

const pathFor = (path: string): string =>
  path
    .replace(':ref', 'mine')
    .replace(':operator', 'nobody@example.com')
    .replace(/:id/, '00000000-0000-4000-8000-000000000000')
    .replace(':slug', 'hello')

const refusals = ['control_token_missing', 'control_token_invalid', 'control_role_insufficient']
const rank = (role: string): number => ['anyone', 'operator', ...operatorRoles].indexOf(role)
// what ends the project or the session comes last
const last = (path: string, method: string): number =>
  path === '/sessions/current' ? 2 : method === 'DELETE' && path === '/projects/:ref' ? 1 : 0
const ordered = controlRoutes.toSorted((a, b) => last(a.path, a.method) - last(b.path, b.method))

test.each(ordered.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s is for its role and those above, and for nobody else',
  async (_, route) => {
    const body = bodyFor(route.request)
    const at = (token?: string) => ask(route.method, pathFor(route.path), { token, body })
    if (route.least === 'anyone') {
      expect(refusals).not.toContain(codeOf(await at()))
      return
    }
    expect(codeOf(await at())).toBe('control_token_missing')
    expect(codeOf(await at('sbp_0000'))).toBe('control_token_invalid')
    for (const role of operatorRoles) {
      const token = route.path === '/sessions/current' ? await signIn(role) : tokens.get(role)
      const answer = await at(token)
      if (rank(role) < rank(route.least)) {
        expect([answer.status, codeOf(answer)], role).toEqual([403, 'control_role_insufficient'])
        continue
      }
      expect(refusals, `${role}: ${JSON.stringify(answer.body)}`).not.toContain(codeOf(answer))
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500)
      if (answer.status < 300 && answer.body !== null)
        expect(checkSchema(route.response, answer.body), role).toEqual([])
    }
    now += 3_600_001
    const late = await at(session)
    now -= 3_600_001
    expect([late.status, codeOf(late)]).toEqual([401, 'control_token_invalid'])
  },
)

test.each(
  controlRoutes
    .filter(({ path }) => path.includes('/:ref'))
    .map((route) => [`${route.method} ${route.path}`, route] as const),
)('%s of a project one is no member of is answered as of one there is not', async (_, route) => {
  const answers = []
  for (const ref of ['other', 'nowhere', "x' or true", '..'])
    for (const role of ['admin', 'developer', 'read-only'])
      answers.push(
        await ask(route.method, pathFor(route.path).replace('mine', encodeURIComponent(ref)), {
          ...as(role),
          body: bodyFor(route.request),
        }),
      )
  for (const answer of answers)
    expect([answer.status, codeOf(answer)]).toEqual([404, 'control_project_not_found'])
  const owner = await ask(route.method, pathFor(route.path).replace('mine', 'nowhere'), {
    ...as('owner'),
    body: bodyFor(route.request),
  })
  expect([owner.status, codeOf(owner)]).toEqual([404, 'control_project_not_found'])
})

test('the document has every route, with its role, and nothing in it points nowhere', async () => {
  const { body, status } = await ask('GET', '/openapi.json')
  expect(status).toBe(200)
  const document = body as {
    openapi: string
    paths: Record<string, Record<string, Record<string, unknown>>>
    components: { schemas: object }
  }
  expect(document.openapi).toBe('3.1.0')
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(new Set(described)).toEqual(
    new Set(
      controlRoutes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`),
    ),
  )
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((operation) => operation['operationId']),
  )
  expect(new Set(ids).size).toBe(controlRoutes.length)
  for (const [, name] of JSON.stringify(body).matchAll(/#\/components\/schemas\/(\w+)/g))
    expect(Object.keys(document.components.schemas)).toContain(name)
  const operation = {
    type: 'object',
    required: ['operationId', 'summary', 'tags', 'parameters', 'responses', 'x-least-role'],
    properties: {
      operationId: { type: 'string', minLength: 4 },
      summary: { type: 'string', minLength: 4 },
      tags: { type: 'array', items: { type: 'string' } },
      parameters: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name', 'in', 'required', 'schema'],
          properties: {
            in: { type: 'string', enum: ['path', 'query'] },
            schema: { type: 'object' },
          },
        },
      },
      responses: {
        type: 'object',
        required: ['default'],
        additionalProperties: { type: 'object', required: ['description'] },
      },
    },
  } satisfies Schema
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const described_ of Object.values(methods)) {
      expect(checkSchema(operation, described_), path).toEqual([])
      const named = (described_['parameters'] as { name: string; in: string }[])
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => `{${name}}`)
      expect(named).toEqual(path.match(/\{\w+\}/g) ?? [])
    }
  }
})

const sqlAs = (role: string, query: string) =>
  ask('POST', '/projects/lab/sql', { ...as(role), body: { query } })

test('a project is made, and its maker can go on with it', async () => {
  const databaseUrl = await fixture.database('template0')
  const made = await ask('POST', '/projects', {
    ...as('admin'),
    body: {
      ref: 'lab',
      db_url: databaseUrl,
      config: { auth: { site_url: 'https://lab.example' } },
    },
  })
  expect(made.status).toBe(201)
  const project = made.body as Record<string, string>
  expect(project).toMatchObject({ ref: 'lab', api_url: null, status: 'active' })
  expect(project['db_url']).toContain(':********@')
  expect(project['anon_key']).toMatch(/^eyJ/)
  expect(project['secret_key']).toMatch(/^sb_secret_/)
  await control.settings.set('external_url', 'https://<ref>.example.com')
  const { body } = await ask('GET', '/projects/lab', as('admin'))
  expect(body).toMatchObject({ api_url: 'https://lab.example.com' })
  for (const role of ['developer', 'read-only'])
    await control.operators.setMember('lab', mailOf(role), role as 'developer', cli)
})

test('an operator is in a project no more than everywhere', async () => {
  await control.operators.setMember('lab', mailOf('read-only'), 'admin', cli)
  expect(codeOf(await ask('POST', '/projects/lab/pause', as('read-only')))).toBe(
    'control_role_insufficient',
  )
  await control.operators.setMember('lab', mailOf('admin'), 'read-only', cli)
  expect(codeOf(await ask('POST', '/projects/lab/pause', as('admin')))).toBe(
    'control_role_insufficient',
  )
  await control.operators.setMember('lab', mailOf('admin'), 'admin', cli)
  expect((await ask('GET', '/projects', as('developer'))).body).toMatchObject([
    { ref: 'lab' },
    { ref: 'mine' },
  ])
})

test('developers run SQL as postgres, and never as a superuser', async () => {
  const who = await sqlAs(
    'developer',
    'select current_user, session_user, (select rolsuper from pg_roles where rolname = session_user) as super',
  )
  expect(who.body).toMatchObject({ rows: [{ current_user: 'postgres', super: false }] })
  expect((await sqlAs('developer', 'create table public.made (id int primary key)')).status).toBe(
    200,
  )
  expect(
    (await sqlAs('developer', 'insert into made select generate_series(1, 5000) returning id'))
      .body,
  ).toMatchObject({ truncated: true, row_count: 1000, command: null })
  expect((await sqlAs('read-only', 'select count(*)::int from made')).body).toMatchObject({
    rows: [{ count: 5000 }],
  })
  for (const query of [
    'reset role',
    'set role supabase_admin',
    'set session authorization supabase_admin',
    'select 1; reset role; drop schema auth cascade',
  ]) {
    await sqlAs('developer', query)
    const after = await sqlAs(
      'developer',
      "select current_user, to_regnamespace('auth') is not null as there",
    )
    expect(after.body).toMatchObject({ rows: [{ current_user: 'postgres', there: true }] })
  }
  for (const query of ['reset role', 'set role none'])
    expect(
      (
        await sqlAs(
          'developer',
          `do $$ begin ${query}; perform pg_read_file('/etc/passwd'); end $$`,
        )
      ).status,
    ).toBe(400)
  const large = await sqlAs('developer', "select repeat('x', 2000000) as large")
  expect(codeOf(large)).toBe('control_sql_too_large')
})

test.each([
  'delete from made',
  'with gone as (delete from made returning id) select * from gone',
  'do $$ begin commit; delete from made; end $$',
  'do $$ begin set transaction read write; delete from made; end $$',
  'do $$ begin rollback; set transaction read write; delete from made; commit; end $$',
  "select set_config('transaction_read_only', 'off', false)",
  'set transaction read write',
  'commit; delete from made',
  'create table more ()',
  "select nextval('made_seq')",
  "copy made from program 'true'",
  // nothing a transaction could take back
  "select pg_create_logical_replication_slot('kept_for_ever', 'pgoutput')",
  "select pg_drop_replication_slot('nobody')",
  'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename is not null',
  "select set_config('role', 'postgres', true)",
  'set role postgres',
])('read-only operators change nothing: %s', async (query) => {
  await sqlAs('developer', 'create sequence if not exists made_seq')
  const answer = await sqlAs('read-only', query)
  expect([answer.status, codeOf(answer)]).toEqual([400, 'control_sql_failed'])
  expect((await sqlAs('read-only', 'select count(*)::int from made')).body).toMatchObject({
    rows: [{ count: 5000 }],
  })
})

test('copies and empty texts end with an answer', async () => {
  for (const query of ['copy made to stdout', 'copy made from stdin', '', ';', '-- nothing'])
    expect((await sqlAs('developer', query)).status, query).toBeLessThan(500)
})

test('secrets of a configuration are masked, and a mask that comes back leaves them', async () => {
  const smtp = {
    host: 'mail.example',
    port: 587,
    user: 'u',
    pass: 'hush',
    admin_email: 'a@b.example',
  }
  const changed = await ask('PATCH', '/projects/lab/config', {
    ...as('admin'),
    body: { auth: { email: { smtp: { ...smtp, enabled: true } } } },
  })
  expect(changed.body).toMatchObject({
    auth: {
      site_url: 'https://lab.example',
      email: { smtp: { host: 'mail.example', pass: '********' } },
    },
  })
  expect(JSON.stringify(changed.body)).not.toContain('hush')
  await ask('PATCH', '/projects/lab/config', { ...as('admin'), body: changed.body })
  const { record } = await control.projects.show('lab')
  expect(record.config).toMatchObject({ auth: { email: { smtp: { pass: 'hush' } } } })
  const wrong = await ask('PATCH', '/projects/lab/config', {
    ...as('admin'),
    body: { api: { port: 1, max_rows: 'x' } },
  })
  expect([wrong.status, wrong.body]).toMatchObject([
    400,
    { code: 'config_invalid', problems: [{ key: 'api.max_rows' }, { key: 'api.port' }] },
  ])
})

test('what a project answers itself is asked with its service key, and nothing of the operator’s request', async () => {
  forwarded.length = 0
  const { record } = await control.projects.show('lab')
  const answer = await ask('GET', '/projects/lab/users?page=2', {
    ...as('read-only'),
    headers: { cookie: 'a=b', 'x-project-ref': 'other', 'x-forwarded-host': 'other' },
  })
  expect(answer.headers).toEqual({
    'cache-control': 'no-store',
    'content-type': 'application/json',
    'x-total-count': '7',
  })
  expect(forwarded[0]).toMatchObject({
    method: 'GET',
    path: '/auth/v1/admin/users',
    query: 'page=2',
  })
  expect(forwarded[0]?.headers).toEqual({
    apikey: record.keys.serviceRoleKey,
    authorization: `Bearer ${record.keys.serviceRoleKey}`,
  })
  await ask('GET', '/projects/lab/functions/hello/logs', as('read-only'))
  expect(forwarded[1]?.path).toBe('/admin/v1/projects/lab/functions/hello/logs')
  for (const id of ['..', '%2e%2e', 'a%2Fb', '%00'])
    expect((await ask('DELETE', `/projects/lab/users/${id}`, as('developer'))).status, id).toBe(400)
  expect(forwarded).toHaveLength(2)
})

test('every change is in the audit log with who and from where, and no secret is', async () => {
  await ask('POST', '/projects/lab/users', {
    ...as('developer'),
    body: { email: 'new@user.example', password: 'hush-hush' },
    address: '10.9.9.9',
  })
  const { body } = await ask('GET', '/projects/lab/audit', as('admin'))
  const entries = body as { action: string; actor: string; address: string }[]
  expect(entries[0]).toMatchObject({
    action: 'user.create',
    actor: mailOf('developer'),
    address: '10.9.9.9',
  })
  const log = JSON.stringify(await control.audit.list({ refs: null, limit: 1000 }))
  for (const secret of ['hush', password, session]) expect(log).not.toContain(secret)
  expect(log).toContain('operator.create')
  // of one's own projects alone
  expect(JSON.stringify((await ask('GET', '/audit?limit=1000', as('admin'))).body)).not.toContain(
    '"other"',
  )
  expect(JSON.stringify((await ask('GET', '/audit?limit=1000', as('owner'))).body)).toContain(
    '"other"',
  )
})

test('a token ends with its operator, its session, its revocation; sessions end with a new password', async () => {
  const email = 'leaving@example.com'
  const make = () => control.operators.create({ email, role: 'owner', password }, cli)
  const enter = async () =>
    ((await ask('POST', '/sessions', { body: { email, password } })).body as { token: string })
      .token
  await make()
  const isGood = async (token: string) => (await ask('GET', '/me', { token })).status === 200
  const [first, second] = [await enter(), await enter()]
  expect(await isGood(first)).toBe(true)
  expect((await ask('DELETE', '/sessions/current', { token: first })).status).toBe(204)
  expect([await isGood(first), await isGood(second)]).toEqual([false, true])
  const { id, token } = await control.sessions.createToken(
    email,
    { name: 'ci', expiresMs: now + 1000 },
    cli,
  )
  await control.operators.update(email, { password: 'another long one' }, cli)
  expect([await isGood(second), await isGood(token)]).toEqual([false, true])
  now += 2000
  expect(await isGood(token)).toBe(false)
  now -= 2000
  await control.sessions.revokeToken(id, cli)
  expect(await isGood(token)).toBe(false)
  await expect(control.sessions.revokeToken(id, cli)).rejects.toMatchObject({
    code: 'control_token_not_found',
  })
  const last_ = await control.sessions.createToken(email, { name: 'ci', expiresMs: null }, cli)
  await control.operators.remove(email, cli)
  await make()
  expect(await isGood(last_.token)).toBe(false)
  await control.operators.remove(email, cli)
  await expect(
    control.sessions.createToken(email, { name: 'x', expiresMs: null }, cli),
  ).rejects.toMatchObject({ code: 'control_operator_not_found' })
})

test('there is always an owner, and never two operators of one address', async () => {
  const { operators } = control
  await expect(operators.remove(mailOf('owner'), cli)).rejects.toMatchObject({
    code: 'control_last_owner',
  })
  await expect(operators.update(mailOf('owner'), { role: 'admin' }, cli)).rejects.toMatchObject({
    code: 'control_last_owner',
  })
  const create = (email: string, given = password) =>
    operators.create({ email, role: 'read-only', password: given }, cli)
  await expect(create('OWNER@example.com')).rejects.toMatchObject({ code: 'control_email_taken' })
  await expect(create('none')).rejects.toMatchObject({ code: 'control_email_invalid' })
  await expect(create('a@b.example', 'short')).rejects.toMatchObject({
    code: 'control_password_weak',
  })
  await expect(operators.removeMember('mine', mailOf('owner'), cli)).rejects.toMatchObject({
    code: 'control_member_not_found',
  })
})

test('failed sign-ins are counted by account and address, and tell nothing of who there is', async () => {
  const attempt = (email: string, address: string, given = 'wrong wrong wrong') =>
    ask('POST', '/sessions', { body: { email, password: given }, address })
  const [known, unknown] = [
    await attempt(mailOf('admin'), '10.1.0.1'),
    await attempt('who@example.com', '10.1.0.1'),
  ]
  expect([known.status, known.body]).toEqual([unknown.status, unknown.body])
  for (const email of [mailOf('admin'), 'who@example.com']) {
    const answers = await Promise.all(Array.from({ length: 14 }, () => attempt(email, '10.1.0.1')))
    expect(answers.map(({ status }) => status).filter((status) => status === 429)).toHaveLength(5)
  }
  expect(codeOf(await attempt(mailOf('admin'), '10.1.0.1', password))).toBe(
    'control_too_many_attempts',
  )
  // its owner is elsewhere
  expect((await attempt(mailOf('admin'), '10.1.0.2', password)).status).toBe(201)
})

test('more sign-ins at once than there is room for are put off', async () => {
  const answers = await Promise.all(
    Array.from({ length: 70 }, (_, i) =>
      ask('POST', '/sessions', {
        body: { email: `many${i}@example.com`, password },
        address: `10.2.${i}.1`,
      }),
    ),
  )
  const codes = new Set(answers.map(codeOf))
  expect(codes).toContain('control_busy')
  expect(codes).toContain('control_sign_in_refused')
})

test('bodies that are too large, no JSON or of another form are refused, and pages of others', async () => {
  const post = (body: unknown) => ask('POST', '/projects', { ...as('admin'), body })
  expect((await post('x'.repeat(2_000_000))).status).toBe(413)
  expect(
    (await ask('POST', '/sessions', { body: { email: 'a'.repeat(9000), password } })).status,
  ).toBe(413)
  expect(codeOf(await post('{'))).toBe('invalid_json')
  expect(codeOf(await post({}))).toBe('control_body_invalid')
  const wrong = await post({ ref: 7, name: 'x'.repeat(101), extra: true })
  expect((wrong.body as { message: string }).message).toContain(
    'ref: expected string; name: at most 100 characters; extra: there is no such member',
  )
  expect(
    codeOf(
      await ask('GET', '/me', { ...as('owner'), headers: { origin: 'https://evil.example' } }),
    ),
  ).toBe('control_origin_refused')
  for (const origin of ['https://console.example', 'https://node.example'])
    expect((await ask('GET', '/me', { ...as('owner'), headers: { origin } })).status).toBe(200)
  expect(codeOf(await ask('GET', '/nothing'))).toBe('control_route_not_found')
  expect(codeOf(await ask('PUT', '/projects'))).toBe('control_method_not_allowed')
})

test('sessions in a project’s database are kept and few, and what they do is bounded in time', async () => {
  const { record } = await control.projects.show('mine')
  const database = control.databases.of(record, false)
  const pid = sql`/* test.pid */ select pg_backend_pid() as pid, pg_sleep(0.01)::text`
  const reads = await Promise.all(
    Array.from({ length: 20 }, () => database.read<{ pid: number }>(pid)),
  )
  expect(new Set(reads.map(([row]) => row?.pid)).size).toBeLessThan(3)
  const [before] = await database.as({}, (it) => it.rows<{ pid: number }>(pid))
  const [after] = await database.as({}, (it) => it.rows<{ pid: number }>(pid))
  expect(after).toEqual(before)
  await database.as({}, (it) => it.run(sql`/* test.set */ set my.thing = 'left'`))
  expect(
    await database.as({}, (it) =>
      it.rows(sql`/* test.show */ select current_setting('my.thing', true) as thing`),
    ),
  ).toEqual([{ thing: '' }])
  const slow = database.as({}, (it) => it.rows(sql`/* test.sleep */ select pg_sleep(5)::text`), {
    timeoutMs: 50,
  })
  await expect(slow).rejects.toMatchObject({ code: 'control_sql_timeout' })
  const reader = control.databases.of(record, true)
  const asAnon = reader.as({ role: 'anon' }, (it) => it.rows(sql`/* test.one */ select 1`))
  await expect(asAnon).rejects.toMatchObject({ code: 'control_sql_role_refused' })
})

test('a session of Studio’s page ends when nobody uses it, and after twelve hours', async () => {
  const begun = now
  const enter = async (): Promise<string> => {
    const made = await control.sessions.signIn(mailOf('developer'), password, '10.0.0.1', 'page')
    return made.token
  }
  const [idle, used] = [await enter(), await enter()]
  const isGood = async (token: string) => (await control.sessions.find(token)) !== null
  for (let minutes = 0; minutes < 40; minutes += 20) {
    now += 1_200_000
    expect(await isGood(used)).toBe(true)
  }
  expect(await isGood(idle)).toBe(false)
  for (; now < begun + 11.5 * 3_600_000; now += 1_200_000) expect(await isGood(used)).toBe(true)
  now = begun + 12 * 3_600_000 + 1_000
  expect(await isGood(used)).toBe(false)
  now = begun
})

test('where the control database is away, or no node is there, it is said', async () => {
  const line = await openCuttable(fixture.url)
  const node = await fixture.open({ url: line.url })
  const alone = createControlApi({ parts: node, access: null, allowedOrigins: [], log: silentLog })
  const request = (path: string): HttpRequest => ({
    method: 'GET',
    path,
    query: '',
    headers: { authorization: `Bearer ${tokens.get('owner')}` },
    remoteAddress: '',
    cancellation: neverCancelled,
    body: bytesBody(new Uint8Array()),
  })
  const code = async (path: string) =>
    JSON.parse(String((await alone.handle(request(path))).body)) as { code: string }
  expect(await code('/admin/v1/projects/lab/users')).toMatchObject({ code: 'control_no_node' })
  await line.cut()
  expect(await code('/admin/v1/projects')).toMatchObject({ code: 'control_database_away' })
  await node.close()
})

test('a database in which postgres is a superuser runs no SQL of operators', async () => {
  // roles are the server's: on the one of all tests others would see it
  const server = await prepareTestServer()
  const { url: databaseUrl } = await cloneDatabase(server.url, server.template)
  await control.projects.create({ ref: 'super', databaseUrl }, cli)
  await fixture.rows('alter role postgres superuser', server.url)
  const answer = await ask('POST', '/projects/super/sql', {
    ...as('owner'),
    body: { query: 'select 1' },
  })
  expect(codeOf(answer)).toBe('control_sql_superuser')
  const gone = new URL(databaseUrl)
  gone.port = '1'
  const name = gone.pathname.slice(1)
  await fixture.rows(`alter database "${name}" allow_connections false`, server.url)
  await fixture.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    server.url,
  )
  const health = await ask('GET', '/projects/super/health', as('owner'))
  expect(health.body).toMatchObject({ status: 'active', database: { reachable: false } })
  const tables = await ask('GET', '/projects/super/tables', as('owner'))
  expect([tables.status, codeOf(tables)]).toEqual([503, 'control_project_database_away'])
  await server.stop()
})
