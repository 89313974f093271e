/** A database that an older GoTrue has migrated is checked, taken over by additions, and stays GoTrue's. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import bcrypt from 'bcryptjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import { decodeRows, openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { checkAdoption } from '#host/platform'
import { createTestDatabase, executeDirectly } from '#testing'
import { openLocalPlatform } from './open-local-platform.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Database
const workdir = mkdtempSync(join(tmpdir(), 'basalt adopt '))
const user = '5f0ac1d5-6e5a-4c3e-9d3f-1b7f6a1f9f11'

const values = async (text: string): Promise<unknown[]> => {
  const rows = decodeRows(await db.execute({ name: 'test.values', text, values: [] }))
  return rows.map((row) => Object.values(row as object)[0])
}

/** Takes away what GoTrue did not have in June 2024, and everything of ours. */
const olden = [
  'drop schema basalt, basalt_rights, realtime, storage cascade',
  'alter table auth.sessions drop column oauth_client_id, drop column scopes, drop column refresh_token_hmac_key, drop column refresh_token_counter',
  `drop table auth.oauth_consents, auth.oauth_authorizations, auth.oauth_clients, auth.oauth_client_states,
    auth.custom_oauth_providers, auth.webauthn_credentials, auth.webauthn_challenges`,
  'drop type auth.oauth_registration_type, auth.oauth_client_type, auth.oauth_authorization_status, auth.oauth_response_type',
  `alter table auth.mfa_factors drop column phone, drop column last_challenged_at, drop column web_authn_credential,
    drop column web_authn_aaguid, drop column last_webauthn_challenge_data`,
  'alter table auth.mfa_challenges drop column otp_code, drop column web_authn_session_data',
  `alter table auth.flow_state drop column invite_token, drop column referrer, drop column oauth_client_state_id,
    drop column linking_target_id, drop column email_optional, alter column auth_code set not null`,
  'alter table auth.sso_providers drop column disabled',
  `delete from auth.schema_migrations where version > '20240612123726'`,
  `insert into auth.users (id, instance_id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
    values ('${user}', '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', 'old@example.com',
      '${bcrypt.hashSync('old password', 4)}', now(), '{"provider":"email","providers":["email"]}', '{}')`,
]
const state = `select relname || '.' || attname || attnotnull || format_type(atttypid, null)
  from pg_attribute join pg_class on pg_class.oid = attrelid
  where relnamespace = 'auth'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped order by 1`

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase({ connection: parseConnectionUrl(database.url), maxConnections: 1 })
  mkdirSync(join(workdir, 'supabase'))
})
afterAll(async () => {
  await db.close()
  await database.drop()
  rmSync(workdir, { recursive: true, force: true })
})

test('is checked without a change, then adopted: tables as ours, old users sign in', async () => {
  const ours = await values(state)
  await executeDirectly(database.url, ...olden)
  const old = await values(state)
  const report = await checkAdoption(database.url)
  expect(report).toMatchObject({
    gotrue: '20240612123726',
    blocks: [],
    counts: { 'auth.users': 1 },
  })
  expect(report.changes).toEqual(
    expect.arrayContaining([
      '+ column auth.mfa_factors.phone',
      '+ table auth.oauth_clients',
      '~ column auth.flow_state.auth_code',
      '+ schema basalt',
    ]),
  )
  expect(report.changes.filter((change) => change.startsWith('-'))).toEqual([])
  expect(await values(state)).toEqual(old)

  const config = defineConfig({ 'basalt.db_url': database.url })
  const local = await openLocalPlatform({ workdir, config })
  const { platform } = local
  try {
    const response = await platform.fetch('http://localhost/auth/v1/token?grant_type=password', {
      method: 'POST',
      headers: { apikey: platform.keys.anonKey, 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'old@example.com', password: 'old password' }),
    })
    expect(await response.json()).toMatchObject({ user: { id: user } })
  } finally {
    await local.close()
  }
  expect(await values(state)).toEqual(ours)
  // so that GoTrue, started on it again, runs none of its migrations on tables that have them
  const versions = 'select count(*)::int from auth.schema_migrations'
  expect(await values(versions)).toEqual([70])
  expect((await checkAdoption(database.url)).changes).toEqual([])
})

test('a database that went back without what is ours is taken over again', async () => {
  await executeDirectly(database.url, 'drop schema basalt, basalt_rights cascade')
  expect((await checkAdoption(database.url)).blocks).toEqual([])
  const config = defineConfig({ 'basalt.db_url': database.url })
  const local = await openLocalPlatform({ workdir, config })
  const { platform } = local
  const headers = { authorization: `Bearer ${platform.keys.serviceRoleKey}` }
  const buckets = await platform.fetch('http://localhost/storage/v1/bucket', { headers })
  await local.close()
  expect(await buckets.json()).toEqual([])
})

/** What Realtime had in May 2024, made as a superuser. */
const oldRealtime = [
  'drop schema basalt, basalt_rights cascade',
  'delete from realtime.schema_migrations where version > 20240523004032',
  'drop function realtime.check_equality_op, realtime.apply_rls, realtime.list_changes, realtime.send_binary',
  'alter table realtime.subscription drop column action_filter, drop column selected_columns',
  'alter type realtime.user_defined_filter drop attribute negate cascade',
  'drop table realtime.messages',
  `create table realtime.messages (id bigserial primary key, topic text not null, extension text not null,
    inserted_at timestamp(0) not null, updated_at timestamp(0) not null)`,
  'alter table realtime.messages enable row level security',
  `create policy "the room's" on realtime.messages for select to anon, authenticated using (realtime.topic() = 'room')`,
  'alter table realtime.subscription owner to current_user',
  'alter type realtime.equality_op owner to current_user',
]
const realtimeState = `select format('%s %s %s', relname, attname, format_type(atttypid, null))
  from pg_attribute join pg_class on pg_class.oid = attrelid
  where relnamespace = 'realtime'::regnamespace and relkind in ('r', 'p', 'c') and attnum > 0 and not attisdropped
  union select oid::regprocedure::text from pg_proc where pronamespace = 'realtime'::regnamespace
  union select pg_get_userbyid(relowner) from pg_class where relnamespace = 'realtime'::regnamespace order by 1`

test('an older Realtime is brought up to date, and the policies on its messages stay', async () => {
  const ours = await values(realtimeState)
  await executeDirectly(database.url, ...oldRealtime)
  expect((await checkAdoption(database.url)).blocks).toEqual([])
  const config = defineConfig({ 'basalt.db_url': database.url })
  const local = await openLocalPlatform({ workdir, config })
  await local.close()
  expect(await values(realtimeState)).toEqual(ours)
  expect(await values('select count(*)::int from realtime.schema_migrations')).toEqual([81])
  const policies = `select format('%s %s %s', policyname, roles, qual) from pg_policies where tablename = 'messages'`
  expect(await values(policies)).toEqual([
    `the room's {anon,authenticated} (realtime.topic() = 'room'::text)`,
  ])
})

test('what belongs to another role, or is too old, blocks with the remedy', async () => {
  await executeDirectly(database.url, 'alter table auth.sessions owner to postgres')
  const { blocks, changes } = await checkAdoption(database.url)
  expect(changes).toEqual([])
  expect(blocks).toContainEqual({
    level: 'missing',
    message: 'table auth.sessions belongs to postgres, not to supabase_auth_admin',
    remedy: 'alter table auth.sessions owner to supabase_auth_admin;',
  })
  await executeDirectly(
    database.url,
    'alter table auth.sessions owner to supabase_auth_admin',
    'drop schema basalt, basalt_rights, realtime, storage cascade',
    'alter table auth.identities rename column provider_id to other',
  )
  const old = await checkAdoption(database.url)
  expect(old.blocks.map(({ message }) => message)).toEqual([
    'the tables of auth are older than 2023-11-17 (GoTrue before 20231117164230)',
  ])
})
