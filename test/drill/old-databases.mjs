/** Databases as GoTrue, Storage and Realtime make them, with a user, a factor, an object and a policy of old. */
import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import bcrypt from 'bcryptjs'
import { readRealtimeMigrations } from './realtime-migrations.mjs'

export const password = 'old password 1'
export const totpSecret = 'JBSWY3DPEHPK3PXP'
export const realtimeMigrations =
  process.env.REALTIME === undefined ? [] : readRealtimeMigrations(process.env.REALTIME)
const realtimeUntil = process.env.REALTIME_UNTIL ?? '9'

/**
 * `run(user, database, ...texts)` on the server whose superuser is `superuser`; `folder` has GoTrue's migrations. Returns
 * `makeOld(database, files)` and `gotrue(database, files)`, which runs some of them.
 */
export async function oldDatabases({ run, superuser, folder }) {
  /** The roles and schemas that GoTrue finds on a Supabase server. */
  await run(
    superuser,
    'postgres',
    `create role postgres login createdb createrole bypassrls password 'drill';
  create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls;
  create role authenticator login noinherit password 'drill'; grant anon, authenticated, service_role to authenticator;
  create role dashboard_user nologin createrole createdb;
  create role supabase_auth_admin login noinherit createrole password 'drill';
  create role supabase_storage_admin login noinherit createrole password 'drill';
  alter role supabase_auth_admin set search_path = auth`,
  )

  async function gotrue(database, wanted) {
    for (const file of wanted) {
      const text = readFileSync(join(folder, file), 'utf8').replaceAll(
        /\{\{\s*index \.Options "Namespace"\s*\}\}/g,
        'auth',
      )
      // each statement by itself, as its migration tool sends them: none is sent in a transaction
      await run('supabase_auth_admin', database, text).catch((error) => {
        throw new Error(`${file}: ${error.message}`, { cause: error })
      })
      await run(
        'supabase_auth_admin',
        database,
        `insert into auth.schema_migrations (version) values ('${file.split('_')[0]}') on conflict do nothing`,
      )
    }
  }

  /** Storage's newest state, with a bucket and an object of old. */
  async function storage(database) {
    const source = process.env.STORAGE
    if (source === undefined) return
    await run(
      superuser,
      database,
      `create schema storage authorization supabase_storage_admin; grant create on database ${database} to supabase_storage_admin;
    grant anon, authenticated, service_role to supabase_storage_admin with admin option;
    alter role supabase_storage_admin set search_path = storage; alter role supabase_storage_admin set storage.install_roles = 'false'`,
    )
    const until = process.env.STORAGE_UNTIL ?? '9999'
    for (const file of readdirSync(source)
      .toSorted()
      .filter((name) => name.slice(0, 4) <= until)) {
      const text = readFileSync(join(source, file), 'utf8')
      await run('supabase_storage_admin', database, text).catch((error) => {
        throw new Error(`${file}: ${error.message}`, { cause: error })
      })
    }
    await run(
      'supabase_storage_admin',
      database,
      `insert into storage.buckets (id, name) values ('old', 'old');
    insert into storage.objects (bucket_id, name) values ('old', 'a/b.txt')`,
    )
  }

  async function runRealtime(database, wanted) {
    for (const { version, statements } of wanted) {
      for (const statement of statements)
        await run(superuser, database, statement).catch((error) => {
          throw new Error(`${version}: ${error.message}`, { cause: error })
        })
      await run(
        superuser,
        database,
        `insert into realtime.schema_migrations values (${version}, now())`,
      )
    }
  }

  /** Realtime's state, with a policy on a private channel and a table in the publication. It works as a superuser. */
  async function realtime(database) {
    if (realtimeMigrations.length === 0) return
    await run(
      superuser,
      database,
      `create schema realtime; grant usage on schema realtime to postgres;
    create table realtime.schema_migrations (version bigint primary key, inserted_at timestamp(0));
    create publication supabase_realtime; create table public.notes (id int primary key, title text);
    alter table public.notes owner to postgres; grant select on public.notes to anon; alter publication supabase_realtime add table public.notes`,
    )
    await runRealtime(
      database,
      realtimeMigrations.filter(({ version }) => version <= realtimeUntil),
    )
    await run(
      'postgres',
      database,
      `create policy "anybody hears rooms" on realtime.messages for select to anon
      using (realtime.topic() like 'room:%' and extension = 'broadcast')`,
    )
  }

  async function makeOld(database, wanted) {
    await run(superuser, 'postgres', `create database ${database}`)
    await run(
      superuser,
      database,
      `create schema extensions; create extension "uuid-ossp" schema extensions; create extension pgcrypto schema extensions;
    create schema auth authorization supabase_auth_admin; grant usage on schema auth to anon, authenticated, service_role, postgres;
    grant all on schema public, extensions to postgres; grant create on database ${database} to postgres;
    alter database ${database} set search_path = "$user", public, extensions`,
    )
    await run(
      'supabase_auth_admin',
      database,
      'create table if not exists auth.schema_migrations (version varchar(255) primary key)',
    )
    await gotrue(database, wanted)
    await storage(database)
    await realtime(database)
    const [user, session] = [randomUUID(), randomUUID()]
    const hash = bcrypt.hashSync(password, 10)
    await run(
      'supabase_auth_admin',
      database,
      `insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token, recovery_token,
      email_change_token_new, email_change, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
    values ('00000000-0000-0000-0000-000000000000', '${user}', 'authenticated', 'authenticated', 'old@example.com', '${hash}', now(), '', '', '', '',
      '{"provider":"email","providers":["email"]}', '{"name":"Old"}', now(), now());
    insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
    values ('${user}', '${user}', '{"sub":"${user}","email":"old@example.com"}', 'email', now(), now(), now());
    insert into auth.sessions (id, user_id, created_at, updated_at, aal) values ('${session}', '${user}', now(), now(), 'aal1');
    insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
    values ('${randomUUID()}', '${session}', now(), now(), 'password');
    insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, session_id)
    values ('00000000-0000-0000-0000-000000000000', 'oldtoken12ab', '${user}', false, now(), now(), '${session}');
    insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret)
    values ('${randomUUID()}', '${user}', 'phone app', 'totp', 'verified', now(), now(), '${totpSecret}')`,
    )
  }

  return { makeOld, gotrue }
}
