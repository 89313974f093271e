/** pgmq: messages sent, read, archived; queue tables are their maker's. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openExtensionDatabase } from './open-database.fixture.ts'
import type { ExtensionDatabase } from './open-database.fixture.ts'

let database: ExtensionDatabase
const value = async (expression: string): Promise<unknown> =>
  (await database.rows<{ v: unknown }>(`select ${expression} as v`))[0]?.v

beforeAll(async () => {
  database = await openExtensionDatabase()
  await database.script(`
    create schema if not exists "pgmq";
    create extension if not exists "pgmq" with schema "pgmq" version '1.4.4';`)
})
afterAll(() => database.close())

test('a message is sent, read once while it is invisible, and deleted', async () => {
  await database.script(`select pgmq.create('jobs')`)
  expect(await value(`pgmq.send('jobs', '{"a": 1}')`)).toBe(1)
  const read = `select msg_id, read_ct, message from pgmq.read('jobs', 30, 10)`
  expect(await database.rows(read)).toEqual([{ msg_id: 1, read_ct: 1, message: { a: 1 } }])
  expect(await database.rows(read)).toEqual([])
  expect(await database.rows(`select msg_id from pgmq.set_vt('jobs', 1, 0)`)).toEqual([
    { msg_id: 1 },
  ])
  expect(await database.rows(read)).toEqual([{ msg_id: 1, read_ct: 2, message: { a: 1 } }])
  expect(await value(`pgmq.delete('jobs', 1)`)).toBe(true)
  expect(await value(`pgmq.delete('jobs', 1)`)).toBe(false)
})

test('batches keep their order, delayed messages come later', async () => {
  await database.script(`select pgmq.create('batch')`)
  expect(
    await database.rows(
      `select v from pgmq.send_batch('batch', array['{"n": 1}', '{"n": 2}']::jsonb[]) as v`,
    ),
  ).toEqual([{ v: 1 }, { v: 2 }])
  await database.script(`select pgmq.send('batch', '{"n": 3}', 60)`)
  expect(await database.rows(`select message from pgmq.pop('batch')`)).toEqual([
    { message: { n: 1 } },
  ])
  expect(
    await database.rows(
      `select queue_length, queue_visible_length, total_messages from pgmq.metrics('batch')`,
    ),
  ).toEqual([{ queue_length: 2, queue_visible_length: 1, total_messages: 3 }])
  expect(await value(`pgmq.archive('batch', 2)`)).toBe(true)
  expect(await database.rows(`select msg_id, message from pgmq.a_batch`)).toEqual([
    { msg_id: 2, message: { n: 2 } },
  ])
  expect(
    await database.rows(`select msg_id from pgmq.read_with_poll('batch', 1, 1, 1, 10)`),
  ).toEqual([])
  expect(await value(`pgmq.purge_queue('batch')`)).toBe(1)
})

test('messages can be read by what they contain', async () => {
  await database.script(
    `select pgmq.create('kinds'); select pgmq.send_batch('kinds', array['{"kind": "a"}', '{"kind": "b"}']::jsonb[])`,
  )
  expect(
    await database.rows(`select msg_id from pgmq.read('kinds', 30, 5, '{"kind": "b"}')`),
  ).toEqual([{ msg_id: 2 }])
})

test('the tables belong to whoever made the queue', async () => {
  await database.script(`
    alter table pgmq.q_jobs enable row level security;
    create policy own on pgmq.q_jobs for select to authenticated using (true);`)
  expect(
    await database.rows(
      `select tableowner from pg_tables where schemaname = 'pgmq' and tablename in ('q_jobs', 'a_jobs')`,
    ),
  ).toEqual([{ tableowner: 'postgres' }, { tableowner: 'postgres' }])
  expect(
    await database.rows(
      `select proowner::regrole::text as owner from pg_proc where oid = 'pgmq.create(text)'::regprocedure`,
    ),
  ).toEqual([{ owner: 'supabase_admin' }])
})

test('the API’s functions are there, and the project’s to replace', async () => {
  await database.script(`
    create schema if not exists pgmq_public;
    create or replace function pgmq_public.pop(queue_name text) returns setof pgmq.message_record
      language plpgsql set search_path = '' as $$
      begin return query select * from pgmq.pop(queue_name := queue_name); end $$;`)
  expect(await value(`pgmq_public.send('jobs', '{"via": "api"}')`)).toBe(2)
  expect(await database.rows(`select message from pgmq_public.pop('jobs')`)).toEqual([
    { message: { via: 'api' } },
  ])
})

test('queues are listed and dropped', async () => {
  await database.script(`select pgmq.create_unlogged('fast')`)
  expect(
    await database.rows(
      `select queue_name, is_unlogged from pgmq.list_queues() where queue_name = 'fast'`,
    ),
  ).toEqual([{ queue_name: 'fast', is_unlogged: true }])
  expect(await value(`pgmq.drop_queue('fast')`)).toBe(true)
  expect(await value(`pgmq.drop_queue('fast')`)).toBe(false)
  expect(await value(`to_regclass('pgmq.q_fast')::text`)).toBeNull()
})

test('partitions are refused, and so are names that are none', async () => {
  expect(await database.refusal(`select pgmq.create_partitioned('p')`)).toMatch(
    /^0A000 pg_partman is required/,
  )
  expect(await database.refusal(`select pgmq.create('a;drop')`)).toMatch(/invalid characters/)
  expect(await database.refusal(`select pgmq.create(repeat('x', 48))`)).toMatch(/too long/)
})
