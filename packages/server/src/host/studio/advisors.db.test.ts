import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStudioFixture } from './studio.fixture.ts'
import type { StudioFixture } from './studio.fixture.ts'

interface Advice {
  readonly name: string
  readonly level: string
  readonly schema: string | null
  readonly object: string
  readonly detail: string
  readonly fix_sql: string | null
}

let studio: StudioFixture
beforeAll(async () => {
  studio = await openStudioFixture()
})
afterAll(() => studio.close())

const advise = async (): Promise<Advice[]> =>
  (await studio.askAs<Advice[]>('read-only', 'GET', 'advisors')).body

test('a new project has nothing to be told', async () => {
  expect(await advise()).toEqual([])
})

/** What it finds in, and what is found. */
const cases: readonly [name: string, object: string, script: string][] = [
  ['rls_disabled_in_public', 'open', 'create table open (id int primary key)'],
  [
    'policy_exists_rls_disabled',
    'asked',
    'create table asked (id int primary key); create policy p on asked using (id = 1)',
  ],
  [
    'rls_enabled_no_policy',
    'closed',
    'create table closed (id int primary key); alter table closed enable row level security',
  ],
  [
    'rls_policy_always_true',
    'yes',
    'create table yes (id int primary key); alter table yes enable row level security; create policy "p q" on yes for insert with check (true)',
  ],
  [
    'rls_references_user_metadata',
    'meta',
    `create table meta (id text primary key); alter table meta enable row level security;
    create policy p on meta using (id = ((select auth.jwt()) -> 'user_metadata' ->> 'id'))`,
  ],
  [
    'auth_rls_initplan',
    'each',
    'create table each (id uuid primary key); alter table each enable row level security; create policy "p q" on each using (id = auth.uid()) with check (id = auth.uid())',
  ],
  [
    'multiple_permissive_policies',
    'twice',
    `create table twice (id int primary key); alter table twice enable row level security;
    create policy a on twice for select to anon using (id = 1); create policy b on twice for select to anon using (id = 2)`,
  ],
  ['security_definer_view', 'seen', 'create view seen as select 1 as one'],
  [
    'auth_users_exposed',
    'people',
    'create view people with (security_invoker = on) as select id, email from auth.users',
  ],
  ['materialized_view_in_api', 'kept', 'create materialized view kept as select 1 as one'],
  [
    'anon_security_definer_function_executable',
    'power',
    `create function power() returns int language sql security definer set search_path = '' as 'select 1'`,
  ],
  [
    'authenticated_security_definer_function_executable',
    'users_power',
    `create function users_power(a int, b text default 'x') returns int language sql security definer set search_path = '' as 'select 1';
    revoke execute on function users_power from public, anon`,
  ],
  [
    'function_search_path_mutable',
    'free',
    `create function free(a int) returns int language sql as 'select 1'`,
  ],
  ['extension_in_public', 'citext', 'create extension citext schema public'],
  [
    'sensitive_columns_exposed',
    'secrets',
    'create table secrets (id int primary key, api_key text)',
  ],
  [
    'unindexed_foreign_keys',
    'child',
    `create table parent (a int, b int, primary key (a, b)); alter table parent enable row level security;
    create table child (id int primary key, b int, "A x" int, foreign key ("A x", b) references parent (a, b));`,
  ],
  ['no_primary_key', 'keyless', 'create table keyless (v int)'],
  [
    'unused_index',
    'idle',
    'create table idle (id int primary key, v int); create index "idle v" on idle (v)',
  ],
  [
    'duplicate_index',
    'double',
    'create table double (id int primary key, v int unique); create index double_2 on double (v)',
  ],
]

test.each(cases)('%s is found, and its fix clears it', async (name, object, script) => {
  await studio.sql.script(script)
  const own = (all: readonly Advice[]) =>
    all.filter((advice) => advice.name === name && advice.object === object)
  const found = own(await advise())
  expect(found.length, name).toBeGreaterThan(0)
  const fixes = found.flatMap(({ fix_sql: fix }) => (fix === null ? [] : [fix]))
  if (fixes.length === 0) return
  // a migration may move extensions; postgres itself may not (decision 0011)
  await studio.sql.script(
    fixes.join('\n'),
    name.startsWith('extension') ? 'supabase_admin' : 'postgres',
  )
  expect(own(await advise()), name).toEqual([])
})

test('a foreign table of the API is found', async () => {
  await studio.sql.script(
    `create extension postgres_fdw schema extensions; create server other foreign data wrapper postgres_fdw;
    create foreign table far (v int) server other; grant select on far to anon`,
    'supabase_admin',
  )
  expect((await advise()).find(({ name }) => name === 'foreign_table_in_api')).toMatchObject({
    object: 'far',
  })
})

test('the gravest come first, names are quoted where they must be, and nothing is said of the platform', async () => {
  await studio.sql.script('create table "we ""ird" (id int primary key)')
  const all = await advise()
  const levels = all.map(({ level }) => ['ERROR', 'WARN', 'INFO'].indexOf(level))
  expect(levels).toEqual(levels.toSorted((a, b) => a - b))
  expect(all.find(({ object }) => object === 'we "ird')?.fix_sql).toBe(
    'alter table public."we ""ird" enable row level security;',
  )
  expect(new Set(all.map(({ schema }) => schema))).toEqual(new Set(['public']))
})
