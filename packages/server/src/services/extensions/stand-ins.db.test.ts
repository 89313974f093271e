/** All extensions of ours: made by postgres in a schema and under any version, objects of the superuser, no way up. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openExtensionDatabase } from './open-database.fixture.ts'
import type { ExtensionDatabase } from './open-database.fixture.ts'
import { standInAccessMethods, standIns } from './stand-ins.ts'

let database: ExtensionDatabase

beforeAll(async () => {
  database = await openExtensionDatabase()
})
afterAll(() => database.close())

const byName = [
  'http',
  'index_advisor',
  'hypopg',
  'plpgsql_check',
  'pg_tle',
  'pgsodium',
  'pg_graphql',
  'wrappers',
  'pg_stat_monitor',
]

describe.each(standIns)('$name', ({ name, schema, versions }) => {
  test('every version named in a dump is made, updated and dropped', async () => {
    const target = schema ?? 'extensions'
    await database.script(
      `drop extension if exists ${name} cascade; drop schema if exists pgmq_public cascade`,
    )
    if (schema !== null) await database.script(`create schema if not exists ${schema}`)
    const oldest = versions.at(-1)
    await database.script(
      `create extension if not exists "${name}" with schema "${target}" version '${oldest}'`,
    )
    expect(
      await database.rows(
        `select extversion, extnamespace::regnamespace::text as schema from pg_extension where extname = '${name}'`,
      ),
    ).toEqual([{ extversion: oldest, schema: target }])
    await database.script(`alter extension "${name}" update`)
    expect(
      await database.rows(`select extversion from pg_extension where extname = '${name}'`),
    ).toEqual([{ extversion: versions[0] }])
    await database.script(
      `drop extension "${name}" cascade; create extension "${name}" ${schema === null ? 'schema extensions' : ''}`,
    )
  })

  test('nothing it made is postgres’s, and nothing runs with more rights on a path the caller chose', async () => {
    const own = `
      from pg_depend join pg_extension on pg_extension.oid = refobjid and refclassid = 'pg_extension'::regclass
      join pg_proc on classid = 'pg_proc'::regclass and objid = pg_proc.oid
      where extname = '${name}' and deptype = 'e'`
    expect(
      await database.rows(
        `select proname ${own} and proowner not in ('supabase_admin'::regrole, 'basalt_extensions'::regrole)`,
      ),
    ).toEqual([])
    // the one that would be too slow with a path names everything in full
    expect(
      await database.rows(`
        select distinct proname ${own} and prosecdef and proname not in ('vector_cube', 'halfvec_cube')
          and not exists (select from unnest(proconfig) as item where item like 'search_path=%pg_catalog%')`),
    ).toEqual([])
  })
})

test.each(byName)('%s says once what it does not do', (name) => {
  expect(
    database.notices.filter((notice) => notice.startsWith(`${name}: by name only`)),
  ).not.toEqual([])
})

test('http refuses where it is called, not where it is named', async () => {
  await database.script(`
    create function uses_http() returns int language plpgsql as $$
    declare response http_response;
    begin
      response := http(('DELETE', 'http://x', array[http_header('a', 'b')], null, null)::http_request);
      return response.status;
    end $$;`)
  expect(await database.refusal('select uses_http()')).toMatch(
    /^0A000 http: this server sends no HTTP/,
  )
})

test('the lists name what they stand for', () => {
  const names = standIns.map(({ name }) => name)
  for (const name of Object.values(standInAccessMethods)) expect(names).toContain(name)
})
