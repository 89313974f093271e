import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, executeDirectly } from '#testing'
import type { TestDatabase } from '#testing'
import type { Leavings } from '#base/catalog'
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { loadCatalog } from './load-catalog.ts'

let database: TestDatabase
let db: Database
beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase({ connection: parseConnectionUrl(database.url), maxConnections: 1 })
})
afterAll(async () => {
  await db.close()
  await database.drop()
})

/** What is read of a database with this in it, and which functions leave something. */
async function read(text: string): Promise<Leavings & { readonly routines: readonly string[] }> {
  await executeDirectly(database.url, 'drop schema public cascade', 'create schema public')
  const own = openDatabase({ connection: parseConnectionUrl(database.url), maxConnections: 1 })
  await own.begin({ role: null, settings: [] }, (open) => open.script('test.schema', text))
  await own.close()
  const { catalog } = await loadCatalog(db, { schemas: ['public'], extraSearchPath: [] })
  const { routines, leavings } = catalog.data
  const leaving = routines.filter(({ leaves }) => leaves).map(({ name }) => name)
  return { ...leavings, routines: leaving }
}

const clean = { any: false, reads: false, writes: false, prepared: false, routines: [] }

test('a new project leaves nothing', async () => {
  expect(await read('')).toEqual(clean)
})

test('functions that read, write, and set for their transaction only are trusted', async () => {
  expect(
    await read(`create table t (id int primary key, v text);
      create function audit() returns trigger language plpgsql as $$ begin
        perform set_config('app.audit', new.v, true); new.v := lower(new.v); return new; end $$;
      create trigger audit before insert or update on t for each row execute function audit();
      create function add(v text) returns void language sql as $$ insert into t values (1, v) on conflict (id)
        do update set v = excluded.v $$;
      create function lock(id int) returns void language sql as $$ select pg_advisory_xact_lock(id) $$;
      create function mine() returns boolean language sql stable as $$ select auth.uid() is not null $$;
      create policy mine on t using (mine()); create view seen as select * from t;`),
  ).toEqual(clean)
})

test('a function of dynamic SQL that nothing calls by itself concerns its own calls', async () => {
  expect(
    await read(`create table t (id int);
      create function run(text text) returns void language plpgsql as $$ begin execute text; end $$;
      create function count() returns bigint language sql stable as $$ select count(*) from t $$;`),
  ).toEqual({ ...clean, any: true, routines: ['run'] })
})

test('in a trigger it concerns writes, and all volatile functions', async () => {
  expect(
    await read(`create table t (id int);
      create function run() returns trigger language plpgsql as $$ begin execute 'select 1'; return new; end $$;
      create function add() returns void language sql as $$ insert into t values (1) $$;
      create function count() returns bigint language sql stable as $$ select count(*) from t $$;`),
  ).toEqual({ ...clean, any: true, writes: true, routines: ['add'] })
})

test('in a policy it concerns everything', async () => {
  expect(
    await read(`create table t (id int);
      create function who() returns text language sql stable as $$ select set_config('app.who', 'x', false) $$;
      create policy p on t using (who() is not null);
      create function count() returns bigint language sql stable as $$ select count(*) from t $$;`),
  ).toMatchObject({ any: true, reads: true, routines: ['count', 'who'] })
})

test('prepared statements count where a function can reach them', async () => {
  expect(
    await read(
      `create function prepare() returns void language plpgsql as $$ begin execute 'prepare x as select 1'; end $$`,
    ),
  ).toMatchObject({ any: true, prepared: true, routines: ['prepare'] })
})

test('names of the platform’s functions count with their schema only', async () => {
  const casting = `create function total(v text) returns int language sql volatile as $$ select cast(v as int) $$;`
  expect(await read(casting)).toEqual(clean)
  expect(
    await read(`${casting} create function via() returns void language plpgsql as $$ begin
      perform realtime.apply_rls('{}'); end $$;`),
  ).toEqual({ ...clean, any: true, routines: ['via'] })
})
