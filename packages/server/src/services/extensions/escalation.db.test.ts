import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { createTestDatabase } from '#testing'
import type { TestDatabase } from '#testing'

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

test('a schema put in the place of a stand-in’s is reached with nobody’s rights', async () => {
  await db.begin({ role: null, settings: [] }, (open) =>
    open.script(
      'test.plant',
      `grant create on database ${new URL(database.url).pathname.slice(1)} to postgres;
       create table public.reached (who text); grant all on public.reached to public;
       set local role postgres;
       create schema s1; create extension vector with schema s1;
       alter schema s1 rename to s2; create schema s1; grant usage on schema s1 to public;
       create function s1.vector_size(v s2.vector) returns int language plpgsql as $$ begin
         insert into public.reached values (current_user); return 10; end $$;
       create function s1.vector_bytes(v s2.vector, a int, b int) returns bytea language sql as $$ select '\\x000001'::bytea $$;
       create function s1.vector_part(v s2.vector, a int, b int) returns s2.vector_cube language plpgsql as $$ begin return null; end $$;
       do $$ begin perform s2.vector_cube('[1,2,3]'::s2.vector); exception when others then null; end $$;`,
    ),
  )
  const rows = await db.begin({ role: null, settings: [] }, (open) =>
    open.rows<{ who: string }>({
      name: 'test.reached',
      text: '/* test.reached */ select distinct who from public.reached where who in (select rolname from pg_roles where rolsuper)',
      values: [],
    }),
  )
  expect(rows).toEqual([])
})
