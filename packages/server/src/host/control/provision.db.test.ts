import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiKeyMigrations } from '#services/api-keys'
import { auth } from '#services/auth'
import { extensionMigrations } from '#services/extensions'
import { functionsMigrations } from '#services/functions'
import { realtimeMigrations } from '#services/realtime'
import { storageMigrations } from '#services/storage'
import { checkRequirements, databaseMigrations, provision } from '#host/control'
import { migrate, openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import type { Database, Session } from '#base/db'
import { sql, verbatim } from '#base/sql'
import { executeDirectly, startTestPostgres, withDatabase } from '#testing'
import type { TestPostgres } from '#testing'

// A server of its own: roles belong to the server, and the first one here to make them is not a superuser.
let server: TestPostgres
const open: Database[] = []

beforeAll(async () => {
  server = await startTestPostgres()
  await executeDirectly(
    server.url,
    `create role owner login createrole createdb password 'pw'`,
    `create role plain login password 'pw'`,
    'create database owned owner owner',
    'create database owned_too owner owner',
    'create database super',
    'create database plain',
  )
})
afterAll(async () => {
  await Promise.all(open.map((db) => db.close()))
  await server.stop()
})

function connect(database: string, user?: string): Database {
  const url = new URL(withDatabase(server.url, database))
  if (user !== undefined) {
    url.username = user
    url.password = 'pw'
  }
  const db = openDatabase({ connection: parseConnectionUrl(url.href), maxConnections: 3 })
  open.push(db)
  return db
}
const query = (db: Database, text: string, session: Session = ownSession) =>
  db.begin(session, (transaction) => transaction.rows(sql`/* test.query */ ${verbatim(text)}`))
const run = (db: Database, text: string, role: string | null = null) =>
  db.begin({ ...ownSession, role }, (transaction) => transaction.script('test', text))

const services = [
  { migrations: extensionMigrations },
  auth,
  { migrations: storageMigrations },
  { migrations: realtimeMigrations },
  { migrations: functionsMigrations },
]
const everything = [...databaseMigrations, ...services.flatMap(({ migrations }) => migrations)].map(
  ({ service, version }) => `${service}/${version}`,
)
const levels = async (db: Database) => (await checkRequirements(db)).map(({ level }) => level)

test('an owner with CREATEROLE provisions a new server, and what needs a superuser is missing without harm', async () => {
  const db = connect('owned', 'owner')
  expect(await levels(db)).toEqual(['warning', 'warning', 'warning', 'warning'])
  const told = (await checkRequirements(db)).map(({ message }) => message).join('\n')
  expect(told).toMatch(/migrations cannot make event triggers, foreign data wrappers/)
  expect(told).toMatch(
    /may not set .*: log_min_messages, pgrst\.db_pre_request, session_replication_role/,
  )
  expect(await provision(db, services)).toEqual(everything)
  expect(await provision(db, services)).toEqual([])
  expect(await query(db, 'select evtname from pg_event_trigger')).toEqual([])
  expect(await query(db, `select pubowner::regrole::text as owner from pg_publication`)).toEqual([
    { owner: 'postgres' },
  ])
  expect(
    await query(db, `select distinct tableowner from pg_tables where schemaname = 'auth'`),
  ).toEqual([{ tableowner: 'supabase_auth_admin' }])
  expect(await migrate(db, apiKeyMigrations)).toHaveLength(1)
})

test('the same owner provisions a second database of the server', async () => {
  const db = connect('owned_too', 'owner')
  expect(await provision(db, services)).toEqual(everything)
  expect(await levels(db)).toEqual(['warning', 'warning', 'warning', 'warning'])
})

test('a role without any rights learns everything it lacks at once, nothing is changed, and the remedies work', async () => {
  const db = connect('plain', 'plain')
  const problems = (await checkRequirements(db)).filter(({ level }) => level === 'missing')
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^role "plain" cannot become: anon, authenticated, authenticator, service_role, /,
    ),
    'role "plain" may not create schemas in database "plain"',
    'role "plain" may not create tables in schema "public"',
  ])
  expect(await query(db, `select nspname from pg_namespace where nspname = 'auth'`)).toEqual([])
  const admin = connect('plain')
  for (const { remedy } of problems) await run(admin, remedy)
  expect(await levels(db)).not.toContain('missing')
  expect(await provision(db, services)).toEqual(everything)
  // keys of customers are asked for, and need more
  await expect(migrate(db, apiKeyMigrations)).rejects.toThrow('plain may not become postgres')
  await run(admin, 'grant postgres to plain')
  expect(await migrate(db, apiKeyMigrations)).toHaveLength(1)
})

test('a schema auth that is somebody else’s is reported', async () => {
  await executeDirectly(server.url, 'create database taken owner owner')
  await run(connect('taken'), 'create schema auth')
  const problems = await checkRequirements(connect('taken', 'owner'))
  expect(problems).toContainEqual({
    level: 'missing',
    message: 'these schemas exist already and belong to somebody else: auth',
    remedy: 'grant usage, create on schema auth to supabase_auth_admin;',
  })
})

test('a superuser gets all of it', async () => {
  const db = connect('super')
  expect(await checkRequirements(db)).toEqual([])
  expect(await provision(db, services)).toEqual(everything)
  expect(await query(db, 'select evtname from pg_event_trigger order by 1')).toEqual([
    { evtname: 'basalt_guard' },
    { evtname: 'pgrst_ddl_watch' },
    { evtname: 'pgrst_drop_watch' },
  ])
  expect(
    await query(
      db,
      `select extname, extnamespace::regnamespace::text as schema from pg_extension
       where extname <> 'plpgsql' order by 1`,
    ),
  ).toEqual([
    { extname: 'pg_stat_statements', schema: 'extensions' },
    { extname: 'pgcrypto', schema: 'extensions' },
    { extname: 'supabase_vault', schema: 'vault' },
    { extname: 'uuid-ossp', schema: 'extensions' },
  ])
  expect(
    await query(db, `select rolbypassrls from pg_roles where rolname = 'service_role'`),
  ).toEqual([{ rolbypassrls: true }])
  expect(
    await query(
      db,
      `select rolname, setconfig from pg_db_role_setting join pg_roles on pg_roles.oid = setrole
       where setdatabase = 0 and rolname in ('anon', 'authenticated') order by 1`,
    ),
  ).toEqual([
    { rolname: 'anon', setconfig: ['statement_timeout=3s'] },
    { rolname: 'authenticated', setconfig: ['statement_timeout=8s'] },
  ])
})

test('postgres is an administrator without being a superuser, whoever made it before', async () => {
  await run(
    connect('super'),
    'alter role postgres nocreatedb nocreaterole nobypassrls noreplication',
  )
  await executeDirectly(server.url, 'create database once_more')
  const db = connect('once_more')
  await provision(db, services)
  expect(
    await query(
      db,
      `select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication, rolcanlogin
       from pg_roles where rolname = 'postgres'`,
    ),
  ).toEqual([
    {
      rolsuper: false,
      rolcreatedb: true,
      rolcreaterole: true,
      rolbypassrls: true,
      rolreplication: true,
      rolcanlogin: true,
    },
  ])
})

test('a migration is an error when it was changed after it had been applied', async () => {
  const [first, ...rest] = auth.migrations
  const changed = {
    ...auth,
    migrations: [{ ...first!, sql: `${first!.sql}\n-- changed` }, ...rest],
  }
  await expect(provision(connect('super'), [changed])).rejects.toMatchObject({
    code: 'migration_changed',
  })
})

test('a database that a newer release has written to is refused, and left as it is', async () => {
  const db = connect('super')
  await query(
    db,
    `insert into basalt.migrations (service, version, checksum) values ('auth', '9999_of_tomorrow', 'x')`,
  )
  const older = provision(db, [auth])
  await expect(older).rejects.toMatchObject({
    code: 'database_newer',
    message: expect.stringContaining('auth/9999_of_tomorrow'),
  })
  // whoever does not serve Auth has nothing to do with it
  await expect(provision(db, [])).resolves.toEqual([])
  await query(db, `delete from basalt.migrations where version = '9999_of_tomorrow'`)
  await expect(provision(db, [auth])).resolves.toEqual([])
})

test('the auth functions read the claims, and are null without', async () => {
  const db = connect('super')
  const ask = (settings: Session['settings']) =>
    query(db, 'select auth.uid()::text as uid, auth.role(), auth.email(), auth.jwt()', {
      role: 'anon',
      settings,
    })
  const nobody = [{ uid: null, role: null, email: null, jwt: null }]
  expect(await ask([])).toEqual(nobody)
  expect(await ask([['request.jwt.claims', '']])).toEqual(nobody)
  const claims = { sub: '00000000-0000-4000-8000-000000000001', role: 'r', email: 'e' }
  const json = JSON.stringify(claims)
  expect(await ask([['request.jwt.claims', json]])).toEqual([
    { uid: claims.sub, role: 'r', email: 'e', jwt: claims },
  ])
  const single = await ask([
    ['request.jwt.claims', json],
    ['request.jwt.claim.role', 'x'],
    ['request.jwt.claim.email', ''],
  ])
  expect(single).toMatchObject([{ role: 'x', email: 'e' }])
})

test('a table that postgres makes in public is open to the API roles, and tables of auth are not', async () => {
  const db = connect('super')
  await run(db, 'create table public.open (id int); create schema own; drop schema own', 'postgres')
  const may = (role: string, table: string) =>
    query(db, `select has_table_privilege('${role}', '${table}', 'select, insert') as may`)
  expect(await may('anon', 'public.open')).toEqual([{ may: true }])
  for (const role of ['anon', 'authenticated', 'service_role', 'authenticator']) {
    expect(await may(role, 'auth.users')).toEqual([{ may: false }])
  }
  expect(await may('postgres', 'auth.users')).toEqual([{ may: true }])
})

test("what applications' migrations do with auth.users works as postgres", async () => {
  const db = connect('super')
  await run(
    db,
    `create table public.profiles (id uuid primary key references auth.users (id) on delete cascade,
       other uuid default uuid_generate_v4(), secret text default crypt('x', gen_salt('bf', 4)));
     alter table public.profiles enable row level security;
     create policy own on public.profiles using ((select auth.uid()) = id);
     create function public.on_new() returns trigger language plpgsql security definer set search_path = ''
       as $$ begin insert into public.profiles (id) values (new.id); return new; end $$;
     create trigger on_new after insert on auth.users for each row execute function public.on_new();
     alter publication supabase_realtime add table public.profiles;
     create role app_role; grant app_role to authenticator;`,
    'postgres',
  )
  await run(db, `insert into auth.users (id) values (gen_random_uuid())`)
  expect(await query(db, 'select count(*)::int as n from public.profiles')).toEqual([{ n: 1 }])
  await run(db, 'delete from auth.users')
  await run(
    db,
    `truncate auth.users cascade; select pg_catalog.setval('"pgsodium"."key_key_id_seq"', 1, false)`,
    'postgres',
  )
  expect(await query(db, 'select count(*)::int as n from public.profiles')).toEqual([{ n: 0 }])
})

test('DDL tells the API, and a temporary table does not', async () => {
  const db = connect('super')
  const heard: string[] = []
  const stop = await db.listen('pgrst', (payload) => heard.push(payload))
  await run(db, 'create temporary table quiet (id int)')
  await run(db, 'create table public.loud (id int)')
  await run(db, 'alter table public.loud add column x int; comment on table public.loud is $$x$$')
  await run(db, 'drop table public.loud')
  await run(db, `notify pgrst, 'end'`)
  await expect.poll(() => heard.at(-1)).toBe('end')
  expect(heard).toEqual(['reload schema', 'reload schema', 'reload schema', 'end'])
  stop()
})

test('several processes may provision one database at the same time', async () => {
  await executeDirectly(server.url, 'create database together')
  const results = await Promise.all([1, 2, 3].map(() => provision(connect('together'), services)))
  expect(results.map((applied) => applied.length).sort((a, b) => a - b)).toEqual([
    0,
    0,
    everything.length,
  ])
})

test('several databases of one server may be provisioned at the same time', async () => {
  await executeDirectly(server.url, ...['x', 'y', 'z'].map((name) => `create database ${name}`))
  const results = await Promise.all(
    ['x', 'y', 'z'].map((name) => provision(connect(name), services)),
  )
  expect(results).toEqual([everything, everything, everything])
})
