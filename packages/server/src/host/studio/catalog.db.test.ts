import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Relation } from '#host/studio/catalog'
import { openStudioFixture } from './studio.fixture.ts'
import type { StudioFixture } from './studio.fixture.ts'

let studio: StudioFixture
beforeAll(async () => {
  studio = await openStudioFixture()
  await studio.sql.script(`
    create type mood as enum ('sad', 'ok', 'happy');
    create domain price as numeric(10, 2) check (value >= 0);
    create table owners (id uuid primary key default gen_random_uuid(), name text not null unique);
    comment on table owners is 'who has <b>it</b>';
    create table pets (
      id bigint generated always as identity primary key, owner uuid not null references owners on delete cascade,
      mood mood not null default 'ok', moods mood[], cost price, data jsonb, name text not null,
      shout text generated always as (upper(name)) stored, unique (owner, name), check (name <> '')
    );
    create index pets_mood on pets (mood) where cost is null;
    alter table pets enable row level security;
    create policy mine on pets for select to authenticated using (owner = auth.uid());
    create view happy as select id, name from pets where mood = 'happy';
    create table "weird ""name" ("a b" int not null unique, "<script>" text);
    create table days (day date not null, n int) partition by range (day);
    create table days_1 partition of days for values from ('2026-01-01') to ('2026-02-01');
    insert into days select '2026-01-02', n from generate_series(1, 500) n;
    insert into owners (name) values ('x');
    analyze days; analyze owners;
  `)
})
afterAll(() => studio.close())

interface Listed {
  readonly oid: number
  readonly schema: string
  readonly name: string
}

test('lists relations with their kind, security and estimates; system schemas only when asked for', async () => {
  const { body } = await studio.ask<{ schemas: string[]; relations: Listed[] }>('GET', 'catalog')
  const found = (name: string): object | undefined =>
    body.relations.find((other) => other.schema === 'public' && other.name === name)
  expect(body.schemas[0]).toBe('public')
  expect(body.schemas).toContain('auth')
  expect(body.schemas).not.toContain('basalt')
  expect(body.relations.filter(({ schema }) => /^pg_|^basalt|^information/.test(schema))).toEqual(
    [],
  )
  expect(found('pets')).toMatchObject({
    kind: 'table',
    rls_enabled: true,
    policies: 1,
    estimated_rows: null,
  })
  expect(found('owners')).toMatchObject({ estimated_rows: 1, comment: 'who has <b>it</b>' })
  expect(found('happy')).toMatchObject({ kind: 'view', estimated_rows: null })
  expect(found('days')).toMatchObject({ kind: 'partitioned', estimated_rows: 500 })
  expect(found('days_1')).toMatchObject({ partition_of: await studio.oid('days') })
  const one = await studio.ask<{ relations: Listed[] }>('GET', 'catalog?schema=storage')
  expect(new Set(one.body.relations.map(({ schema }) => schema))).toEqual(new Set(['storage']))
})

test('says of each column its type, values, default and whether it can be written', async () => {
  const { body } = await studio.ask<Relation>(
    'GET',
    `catalog/relations/${await studio.oid('pets')}`,
  )
  const column = (name: string): object | undefined => body.columns.find((c) => c.name === name)
  expect(column('id')).toMatchObject({ type: 'bigint', identity: 'always', updatable: false })
  expect(column('mood')).toMatchObject({
    enum_values: ['sad', 'ok', 'happy'],
    default: "'ok'::public.mood",
    nullable: false,
  })
  expect(column('moods')).toMatchObject({ is_array: true, enum_values: ['sad', 'ok', 'happy'] })
  expect(column('cost')).toMatchObject({
    type: 'public.price',
    base_type: 'numeric',
    category: 'N',
  })
  expect(column('shout')).toMatchObject({ generated: 'stored', updatable: false, default: null })
  expect(body).toMatchObject({
    primary_key: ['id'],
    key: ['id'],
    foreign_keys: [
      { columns: ['owner'], to_table: 'owners', to_columns: ['id'], on_delete: 'cascade' },
    ],
    policies: [{ name: 'mine', command: 'SELECT', roles: ['authenticated'], permissive: true }],
  })
  expect(body.indexes.find(({ name }) => name === 'pets_mood')).toMatchObject({ unique: false })
  const owners = await studio.ask<Relation>(
    'GET',
    `catalog/relations/${await studio.oid('owners')}`,
  )
  expect(owners.body.referenced_by).toMatchObject([{ from_table: 'pets', columns: ['owner'] }])
})

test('a definition makes the same table again', async () => {
  const read = async (name: string) =>
    (
      await studio.ask<Relation & { definition: string }>(
        'GET',
        `catalog/relations/${await studio.oid(name)}`,
      )
    ).body
  for (const [name, kind] of [
    ['pets', 'table'],
    ['days', 'table'],
    ['"weird ""name"', 'table'],
    ['owners', 'table'],
    ['happy', 'view'],
  ]) {
    const before = await read(name as string)
    await studio.sql.script(`drop ${kind} ${name} cascade; ${before.definition}`)
    const after = await read(name as string)
    expect(after.definition, name).toBe(before.definition)
    if (name === 'pets')
      await studio.sql.script(`create view happy as select id, name from pets where mood = 'happy'`)
    if (name === 'owners')
      await studio.sql.script(
        'alter table pets add constraint pets_owner_fkey foreign key (owner) references owners on delete cascade',
      )
  }
})

test('what has no primary key is told apart by a unique index, or not at all', async () => {
  const keyOf = async (name: string) =>
    (await studio.ask<Relation>('GET', `catalog/relations/${await studio.oid(name)}`)).body.key
  expect(await keyOf('"weird ""name"')).toEqual(['a b'])
  expect(await keyOf('days')).toBeNull()
})

test('an unknown or foreign number is no relation', async () => {
  for (const oid of ['1', '99999999999', 'x', '2619.1', "1' or '1"])
    expect(await studio.ask('GET', `catalog/relations/${encodeURIComponent(oid)}`)).toMatchObject({
      status: 404,
      body: { code: 'studio_relation_not_found' },
    })
})

test('names and the drawing of a schema', async () => {
  const names = await studio.askAs<
    { schema: string; relations: { name: string }[]; functions: object[] }[]
  >('read-only', 'GET', 'catalog/names')
  const auth = names.body.find(({ schema }) => schema === 'auth')
  expect(auth?.functions).toContainEqual({ name: 'uid', arguments: '', returns: 'uuid' })
  expect(names.body[0]?.relations.map(({ name }) => name)).toContain('weird "name')
  const drawn = await studio.ask<{ name: string; foreign_keys: object[] }[]>(
    'GET',
    'catalog/diagram',
  )
  expect(drawn.body.find(({ name }) => name === 'pets')?.foreign_keys).toMatchObject([
    { columns: ['owner'], to_table: 'owners' },
  ])
  expect(drawn.body.map(({ name }) => name)).not.toContain('days_1')
})

test('lists of what else there is, empty where extensions are not made', async () => {
  await studio.sql.script(`
    create function public.up(v text) returns text language sql immutable as 'select upper(v)';
    create function public.hook() returns trigger language plpgsql as 'begin return new; end';
    create trigger hook before insert on owners for each row execute function public.hook();
    create publication of_owners for table owners;
    select vault.create_secret('top secret', 'key of <b>', 'for tests');
  `)
  const list = async (name: string) =>
    (await studio.askAs<Record<string, unknown>[]>('read-only', 'GET', `catalog/${name}`)).body
  expect((await list('functions')).find(({ name }) => name === 'up')).toMatchObject({
    arguments: 'v text',
    volatility: 'immutable',
    callable_by: expect.arrayContaining(['public', 'anon']) as string[],
  })
  expect((await list('triggers')).map(({ name }) => name)).toContain('hook')
  expect((await list('enums?schema=public'))[0]).toMatchObject({
    name: 'mood',
    values: ['sad', 'ok', 'happy'],
  })
  expect((await list('extensions'))[0]?.['installed_version']).not.toBeNull()
  expect((await list('roles')).find(({ name }) => name === 'service_role')).toMatchObject({
    bypasses_rls: true,
  })
  expect((await list('publications')).find(({ name }) => name === 'of_owners')).toMatchObject({
    tables: ['public.owners'],
  })
  expect((await list('indexes?schema=public')).map(({ name }) => name)).toContain('pets_pkey')
  expect(await list('cron')).toEqual({ available: false, jobs: [], runs: [] })
  expect(await list('queues')).toEqual({ available: false, queues: [] })
  expect(await list('webhooks')).toMatchObject({ available: true, deliveries: [] })
  const vault = (await list('vault')) as unknown as { secrets: { id: string; name: string }[] }
  expect(vault.secrets).toMatchObject([{ name: 'key of <b>', description: 'for tests' }])
  expect(JSON.stringify(vault)).not.toContain('top secret')
  const id = vault.secrets[0]?.id
  expect(await studio.askAs('developer', 'POST', `catalog/vault/${id}/reveal`)).toMatchObject({
    status: 403,
  })
  expect(await studio.ask('POST', `catalog/vault/${id}/reveal`)).toMatchObject({
    body: { value: 'top secret' },
  })
  expect(await studio.audit()).toContain(`vault.reveal {"id":"${id}"}`)
  for (const unknown of ['x', '00000000-0000-4000-8000-000000000000'])
    expect(await studio.ask('POST', `catalog/vault/${unknown}/reveal`)).toMatchObject({
      status: 404,
      body: { code: 'studio_secret_not_found' },
    })
})

test('slots with how far they are behind', async () => {
  await studio.sql.rows(
    `select pg_create_logical_replication_slot('studio_lag', 'pgoutput')`,
    'supabase_admin',
  )
  try {
    await studio.sql.script(
      'create table wal (t text); insert into wal select repeat(n::text, 200) from generate_series(1, 200) n',
    )
    const { body } = await studio.ask<{ name: string; lag_bytes: number; active: boolean }[]>(
      'GET',
      'catalog/slots',
    )
    const slot = body.find(({ name }) => name === 'studio_lag')
    expect(slot).toMatchObject({ active: false })
    expect(slot?.lag_bytes).toBeGreaterThan(50_000)
  } finally {
    await studio.sql.rows(`select pg_drop_replication_slot('studio_lag')`, 'supabase_admin')
  }
})

test('jobs with their runs, queues with what waits in them', async () => {
  for (const name of ['pg_cron', 'pgmq', 'pg_net'])
    await studio.sql.script(`create extension ${name}`, 'supabase_admin')
  await studio.sql.script(
    `
    select cron.schedule('nightly', '0 3 * * *', 'select 1');
    insert into cron.job_run_details (jobid, status, return_message, start_time, end_time, username)
      select jobid, 'failed', 'division by zero', now() - interval '2 s', now(), username from cron.job;
  `,
    'supabase_admin',
  )
  await studio.sql.script(
    `select pgmq.create('Mail'); select pgmq.send('Mail', '{}'); select pgmq.send('Mail', '{}', 60)`,
  )
  expect((await studio.ask('GET', 'catalog/cron')).body).toMatchObject({
    available: true,
    jobs: [{ name: 'nightly', schedule: '0 3 * * *', active: true }],
    runs: [{ status: 'failed', message: 'division by zero', ms: 2000 }],
  })
  expect((await studio.ask('GET', 'catalog/queues')).body).toMatchObject({
    available: true,
    queues: [{ messages: 2, visible: 1 }],
  })
  await studio.sql.script(`
    create trigger told after insert on owners for each row
      execute function supabase_functions.http_request('http://127.0.0.1:1/', 'POST', '{}', '{}', '1000');
    insert into owners (name) values ('told');
    insert into net._http_response (id, status_code, content, timed_out)
      select request_id, 500, '<script>no</script>', false from supabase_functions.hooks;
  `)
  expect((await studio.ask('GET', 'catalog/webhooks')).body).toMatchObject({
    hooks: [{ name: 'told', table: 'owners', enabled: true }],
    deliveries: [
      { hook: 'told', table: 'owners', status_code: 500, answer: '<script>no</script>' },
    ],
  })
})
