import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { defineConfig } from '#base/config'
import { decodeRows, openDatabase, parseConnectionUrl } from '#base/db'
import { cloneDatabase, executeDirectly } from '#testing'
import type { WorkspaceParts } from '#host/platform'
import { openLocalPlatform } from './open-local-platform.ts'

let workdir: string
let given: Awaited<ReturnType<typeof cloneDatabase>>

beforeEach(async () => {
  workdir = mkdtempSync(join(tmpdir(), 'basalt given '))
  mkdirSync(join(workdir, 'supabase/migrations'), { recursive: true })
  write('migrations/20260101000000_notes.sql', 'create table notes (id int primary key);')
  write('migrations/20260102000000_more.sql', 'insert into notes values (2);')
  write('seed.sql', 'insert into notes values (3);')
  write('roles.sql', 'create role given_database_test')
  given = await cloneDatabase(inject('testServer').url, 'template0')
})
afterEach(async () => {
  await given.drop()
  rmSync(workdir, { recursive: true, force: true })
})

function write(path: string, content: string): void {
  writeFileSync(join(workdir, 'supabase', path), content)
}

/** Starts, and stops again; what it warned of. */
async function start(apply?: WorkspaceParts): Promise<string[]> {
  const warnings: string[] = []
  const local = await openLocalPlatform({
    workdir,
    config: defineConfig({ 'basalt.db_url': given.url }),
    onWarning: (message) => warnings.push(message),
    ...(apply === undefined ? {} : { apply }),
  })
  await local.close()
  return warnings
}

async function select(text: string): Promise<unknown[]> {
  const db = openDatabase({ connection: parseConnectionUrl(given.url), maxConnections: 1 })
  try {
    return decodeRows(await db.execute({ name: 'test', text, values: [] }))
  } finally {
    await db.close()
  }
}

test('history of a given database is honoured, and what it lacks is applied only when asked for', async () => {
  // as the Supabase CLI left it, without any table of ours
  await executeDirectly(
    given.url,
    'create schema supabase_migrations',
    'create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text)',
    `insert into supabase_migrations.schema_migrations values ('20260101000000', '{}', 'notes')`,
    'create table notes (id int primary key)',
    'insert into notes values (1)',
  )
  const pending = [
    '1 migration is not yet applied; basalt start --apply-migrations does it: 20260102000000_more.sql',
    '1 seed file is not run; basalt start --seed does it: supabase/seed.sql',
  ]
  expect(await start()).toEqual(pending)
  // tables of ours change nothing
  expect(await start()).toEqual(pending)
  expect(await select('select id from notes')).toEqual([{ id: 1 }])
  expect(await start({ migrations: true, seed: false })).toEqual(pending.slice(1))
  expect(await select('select id from notes order by id')).toEqual([{ id: 1 }, { id: 2 }])
  expect(await start({ migrations: false, seed: true })).toEqual([])
  expect(await select('select id from notes order by id')).toHaveLength(3)
  expect(await select(`select 1 from pg_roles where rolname = 'given_database_test'`)).toEqual([])
})

test('an empty given database stays empty until it is asked for, then gets everything', async () => {
  const warnings = await start()
  expect(warnings[0]).toContain('20260101000000_notes.sql, 20260102000000_more.sql')
  expect(await select(`select to_regclass('notes') as found`)).toEqual([{ found: null }])
  try {
    expect(await start({ migrations: true, seed: true })).toEqual([])
    expect(await select('select id from notes order by id')).toEqual([{ id: 2 }, { id: 3 }])
  } finally {
    await executeDirectly(given.url, 'drop role if exists given_database_test')
  }
})

test('a history that does not fit keeps the start from applying anything', async () => {
  await start({ migrations: true, seed: false })
  await executeDirectly(given.url, 'drop role given_database_test')
  rmSync(join(workdir, 'supabase/migrations/20260101000000_notes.sql'))
  await expect(start({ migrations: true, seed: true })).rejects.toThrow(
    'Remote migration versions not found in local migrations directory.',
  )
})
