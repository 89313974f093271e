/** Secrets: sealed where they lie, shown as digests, renewed under a new key; and who may not come near what is deployed. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Config } from '#base/config'
import { openSqlDatabase } from '#testing'
import type { SqlDatabase } from '#testing'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { deploy, runtimeIn, token } from './deploy.fixture.ts'

const value = 'sk-live-the-very-secret-value'
const folder = mkdtempSync(join(tmpdir(), 'basalt-secrets-'))
let database: SqlDatabase
let server: TestPlatform
const start = (config: Partial<Config>) =>
  startTestPlatform({
    databaseUrl: database.url,
    operatorToken: token,
    config,
    functions: runtimeIn(folder),
  })
beforeAll(async () => {
  database = await openSqlDatabase()
  server = await start({ 'basalt.encryption_key': 'first key' })
})
afterAll(async () => {
  await server.close()
  await database.close()
  rmSync(folder, { recursive: true })
})

async function send(method: string, body?: unknown, path = '/secrets') {
  const response = await fetch(`${server.url}/admin/v1/projects/default${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, text, json: (text === '' ? null : JSON.parse(text)) as unknown }
}
const digest = createHash('sha256').update(value).digest('hex')
const listed = [{ name: 'STRIPE', value: digest, updated_at: expect.any(String) }]

test('set, listed by digest, unset', async () => {
  expect(
    (
      await send('POST', [
        { name: 'STRIPE', value },
        { name: 'X', value: '' },
      ])
    ).status,
  ).toBe(201)
  expect((await send('GET')).json).toEqual([
    ...listed,
    { name: 'X', value: expect.stringMatching(/^[0-9a-f]{64}$/), updated_at: expect.any(String) },
  ])
  expect((await send('DELETE', ['X', 'NOT_THERE'])).status).toBe(200)
  expect((await send('GET')).json).toEqual(listed)
})

const named = (name: unknown) => [{ name, value: 'x' }]
test.each([
  ['secret_name_invalid', named('SUPABASE_URL')],
  ['secret_name_invalid', named('LD_PRELOAD')],
  ['secret_name_invalid', named('DENO_DIR')],
  ['secret_name_invalid', named('PATH')],
  ['secret_name_invalid', named('1A')],
  ['secret_name_invalid', named('A=B')],
  ['secret_name_invalid', named('')],
  ['secret_name_invalid', named('A\0')],
  ['secret_value_invalid', [{ name: 'A', value: 'a\0b' }]],
  ['secret_value_invalid', [{ name: 'A', value: 'x'.repeat(24 * 1024 + 1) }]],
  ['secrets_too_many', Array.from({ length: 101 }, (_, n) => ({ name: `S${n}`, value }))],
  ['function_body_invalid', named(7)],
  ['function_body_invalid', [{ name: 'A' }]],
  ['function_body_invalid', [null]],
  ['function_body_invalid', {}],
])('%s', async (code, body) => {
  const answer = await send('POST', body)
  expect([answer.status, answer.json]).toEqual([400, expect.objectContaining({ code })])
  expect((await send('GET')).json).toEqual(listed)
})

test('the value is in no listing, no log, no table, no configuration', async () => {
  await send('POST', [
    { name: 'STRIPE', value },
    { name: 'PATH', value },
  ])
  const rows = await database.rows('select * from basalt.function_secrets')
  const shown = [
    JSON.stringify(rows),
    JSON.stringify(server.logged),
    (await send('GET')).text,
    (await send('GET', undefined, '/config')).text,
    (await send('GET', undefined, '/functions')).text,
  ].join('')
  expect(rows).toHaveLength(1)
  expect(shown).not.toContain(value)
  expect(shown).not.toContain(Buffer.from(value).toString('base64').slice(0, 20))
})

test('a new key: opened with the old one, sealed with the new one, at start', async () => {
  const sealed = async () =>
    (await database.rows<{ sealed: string }>('select sealed from basalt.function_secrets'))[0]
      ?.sealed
  const before = await sealed()
  const patch = { auth: { site_url: 'https://kept.example' } }
  expect((await send('PATCH', patch, '/config')).status).toBe(200)
  await server.close()
  server = await start({
    'basalt.encryption_key': 'second key',
    'basalt.previous_encryption_key': 'first key',
  })
  expect(await sealed()).not.toBe(before)
  expect((await send('GET')).json).toEqual(listed)
  await server.close()
  server = await start({ 'basalt.encryption_key': 'second key' })
  expect((await send('GET')).json).toEqual(listed)
  expect((await send('GET', undefined, '/config')).json).toMatchObject(patch)
  await server.close()
  server = await start({ 'basalt.encryption_key': 'a third one' })
  expect((await send('GET')).json).toEqual([{ ...listed[0], value: '' }])
  expect(server.logged).toContainEqual(expect.objectContaining({ level: 'error', name: 'STRIPE' }))
})

describe("the project's SQL", () => {
  const tables = ['function_states', 'functions', 'function_versions', 'function_secrets']
  const files = { 'supabase/functions/hello/index.ts': 'x' }

  test.each(['anon', 'authenticated', 'service_role', 'authenticator', 'supabase_functions_admin'])(
    '%s may neither read nor change what is deployed',
    async (role) => {
      for (const table of tables)
        for (const statement of [
          `select * from basalt.${table}`,
          `delete from basalt.${table}`,
          `update basalt.${table} set ref = 'x'`,
          `insert into basalt.${table} default values`,
        ])
          expect(await database.refusal(statement, role)).toMatch(/^42501 permission denied/)
    },
  )

  /** Who may read all data reads these too, as on Supabase: what is secret is sealed. */
  test.each(tables)('postgres does not change %s', async (table) => {
    for (const statement of [
      `delete from basalt.${table}`,
      `truncate basalt.${table}`,
      `update basalt.${table} set ref = 'x'`,
      `insert into basalt.${table} default values`,
      `alter table basalt.${table} disable row level security`,
      `create trigger t before update on basalt.${table} for each row execute function suppress_redundant_updates_trigger()`,
      `create policy p on basalt.${table} using (true)`,
      `drop table basalt.${table}`,
      'grant basalt_functions to postgres',
      `alter role basalt_functions password 'x'`,
      'create table basalt.mine (x int)',
    ])
      expect([statement, await database.refusal(statement)]).toEqual([
        statement,
        expect.stringMatching(/^42501 /),
      ])
    const member = await database.rows(
      `select pg_has_role('postgres', 'basalt_functions', 'member') as can`,
    )
    expect(member).toEqual([{ can: false }])
  })

  test('a project has so many functions at most', async () => {
    expect((await deploy(server.url, 'hello', files)).status).toBe(201)
    // as who owns the tables
    await server.script(
      `insert into basalt.functions (ref, slug, name) select 'default', 'f' || n, 'f' from generate_series(1, 999) n`,
    )
    const more = { 'supabase/functions/more/index.ts': 'x' }
    expect(await deploy(server.url, 'more', more)).toMatchObject({
      status: 400,
      body: { code: 'functions_too_many' },
    })
    expect((await deploy(server.url, 'hello', files)).status).toBe(201)
    const refused = await send('GET', undefined, '/functions/more')
    expect(refused.json).toMatchObject({ code: 'function_not_found' })
    const none = await send('POST', { version: 9 }, '/functions/hello/rollback')
    expect(none.json).toMatchObject({ code: 'function_version_not_found' })
  })
})
