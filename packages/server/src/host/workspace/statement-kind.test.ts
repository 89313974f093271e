import { expect, test } from 'vitest'
import { copyRows } from './copy-data.ts'
import { kindOf, needsParser } from './statement-kind.ts'

test.each([
  'create index concurrently on t (a)',
  '-- why\nCREATE UNIQUE INDEX  /* x */ CONCURRENTLY IF NOT EXISTS "i" ON t (a)',
  'drop index concurrently if exists a, b',
  'reindex index concurrently a',
  'reindex (verbose, concurrently) table s.t',
  'reindex database postgres',
  'vacuum',
  'vacuum (full, analyze) t',
  'cluster',
  'cluster verbose',
  `alter system set work_mem = '1MB'`,
  'create database d',
  'drop database if exists d',
  'drop subscription s',
  'alter table public.t detach partition public.p concurrently',
])('runs alone: %s', (text) => expect(kindOf(text)).toBe('alone'))

test.each([
  'create index on t (a)',
  'create index concurrently_named on t (a)',
  'drop index a',
  'reindex table t',
  'cluster t using i',
  'alter database d set x = 1',
  'alter table t detach partition p',
  `select 'vacuum'`,
  `create function f() returns void language sql as $$ vacuum $$`,
  'refresh materialized view concurrently m',
  'rollback to savepoint a',
  'rollback work to a',
  `commit prepared 'x'`,
  'savepoint a',
])('runs with the others: %s', (text) => expect(kindOf(text)).toBe('plain'))

test.each([
  ['begin', 'begin'],
  ['BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'begin'],
  ['start transaction read only', 'begin'],
  ['commit', 'end'],
  ['-- done\nend work', 'end'],
  ['rollback', 'end'],
  ['abort', 'end'],
  ['commit and chain', 'begin'],
  ['commit and no chain', 'end'],
])('%s: %s', (text, kind) => expect(kindOf(text)).toBe(kind))

test('the parser is loaded for few statements', () => {
  for (const text of [
    'create extension a',
    'CREATE  LANGUAGE plperl',
    'create publication p for all tables',
    'alter publication p add tables in schema b',
    'create index i on t using HNSW (a vector_l2_ops)',
    'alter foreign data wrapper w owner to postgres',
  ])
    expect(needsParser(text), text).toBe(true)
  for (const text of [
    'create table t (a int)',
    'create index hnswish on t (a)',
    'alter publication supabase_realtime add table t',
    'create publication p',
    'create publication p for table t',
    `insert into t values ('create extension a')`,
    'create trigger t after insert on a for each row execute function f()',
  ])
    expect(needsParser(text), text).toBe(false)
})

test('rows of COPY: tabs, nulls, what is escaped', () => {
  expect([...copyRows('1\ta\\tb\\\\n\t\\N\t\n\\x41\\101\\q\r\n\n')]).toEqual([
    ['1', 'a\tb\\n', null, ''],
    ['AAq'],
    [''],
  ])
})
