/** Extensions on the embedded Postgres as a project has them: jobs, requests and secrets of the role postgres. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestFolder } from '#testing'
import { defineConfig } from '#base/config'
import { decodeRows, openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { freePort } from '#host/node/postgres'
import { openLocalPlatform } from './open-local-platform.ts'
import type { LocalPlatform } from './open-local-platform.ts'

const rootKey = 'ab'.repeat(32)
const workdir = makeTestFolder()
let local: LocalPlatform
let db: Database

const rows = async <T = Record<string, unknown>>(text: string): Promise<T[]> =>
  decodeRows<T>(await db.execute({ name: 'test.rows', text, values: [] }))

async function open(): Promise<void> {
  const config = defineConfig({ 'db.port': await freePort(), 'db.root_key': rootKey })
  local = await openLocalPlatform({ workdir, config })
  db = openDatabase({ connection: parseConnectionUrl(local.databaseUrl), maxConnections: 2 })
}

beforeAll(async () => {
  const migrations = join(workdir, 'supabase', 'migrations')
  mkdirSync(migrations, { recursive: true })
  writeFileSync(
    join(migrations, '20260101000000_extensions.sql'),
    `create extension if not exists "supabase_vault" with schema "vault";
    create extension if not exists "pg_graphql" with schema "graphql";
    create extension if not exists "pgjwt" with schema "extensions";
    create extension if not exists "pgsodium" with schema "pgsodium";
    create extension if not exists vector with schema extensions version '0.8.0';
    create extension if not exists pg_net with schema extensions;
    create extension if not exists pg_cron with schema pg_catalog;
    create table public.documents (id int primary key, embedding extensions.vector(3));
    create table public.ran (who text);
    create table public.reached (who text); grant all on public.reached to public;
    create function public.note() returns event_trigger language plpgsql as $$ begin
      insert into public.reached values (current_user); end $$;
    create event trigger noted on ddl_command_end execute function public.note();
    select vault.create_secret('a secret', 'name');
    select cron.schedule('job', '1 second', $$insert into public.ran values (session_user)$$);`,
  )
  await open()
})
afterAll(async () => {
  await db.close()
  await local.close()
  rmSync(workdir, { recursive: true, force: true })
})

test('jobs run as the role that made them', async () => {
  await expect
    .poll(() => rows('select distinct who from public.ran'))
    .toEqual([{ who: 'postgres' }])
})

test('requests are sent', async () => {
  const [queued] = await rows<{ id: number }>(`select net.http_get('http://127.0.0.1:1/') as id`)
  await expect
    .poll(() => rows(`select error_msg from net._http_response where id = ${queued?.id ?? 0}`))
    .toEqual([{ error_msg: "Couldn't connect to server" }])
})

test('secrets and jobs are there after the next start, the key in a file of Postgres alone', async () => {
  await db.close()
  await local.close()
  await open()
  expect(await rows('select decrypted_secret from vault.decrypted_secrets')).toEqual([
    { decrypted_secret: 'a secret' },
  ])
  await rows('delete from public.ran')
  await expect
    .poll(() => rows('select distinct who from public.ran'))
    .toEqual([{ who: 'postgres' }])
  const keyFile = join(workdir, 'supabase', '.temp', 'pgdata', 'pgsql_tmp.vault.key')
  expect(readFileSync(keyFile, 'utf8')).toBe(rootKey)
  expect(statSync(keyFile).mode & 0o077).toBe(0)
})

test('what was made beforehand may be dropped by the project', async () => {
  await rows('drop extension supabase_vault cascade')
  await rows('drop extension if exists pg_graphql')
  expect(
    await rows(
      `select extname from pg_extension where extname in ('supabase_vault', 'pg_graphql')`,
    ),
  ).toEqual([])
})

test('a project’s event trigger fires for the project, and for no superuser', async () => {
  await rows('create table public.noted ()')
  await rows('create extension citext')
  expect(await rows('select distinct who from public.reached')).toEqual([{ who: 'postgres' }])
  // people who log in as the superuser
  expect(
    await rows(`select setconfig::text from pg_db_role_setting where setrole = 'supabase_admin'::regrole
      and setdatabase = 0 and setconfig @> '{event_triggers=off}'`),
  ).toHaveLength(1)
})
