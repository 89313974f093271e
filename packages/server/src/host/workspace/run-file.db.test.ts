/** Files as projects have them: statements without a transaction, transactions of their own, dumps, indexes of pgvector. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyRoles, applySeeds, listSeeds } from '#host/workspace'
import { openTestProject } from './project.fixture.ts'
import type { TestProject } from './project.fixture.ts'

let project: TestProject
beforeAll(async () => {
  project = await openTestProject()
})
afterAll(() => project.close())

const indexes = async (table: string): Promise<unknown[]> =>
  (
    await project.rows<{ name: string }>(
      `select indexrelid::regclass::text as name from pg_index where indrelid = '${table}'::regclass and indisvalid order by 1`,
    )
  ).map(({ name }) => name)

const lastVersion = async (): Promise<unknown> =>
  (
    await project.rows('select max(version)::int as n from supabase_migrations.schema_migrations')
  )[0]

test('what allows no transaction runs on its own, between the parts before and after it', async () => {
  await project.migrate(`
    create table public.a (id int primary key, n int);
    set lock_timeout = '3s';
    insert into public.a select i, i from generate_series(1, 10) as i;
    -- by hand
    create index concurrently if not exists a_n on public.a (n);
    create unique index concurrently a_un on public.a (n);
    create table public.b (id int);
    reindex index concurrently public.a_n;
    reindex (verbose, concurrently) table public.a;
    vacuum (analyze) public.a;
    cluster;
    drop index concurrently a_un;
    create database runner_made;
    drop database runner_made;
    create table public.c (timeout text default current_setting('lock_timeout'));
    insert into public.c default values;`)
  expect(await indexes('public.a')).toEqual(['a_n', 'a_pkey'])
  expect(await project.rows('select timeout from public.c')).toEqual([{ timeout: '3s' }])
  expect(
    await project.rows(
      `select cardinality(statements) as n from supabase_migrations.schema_migrations where version = '001'`,
    ),
  ).toEqual([{ n: 15 }])
})

test('a file of one such statement, the CLI’s case', async () => {
  await project.migrate('create index concurrently b_id on public.b (id);')
  await project.migrate('drop index concurrently if exists public.b_id')
  expect(await lastVersion()).toEqual({ n: 3 })
})

test('a failure behind one says what stays applied and what to do; the version is not recorded', async () => {
  const error = await project.failure(`create table public.stays ();
    create index concurrently stays_i on public.a (n);
    create table public.goes ();
    select nonsense;`)
  expect(error.place).toMatchObject({ line: 4, statement: 4 })
  expect(error.message).toMatch(
    /line 4 \(statement 4\): column "nonsense" does not exist[\s\S]*\nStatements 1 to 2 \(line 2\) are applied and stay applied.*not recorded/,
  )
  expect(
    await project.rows(
      `select to_regclass('public.stays')::text as stays, to_regclass('public.goes')::text as goes, to_regclass('public.stays_i')::text as i`,
    ),
  ).toEqual([{ stays: 'stays', goes: null, i: 'stays_i' }])
  expect(await lastVersion()).toEqual({ n: 3 })
  const alone = await project.failure(`create index concurrently on public.nowhere (n)`)
  expect(alone.message).not.toMatch(/stay applied/)
  const committed = await project.failure(
    `begin; create table public.kept (); commit; select nonsense`,
  )
  expect(committed.message).toMatch(/Statements 1 to 3 \(line 1\) are applied/)
})

test('transactions of the file’s own: with options, first and later, several; none is taken apart', async () => {
  await project.migrate(`begin transaction isolation level serializable;
    create table public.isolated (level text default current_setting('transaction_isolation'));
    insert into public.isolated default values;
    commit;`)
  await project.migrate(`-- a comment
    insert into public.isolated values ('plain');
    commit;
    start transaction isolation level repeatable read;
    insert into public.isolated default values;
    end;
    begin; select 1; rollback;
    create index concurrently isolated_i on public.isolated (level);`)
  expect(await project.rows('select level from public.isolated order by 1')).toEqual([
    { level: 'plain' },
    { level: 'repeatable read' },
    { level: 'serializable' },
  ])
  const inside = await project.failure(`begin;
    create index concurrently inside on public.a (id);
    commit;`)
  expect(inside.message).toMatch(
    /line 2 .*\nThis statement allows no transaction, and stands in one/,
  )
  const open = await project.failure('begin; create table public.lost ();')
  expect(open.message).toMatch(/leaves a transaction open/)
})

test('a lock, a cursor and a local setting hold for the file, also as its first statement', async () => {
  await project.migrate('lock table public.a; select 1')
  await project.migrate(`set local statement_timeout = '7s';
    insert into public.c values (current_setting('statement_timeout'))`)
  expect(await project.rows(`select timeout from public.c where timeout = '7s'`)).toHaveLength(1)
})

test('seeds and roles.sql the same', async () => {
  project.write(
    'seed.sql',
    'insert into public.a values (11, 11); vacuum public.a; analyze public.a;',
  )
  project.write(
    'roles.sql',
    `alter role authenticated set statement_timeout = '8s'; vacuum public.a;`,
  )
  await applySeeds(project.db, listSeeds(project.workdir, ['./seed.sql']))
  await applyRoles(project.db, project.workdir)
  expect(await project.rows('select max(id) as id from public.a')).toEqual([{ id: 11 }])
  expect(await project.rows('select path from supabase_migrations.seed_files')).toHaveLength(1)
})

test('hnsw and ivfflat: an empty index stands in, can be named afterwards, and goes with its column', async () => {
  project.notices.length = 0
  await project.migrate(`create extension vector with schema extensions version '0.8.0';
    create table public.docs (id int primary key, kind text, embedding extensions.vector(3), other extensions.vector(3));
    insert into public.docs values (1, 'a', '[1,2,3]', '[1,2,3]');
    create index docs_hnsw on public.docs using hnsw (embedding extensions.vector_cosine_ops) with (m = 16, ef_construction = 64);
    create index if not exists docs_hnsw on public.docs using hnsw (embedding vector_ip_ops);
    create index concurrently "Docs ivf" on only public.docs using ivfflat (other vector_l2_ops) with (lists = 100) where kind is not null;
    create index on docs using ivfflat (embedding);
    create index docs_expression on docs using hnsw ((embedding::extensions.vector(3)) vector_cosine_ops);
    comment on index docs_hnsw is 'fast';
    create index docs_kind on public.docs (kind);`)
  expect(await indexes('public.docs')).toEqual([
    '"Docs ivf"',
    'docs_embedding_idx',
    'docs_expression',
    'docs_hnsw',
    'docs_kind',
    'docs_pkey',
  ])
  expect(project.notices).toHaveLength(5)
  expect(project.notices[0]).toBe(
    'supabase/migrations/013_test.sql, line 4: index "docs_hnsw" holds nothing: hnsw needs a real pgvector, and what stands in for it looks at every row',
  )
  expect(
    await project.rows(
      `select id from public.docs order by embedding operator(extensions.<=>) '[1,2,3]' limit 1`,
    ),
  ).toEqual([{ id: 1 }])
  await project.migrate(`alter index docs_hnsw rename to docs_renamed; drop index docs_renamed;
    alter table public.docs drop column embedding, drop column other;`)
  expect(await indexes('public.docs')).toEqual(['docs_kind', 'docs_pkey'])
})

test('inside EXECUTE an index of pgvector is what Postgres says of it', async () => {
  const error = await project.failure(
    `do $$ begin execute 'create index on public.docs using hnsw (kind)'; end $$`,
  )
  expect(error.message).toMatch(/access method "hnsw" does not exist/)
})

test('an extension that is not there: file, line, and the three ways out', async () => {
  const error = await project.failure(
    `select 1;\n\n-- maps\ncreate extension if not exists postgis schema extensions version '3.3.7';`,
  )
  expect(error.place).toMatchObject({ line: 4, statement: 2 })
  expect(error.message).toMatch(
    /_test.sql, line 4 \(statement 2\): extension "postgis" is not on this server, .*\nThree ways out: .*basalt\.db\.binaries.*basalt\.db\.extension_paths.*--db-url.*leave the statement out/,
  )
  expect((await project.failure('create extension plperl')).message).toMatch(
    /could not (load library|access file)[\s\S]*a library that they need is not/,
  )
})

test('versions of dumps do not fail', async () => {
  await project.migrate(`create extension if not exists "pgmq" version '1.4.4';
    create extension if not exists "pg_trgm" with schema extensions version '1.9';
    create extension citext schema extensions version '1.5';
    alter extension citext update;
    alter extension pg_trgm update to '1.99';
    create extension hstore; alter extension hstore set schema extensions;`)
  expect(
    await project.rows(`select extname, extversion, extnamespace::regnamespace::text as schema
      from pg_extension where extname in ('pgmq', 'pg_trgm', 'hstore') order by 1`),
  ).toEqual([
    { extname: 'hstore', extversion: '1.8', schema: 'extensions' },
    { extname: 'pg_trgm', extversion: '1.6', schema: 'extensions' },
    { extname: 'pgmq', extversion: '1.4.4', schema: 'pgmq' },
  ])
})

const dump = `
--
-- PostgreSQL database dump
--

\\restrict aBcD3fgh

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET session_replication_role = replica;

CREATE SCHEMA IF NOT EXISTS "extensions";
ALTER SCHEMA "public" OWNER TO "pg_database_owner";
COMMENT ON SCHEMA "public" IS 'standard public schema';
CREATE EXTENSION IF NOT EXISTS "pg_graphql" WITH SCHEMA "graphql";
CREATE EXTENSION IF NOT EXISTS "pg_stat_statements" WITH SCHEMA "extensions";
CREATE EXTENSION IF NOT EXISTS "pgcrypto" WITH SCHEMA "extensions";
CREATE EXTENSION IF NOT EXISTS "supabase_vault" WITH SCHEMA "vault";
CREATE EXTENSION IF NOT EXISTS "pgjwt" WITH SCHEMA "extensions";
SET default_tablespace = '';
SET default_table_access_method = "heap";
CREATE TABLE IF NOT EXISTS "public"."people" (
    "id" bigint NOT NULL,
    "name" text DEFAULT ''::text NOT NULL,
    "data" jsonb,
    "bytes" bytea,
    "length" int GENERATED ALWAYS AS (length(name)) STORED
);
ALTER TABLE "public"."people" OWNER TO "postgres";
ALTER TABLE "public"."people" ALTER COLUMN "id" ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME "public"."people_id_seq");
COPY public.people (id, name, data, bytes) FROM stdin;
1\tAda; Lovelace\t{"a": "x\\\\ny"}\t\\\\x00ff
2\ttab\\there\\\\ and \\u00e9 — 'quoted'\t\\N\t\\N
3\t\t[]\t\\N
\\.


COPY "public"."people" ("id", "name") FROM stdin;
\\.

SELECT pg_catalog.setval('public.people_id_seq', 3, true);
ALTER TABLE ONLY "public"."people" ADD CONSTRAINT "people_pkey" PRIMARY KEY ("id");
CREATE POLICY "all" ON "public"."people" USING (true);
ALTER TABLE "public"."people" ENABLE ROW LEVEL SECURITY;
ALTER PUBLICATION "supabase_realtime" OWNER TO "postgres";
ALTER PUBLICATION supabase_realtime ADD TABLE "public"."people";
REVOKE USAGE ON SCHEMA "public" FROM PUBLIC;
GRANT USAGE ON SCHEMA "public" TO "postgres";
GRANT USAGE ON SCHEMA "public" TO "anon";
GRANT ALL ON TABLE "public"."people" TO "anon" GRANTED BY "postgres";
CREATE ROLE "runner_app" LOGIN;
GRANT "runner_app" TO "authenticator";
ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" GRANT ALL ON TABLES TO "service_role";
RESET ALL;

\\unrestrict aBcD3fgh
`

test('a dump is replayed: header, psql’s lines, rows of COPY, owners, grants, publication', async () => {
  await project.migrate(dump)
  expect(
    await project.rows('select id, name, data, bytes::text, length from public.people order by id'),
  ).toEqual([
    { id: 1, name: 'Ada; Lovelace', data: { a: 'x\ny' }, bytes: String.raw`\x00ff`, length: 13 },
    { id: 2, name: `tab\there\\ and u00e9 — 'quoted'`, data: null, bytes: null, length: 30 },
    { id: 3, name: '', data: [], bytes: null, length: 0 },
  ])
  await project.migrate('revoke runner_app from authenticator; drop role runner_app')
  const [{ text } = { text: '' }] = await project.rows<{ text: string }>(
    `select array_to_string(statements, ';') as text from supabase_migrations.schema_migrations order by version desc offset 1 limit 1`,
  )
  expect(text).toContain('1\tAda; Lovelace\t')
})

test('what data dumps and seeds refer to is there: pgsodium’s sequence, all that follows auth.users', async () => {
  await project.migrate(`
    SELECT pg_catalog.setval('"pgsodium"."key_key_id_seq"', 7, true);
    truncate auth.users cascade;`)
  expect(await project.rows('select last_value::int as n from pgsodium.key_key_id_seq')).toEqual([
    { n: 7 },
  ])
})

test.each([
  [`select 1;\n\\copy a from 'x'`, /line 2 \(statement 2\): Commands that begin with a backslash/],
  ['\\i other.sql', /Commands that begin with a backslash/],
  ['copy public.a from stdin with (format csv);\n1,2\n\\.\n', /in its text format only/],
  ['copy public.a from stdin;', /follow it in the file/],
  ['copy public.a (id, n) from stdin;\n1\tx\n\\.\n', /invalid input syntax for type integer/],
  [`security label for pgsodium on column public.a.n is 'x'`, /Nothing here would encrypt/],
  ['alter table public.a owner to supabase_admin', /the platform’s|the platform's/],
  [
    'alter default privileges for role supabase_admin in schema public grant all on tables to anon',
    /the platform's/,
  ],
])('refused with what to do: %s', async (text, reason) => {
  expect((await project.failure(text)).message).toMatch(reason)
})

test('triggers of the platform that a pulled schema names are left as they are', async () => {
  const before = project.notices.length
  await project.migrate(`create function public.own() returns trigger language plpgsql as $$ begin return new; end $$;
      CREATE TRIGGER update_objects_updated_at BEFORE UPDATE ON storage.objects FOR EACH ROW EXECUTE FUNCTION storage.update_updated_at_column();
      CREATE TRIGGER protect_objects_delete BEFORE DELETE ON storage.objects FOR EACH STATEMENT EXECUTE FUNCTION storage.protect_delete();
      CREATE TRIGGER objects_delete_delete_prefix AFTER DELETE ON storage.objects FOR EACH ROW EXECUTE FUNCTION storage.delete_prefix_hierarchy_trigger();
      CREATE TRIGGER prefixes_create_hierarchy BEFORE INSERT ON storage.prefixes FOR EACH ROW WHEN ((pg_trigger_depth() < 1)) EXECUTE FUNCTION storage.prefixes_insert_trigger();
      create trigger own before insert on storage.objects for each row execute function public.own();`)
  expect(
    await project.rows(`select tgname from pg_trigger
        where tgrelid = 'storage.objects'::regclass and not tgisinternal order by tgname`),
  ).toEqual([
    { tgname: 'own' },
    { tgname: 'protect_objects_delete' },
    { tgname: 'update_objects_updated_at' },
  ])
  expect(project.notices.slice(before)).toHaveLength(4)
})
