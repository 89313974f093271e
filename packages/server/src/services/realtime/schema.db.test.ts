/** What applications' SQL does with Realtime's tables and functions, as `postgres` and as callers. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqlDatabase } from '#testing'
import type { SqlDatabase } from '#testing'

let database: SqlDatabase
beforeAll(async () => {
  database = await openSqlDatabase()
})
afterAll(() => database.close())

test('policies on messages ask for the topic, and decide who sends', async () => {
  await database.script(`
    create policy hear on realtime.messages for select to authenticated
      using (realtime.topic() like 'room:%' and realtime.messages.extension in ('broadcast', 'presence'));
    create policy say on realtime.messages for insert to authenticated with check (realtime.topic() = 'room:1');`)
  const send = (topic: string): string =>
    `select realtime.send('{"n": 1}', 'greet', '${topic}'), realtime.send_binary('\\x01', 'bytes', '${topic}', false)`
  await database.script(send('room:1'), 'authenticated')
  await database.script(send('room:2'), 'authenticated')
  expect(
    await database.rows(`select topic, event, private, extension, payload - 'id' as payload, payload ->> 'id' = id::text as named,
      encode(binary_payload, 'hex') as bytes from realtime.messages order by event desc`),
  ).toEqual([
    {
      topic: 'room:1',
      event: 'greet',
      private: true,
      extension: 'broadcast',
      payload: { n: 1 },
      named: true,
      bytes: null,
    },
    {
      topic: 'room:1',
      event: 'bytes',
      private: false,
      extension: 'broadcast',
      payload: null,
      named: null,
      bytes: '01',
    },
  ])
  expect(database.notices.join()).toMatch(/WarnSendingBroadcastMessage: .*row-level security/)
  const heard = `select count(*) as n from realtime.messages, (select set_config('realtime.topic', 'room:1', true)) as t`
  expect(await database.rows(heard, 'authenticated')).toEqual([{ n: 2 }])
  expect(await database.rows(heard, 'anon')).toEqual([{ n: 0 }])
  // a partition has no policies
  const [{ name }] = (await database.rows(
    `select tableoid::regclass::text as name from realtime.messages limit 1`,
  )) as [{ name: string }]
  expect(await database.refusal(`select from ${name}`, 'authenticated')).toMatch(/^42501/)
})

test('changes of rows are broadcast by a trigger', async () => {
  await database.script(`
    delete from realtime.messages;
    create table public.notes (id int primary key, v text);
    create function public.tell() returns trigger language plpgsql security definer as $$ begin
      perform realtime.broadcast_changes('note:' || coalesce(new.id, old.id), tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
      return null; end $$;
    create trigger tell after insert or update or delete on public.notes for each row execute function public.tell();
    insert into public.notes values (1, 'a'); update public.notes set v = 'b'; delete from public.notes;`)
  expect(
    await database.rows(`select payload -> 'record' ->> 'v' as new, payload -> 'old_record' ->> 'v' as old, payload ->> 'operation' as op,
      payload ->> 'table' as t, topic from realtime.messages order by payload ->> 'operation'`),
  ).toEqual([
    { new: null, old: 'b', op: 'DELETE', t: 'notes', topic: 'note:1' },
    { new: 'a', old: null, op: 'INSERT', t: 'notes', topic: 'note:1' },
    { new: 'b', old: 'a', op: 'UPDATE', t: 'notes', topic: 'note:1' },
  ])
  expect(
    await database.refusal(
      `select realtime.broadcast_changes('t', 'e', 'TRUNCATE', 'x', 'public', null::record, null::record)`,
    ),
  ).toMatch(/^P0001 Failed to process the row: Unexpected operation type: TRUNCATE/)
})

test('days are made ahead and dropped after three, by nobody but their keeper', async () => {
  const days = (): Promise<{ day: number }[]> =>
    database.rows(`select to_date(substr(relname, 10), 'YYYY_MM_DD') - (now() at time zone 'utc')::date as day
      from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'realtime.messages'::regclass order by 1`)
  const made = [-1, 0, 1, 2, 3].map((day) => ({ day }))
  expect(await days()).toEqual(made)
  for (const ago of [4, 3])
    await database.script(
      `do $$ declare day date = (now() at time zone 'utc')::date - ${ago}; begin execute format(
      'create table realtime.messages_%s partition of realtime.messages for values from (%L) to (%L)',
      to_char(day, 'YYYY_MM_DD'), day, day + 1); end $$`,
      'supabase_realtime_admin',
    )
  expect(
    await database.refusal(`select realtime.basalt_keep_partitions()`, 'service_role'),
  ).toMatch(/^42501/)
  await database.script(`select realtime.basalt_keep_partitions(4)`, 'supabase_realtime_admin')
  expect(await days()).toEqual([{ day: -3 }, ...made, { day: 4 }])
})

test('publications are there, and are the project’s to change', async () => {
  await database.script(`
    alter publication supabase_realtime add table public.notes;
    drop publication if exists supabase_realtime;
    create publication supabase_realtime;
    alter publication supabase_realtime add table only public.notes;`)
  // made when it is first needed, as by the original service: dumps make it too
  await database.script(`
    create publication supabase_realtime_messages_publication with (publish = 'insert, update, delete, truncate');
    alter publication supabase_realtime_messages_publication owner to postgres;
    alter publication supabase_realtime_messages_publication add table only realtime.messages;`)
  expect(
    await database.rows(`select pubname, prrelid::regclass::text as t from pg_publication_rel
      join pg_publication on pg_publication.oid = prpubid order by 1`),
  ).toEqual([
    { pubname: 'supabase_realtime', t: 'notes' },
    { pubname: 'supabase_realtime_messages_publication', t: 'realtime.messages' },
  ])
})

test('a subscription’s filters are checked; a change is shown to those who may see the row', async () => {
  const subscribe = (n: number, sub: string, filter: string, columns = 'null'): string =>
    `insert into realtime.subscription (subscription_id, entity, claims, filters, selected_columns) values
      ('00000000-0000-4000-8000-00000000000${n}', 'public.seen', '{"role": "authenticated", "sub": "${sub}"}',
      array[${filter}]::realtime.user_defined_filter[], ${columns})`
  const one = '00000000-0000-4000-8000-000000000001'
  const two = '00000000-0000-4000-8000-000000000002'
  await database.script(`create table public.seen (id int primary key, owner uuid, v text);
    alter table public.seen enable row level security;
    create policy own on public.seen for select to authenticated using ((select auth.uid()) = owner);
    insert into public.seen values (1, '${one}', 'x')`)
  for (const [filter, reason] of [
    [`row('nope', 'eq', '1', false)`, 'invalid column for filter nope'],
    [
      `row('id', 'like', '1', false)`,
      'operator like requires a text-compatible column type, got integer',
    ],
    [`row('v', 'match', '(', false)`, 'invalid regular expression for match filter'],
    [`row('id', 'is', 'true', false)`, 'is true filter requires a boolean column, got integer'],
    [
      `row('id', 'in', '{${Array.from({ length: 101 }, (_, i) => i).join()}}', false)`,
      'Maximum 100',
    ],
  ] as const)
    expect(await database.refusal(subscribe(9, one, filter), 'supabase_realtime_admin')).toContain(
      reason,
    )
  await database.script(
    [
      subscribe(1, one, `row('v', 'eq', 'x', false)`),
      subscribe(2, two, ''),
      subscribe(3, one, `row('v', 'in', '{y,z}', true), row('id', 'gt', '0', false)`, `array['v']`),
      subscribe(4, one, `row('v', 'eq', 'y', false)`),
    ].join(';'),
    'supabase_realtime_admin',
  )
  const change = JSON.stringify({
    action: 'I',
    schema: 'public',
    table: 'seen',
    timestamp: '2026-01-01 00:00:00+00',
    pk: [{ name: 'id', type: 'integer' }],
    columns: [
      { name: 'id', type: 'integer', value: 1 },
      { name: 'owner', type: 'uuid', value: one },
      { name: 'v', type: 'text', value: 'x' },
    ],
  })
  expect(
    await database.rows(
      `select wal -> 'record' as record, wal ->> 'commit_timestamp' as at, right(subscription_ids::text, 2) as ids, errors
       from realtime.apply_rls('${change}')`,
    ),
  ).toEqual([
    { record: { id: 1, v: 'x' }, at: '2026-01-01T00:00:00.000Z', ids: '3}', errors: [] },
    {
      record: { id: 1, owner: one, v: 'x' },
      at: '2026-01-01T00:00:00.000Z',
      ids: '1}',
      errors: [],
    },
  ])
})
