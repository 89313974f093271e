/** What Postgres keeps for superusers: a project's migrations may do it, and get no superuser's rights by it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestProject } from './project.fixture.ts'
import type { TestProject } from './project.fixture.ts'

let project: TestProject
beforeAll(async () => {
  project = await openTestProject()
  await project.migrate(`
    create table public.reached (who text, what text);
    grant all on public.reached to public;
    create function public.note() returns event_trigger language plpgsql as $$ begin
      insert into public.reached values (current_user, tg_event || ' ' || tg_tag);
    end $$;`)
})
afterAll(() => project.close())

const superusersReached = () =>
  project.rows(
    'select distinct who, what from public.reached join pg_roles on rolname = who where rolsuper',
  )

test('contrib extensions are the project’s, what is in them the superuser’s', async () => {
  await project.migrate(`
    create extension moddatetime schema extensions;
    create extension if not exists "earthdistance" with schema extensions cascade;
    create extension if not exists postgres_fdw with schema extensions version '0.9';
    create extension if not exists moddatetime;
    create extension dblink;
    create table public.notes (id int, updated_at timestamptz);
    create trigger t before update on public.notes for each row execute function extensions.moddatetime('updated_at');
    create server elsewhere foreign data wrapper postgres_fdw options (host '127.0.0.1');
    comment on extension moddatetime is 'updates a column';
    alter extension moddatetime update to '1.0';
    comment on extension plpgsql is 'PL/pgSQL';`)
  expect(
    await project.rows(`select extname, extowner::regrole::text as owner, nspname as schema
      from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
      where extname in ('moddatetime', 'earthdistance', 'cube', 'postgres_fdw', 'dblink', 'uuid-ossp') order by 1`),
  ).toEqual([
    { extname: 'cube', owner: 'postgres', schema: 'extensions' },
    { extname: 'dblink', owner: 'postgres', schema: 'public' },
    { extname: 'earthdistance', owner: 'postgres', schema: 'extensions' },
    { extname: 'moddatetime', owner: 'postgres', schema: 'extensions' },
    { extname: 'postgres_fdw', owner: 'postgres', schema: 'extensions' },
    { extname: 'uuid-ossp', owner: 'postgres', schema: 'extensions' },
  ])
  expect(
    await project.rows(
      `select proowner::regrole::text as owner from pg_proc where proname = 'moddatetime'`,
    ),
  ).toEqual([{ owner: 'supabase_admin' }])
  expect(project.notices).toContainEqual(
    'supabase/migrations/002_test.sql, line 4: extension "postgres_fdw" has no version 0.9 here; taking the one there is',
  )
})

test('what was there beforehand can be dropped, and what is there on Supabase only', async () => {
  await project.migrate(`
    drop extension if exists pg_graphql;
    drop extension "uuid-ossp";
    drop extension pg_stat_statements;
    drop extension pg_net cascade;
    drop extension dblink;
    create extension "uuid-ossp" with schema extensions version '1.1';
    create extension pg_stat_statements with schema extensions;`)
  expect(
    await project.rows(
      `select extname from pg_extension where extname in ('dblink', 'pg_stat_statements', 'uuid-ossp') order by 1`,
    ),
  ).toEqual([{ extname: 'pg_stat_statements' }, { extname: 'uuid-ossp' }])
})

test('pg_stat_statements has rows', async () => {
  // the server is everybody's: what ran before may have given way by now
  await expect
    .poll(async () => {
      await project.rows(`select 'seen in pg_stat_statements' as marked_statement`)
      return project.rows(
        `select 1 from extensions.pg_stat_statements where query like '%marked_statement' limit 1`,
      )
    })
    .toHaveLength(1)
})

test('event triggers fire for the project, are its own to change, and never run as a superuser', async () => {
  await project.migrate(`
    create event trigger noted on ddl_command_end when tag in ('CREATE TABLE', 'CREATE FUNCTION', 'CREATE EXTENSION', 'CREATE TYPE')
      execute function public.note();
    create event trigger noted_start on ddl_command_start execute function note();
    create event trigger noted_drop on sql_drop execute procedure public.note();
    alter event trigger noted_start owner to postgres;
    alter event trigger noted enable always;
    comment on event trigger noted is 'x';
    create table public.made ();`)
  expect(await project.rows('select distinct who, what from public.reached order by 2')).toEqual([
    { who: 'postgres', what: 'ddl_command_end CREATE TABLE' },
    { who: 'postgres', what: 'ddl_command_start CREATE TABLE' },
  ])
  // scripts of extensions run as the superuser: trusted ones in a session of the project's own
  for (const text of [
    'create extension citext',
    'create extension vector with schema extensions',
    'alter extension vector update',
    'create extension refint',
    'create extension hstore with schema extensions; drop extension hstore',
    'set session_replication_role = replica; create extension seg',
    'do $$ begin create extension isn; end $$',
    `do $$ begin perform basalt_rights.create_extension('bloom', 'public', null, false, false, 'public'); end $$`,
    'create extension ltree; reset role; create table public.after_extension ()',
    'begin; savepoint a; create extension unaccent; rollback to a; create extension unaccent; commit',
  ])
    await project.migrate(text)
  // a superuser's function that makes one
  await project.migrate(
    `create trigger hook after insert on public.notes for each row execute function supabase_functions.http_request('http://127.0.0.1:1', 'POST', '{}', '{}', '1000');
     insert into public.notes values (1);`,
  )
  expect(await superusersReached()).toEqual([])
  // behind a CREATE EXTENSION they rest until the transaction ends, then fire again
  await project.migrate('truncate public.reached')
  await project.migrate('create table public.fires_again ()')
  expect(await project.rows('select count(*)::int > 0 as fired from public.reached')).toEqual([
    { fired: true },
  ])
  // the same without the guard, so that this test is known to see it
  const guard = (how: string) =>
    project.rows(`alter event trigger basalt_guard ${how}`, project.admin)
  await project.migrate('drop extension citext')
  await guard('disable')
  await project.migrate('create extension citext')
  await guard('enable always')
  expect(await superusersReached()).not.toEqual([])
  await project.migrate(
    'drop event trigger noted; drop event trigger noted_start; drop event trigger noted_drop; truncate public.reached',
  )
})

test.each([
  ['a login', 'create event trigger e on login execute function public.note()', /login/],
  [
    'a superuser’s function',
    'create event trigger e on ddl_command_end execute function extensions.pgrst_ddl_watch()',
    /must be owner of function/,
  ],
  [
    'names with quotes',
    `create event trigger e on ddl_command_end when tag in ('x'') execute function note(); alter role postgres superuser; --') execute function public.note()`,
    /filter value/,
  ],
  [
    'a validator of the project',
    `create function public.v(text[], oid) returns void language plpgsql as $$ begin
       insert into public.reached values (current_user, 'validator'); end $$;
     create foreign data wrapper w validator public.v options (a 'b')`,
    /not of an extension/,
  ],
  ['the guard', 'alter event trigger basalt_guard disable', /must be owner/],
  ['the guard gone', 'drop event trigger basalt_guard', /must be owner/],
  ['the functions', 'drop schema basalt_rights cascade', /must be owner/],
  [
    'functions in their place',
    'create or replace function basalt_rights.is_contrib(name name) returns boolean language sql as $$ select true $$',
    /permission denied/,
  ],
  [
    'the helper that gives',
    `select basalt_rights.give_to_postgres('pg_extension', (select oid from pg_extension where extname = 'plpgsql'))`,
    /permission denied/,
  ],
  ['files', 'create extension file_fdw', /permission denied to create extension/],
  ['programs', 'create extension plpython3u', /permission denied to create extension/],
  ['pages', 'create extension pageinspect', /permission denied to create extension/],
  [
    'a schema that is not the project’s',
    'create extension pgrowlocks with schema basalt',
    /permission denied for schema basalt/,
  ],
  [
    'somebody else’s publication',
    `select basalt_rights.alter_publication('none', 'add', '{public}')`,
    /must be owner/,
  ],
  [
    'an action that is SQL',
    `select basalt_rights.alter_publication('supabase_realtime', 'owner to anon; --', '{public}')`,
    /unknown action/,
  ],
  ['a move of what is not its own', 'alter extension plpgsql set schema public', /must be owner/],
  [
    'a move to where it may not',
    'create extension intarray; alter extension intarray set schema basalt',
    /permission denied for schema basalt/,
  ],
  ['event triggers back on', 'set event_triggers = on', /permission denied/],
  [
    'event triggers back on for a function',
    'alter function public.note() set event_triggers = on',
    /permission denied/,
  ],
  [
    'event triggers back on for a role',
    'alter role postgres set event_triggers = on',
    /permission denied/,
  ],
  ['no schema', `set search_path = ''; create extension pgrowlocks`, /no schema has been selected/],
  ['the system', `alter system set log_statement = 'all'`, /\[db\.settings\]/],
  ['a superuser', 'create role risen superuser', /permission denied|SUPERUSER/],
])('refused: %s', async (_, text, reason) => {
  expect((await project.failure(text)).message).toMatch(reason)
})

test('nobody but postgres may call them', async () => {
  for (const role of ['anon', 'authenticated', 'service_role', 'supabase_auth_admin'])
    expect(
      (
        await project.failure(
          `set role ${role}; select basalt_rights.create_publication('p', null, null)`,
        )
      ).message,
    ).toMatch(/permission denied/)
})

test('publications of everything and of schemas, foreign data wrappers with an extension’s functions', async () => {
  await project.migrate(`
    drop publication if exists supabase_realtime;
    create publication supabase_realtime for all tables with (publish = 'insert, update');
    alter publication supabase_realtime owner to postgres;
    alter publication supabase_realtime set (publish = 'insert');
    create schema "odd ""schema";
    create publication part for tables in schema public, "odd ""schema" with (publish_via_partition_root);
    alter publication part drop tables in schema public;
    alter publication part add tables in schema current_schema;
    alter publication part add table public.made;
    create extension wrappers with schema extensions;
    create foreign data wrapper stripe_wrapper handler extensions.stripe_fdw_handler validator extensions.stripe_fdw_validator options (a 'it''s');
    alter foreign data wrapper stripe_wrapper owner to "postgres";
    create server stripe_server foreign data wrapper stripe_wrapper;
    drop foreign data wrapper stripe_wrapper cascade;
    drop publication supabase_realtime;
    create publication supabase_realtime;
    alter publication supabase_realtime add table public.notes;
    create subscription from_elsewhere connection 'host=127.0.0.1 port=1 user=u password=p dbname=d'
      publication p with (connect = false, slot_name = none);
    drop subscription from_elsewhere;`)
  expect(
    await project.rows(`select pubname, pubowner::regrole::text as owner, pubviaroot,
      (select array_agg(pnnspid::regnamespace::text order by pnnspid::regnamespace::text collate "C" desc)::text from pg_publication_namespace where pnpubid = pg_publication.oid) as schemas
      from pg_publication order by 1`),
  ).toEqual([
    {
      pubname: 'part',
      owner: 'postgres',
      pubviaroot: true,
      schemas: String.raw`{public,"\"odd \"\"schema\""}`,
    },
    { pubname: 'supabase_realtime', owner: 'postgres', pubviaroot: false, schemas: null },
  ])
})

test('an extension of others is not made among the project’s functions', async () => {
  const message = await project
    .rows(`select basalt_rights.create_extension('hypopg', 'public', null, false, false, 'public')`)
    .catch((error: Error) => error.message)
  expect(message).toMatch(/where the project has functions of its own/)
})

test('names that a project puts in the way are not taken', async () => {
  await project.migrate(`
    create schema trap;
    create function trap.cube_is_point(cube) returns boolean language plpgsql as $$ begin
      insert into public.reached values (current_user, 'trap'); return true; end $$;
    create function trap.format(text, variadic text[]) returns text language sql as $$ select 'alter role postgres superuser' $$;
    create temporary table pg_extension (oid oid, extname name, extowner oid);
    set search_path = trap, public, extensions, pg_catalog;
    drop extension earthdistance;
    create extension earthdistance with schema trap;
    select cube_distance(ll_to_earth(1, 2), ll_to_earth(3, 4));`)
  expect(await superusersReached()).toEqual([])
  expect(await project.rows(`select rolsuper from pg_roles where rolname = 'postgres'`)).toEqual([
    { rolsuper: false },
  ])
})

test('no table of a superuser may be referred to: its owner’s rights would run the casts of the key', async () => {
  expect(
    await project.rows(`select oid::regclass::text from pg_class
      where relkind in ('r', 'p') and (select rolsuper from pg_roles where pg_roles.oid = relowner)
        and has_table_privilege('postgres', oid, 'references')`),
  ).toEqual([])
  const error = await project.failure(
    'create table public.refers (secret uuid references vault.secrets (id))',
  )
  expect(error.message).toMatch(/permission denied for table secrets/)
  await project.migrate(`
    create table public.refers (id int primary key, secret uuid, other text, default_secret uuid);
    alter table only "public"."refers" add constraint "refers_fkey" foreign key ("secret") references "vault"."secrets"("id") on delete set null;
    insert into public.refers select 1, vault.create_secret('s', 'referred');
    delete from vault.secrets where name = 'referred';`)
  expect(await project.rows('select secret from public.refers')).toEqual([{ secret: null }])
  expect(
    (await project.failure(`insert into public.refers values (2, gen_random_uuid())`)).message,
  ).toMatch(/violates foreign key/)
})

test('a key to the secrets takes no type of the project, now or later', async () => {
  await project.migrate(`
    create type public.trap as enum ('a');
    create function public.evil(public.trap) returns uuid language plpgsql as $$ begin
      insert into public.reached values (current_user, 'cast'); return gen_random_uuid(); end $$;
    create cast (public.trap as uuid) with function public.evil(public.trap) as implicit;
    create domain public.trap_domain as uuid check (value is not null);
    create table public.trapped (a public.trap, b public.trap_domain);`)
  for (const text of [
    'alter table public.trapped add foreign key (a) references vault.secrets (id)',
    'alter table public.trapped add foreign key (b) references vault.secrets (id)',
    `alter table public.refers alter column secret type public.trap using 'a'`,
    'alter table auth.users add constraint x foreign key (id) references vault.secrets (id); alter table basalt.totp_steps add constraint x foreign key (factor_id) references vault.secrets (id)',
    `select basalt_rights.refer_to_secret('public.refers', 'x', 'default_secret', 'cascade; alter role postgres superuser')`,
  ])
    expect((await project.failure(text)).message).toMatch(
      /permission denied|must be owner|unknown action/,
    )
  expect(await superusersReached()).toEqual([])
})

test('every function of a superuser that changes the schema has a fixed path and no event triggers', async () => {
  expect(
    await project.rows(`
      select proname from pg_proc join pg_roles on pg_roles.oid = proowner
      where prosecdef and rolsuper and prosrc ~* '\\m(create|alter|drop|execute|grant)\\M' and proname <> 'silence_event_triggers'
        and not (coalesce(proconfig, '{}') @> '{event_triggers=off}' and proconfig::text like '%search_path=pg_catalog, pg_temp%')`),
  ).toEqual([])
})
