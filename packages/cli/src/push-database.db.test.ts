import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { openSqlDatabase } from '@basalt/server/testing'
import type { SqlDatabase } from '@basalt/server/testing'
import { runCli } from './run-cli.ts'

const root = mkdtempSync(join(tmpdir(), 'basalt push '))
let workdir: string
let database: SqlDatabase
let err: string
let answers: string | null
beforeEach(async () => {
  database = await openSqlDatabase()
  workdir = mkdtempSync(join(root, 'project-'))
  mkdirSync(join(workdir, 'supabase/migrations'), { recursive: true })
  write('config.toml', 'project_id = "push"\n')
  write('migrations/20260101000000_notes.sql', 'create table public.notes (id int primary key);')
  write('seed.sql', 'insert into public.notes values (1);')
  write('roles.sql', 'create schema roles_first;')
  answers = null
})
afterEach(() => database.close())
afterAll(() => rmSync(root, { recursive: true }))

const write = (path: string, text: string) => writeFileSync(join(workdir, 'supabase', path), text)

function push(...args: string[]): Promise<number> {
  err = ''
  return basalt('db', 'push', ...args)
}

function basalt(...args: string[]): Promise<number> {
  return runCli(args, {
    out: () => {},
    err: (text) => (err += text),
    cwd: workdir,
    readVariable: () => null,
    readInput: () => null,
    ask: () => Promise.resolve(answers),
    onInterrupt: () => () => {},
    onReload: () => () => {},
    exit: () => {},
  })
}

/** Versions that the database knows, and the rows of the seed where there is the table. */
const history = async () =>
  (
    await database.rows<{ version: string }>(
      'select version from supabase_migrations.schema_migrations order by version',
    )
  ).map(({ version }) => version)

test('what is pending is listed, asked about, and applied once', async () => {
  answers = 'n'
  expect(await push('--db-url', database.url)).toBe(1)
  expect(err).toMatch(/^Pushing migrations:\n • 20260101000000_notes.sql\nNothing was pushed\.\n/)
  expect(await push('--db-url', database.url, '--dry-run')).toBe(0)
  expect(err).toBe(`DRY RUN: migrations will *not* be pushed to the database.
Would push migrations:\n • 20260101000000_notes.sql\n`)
  expect(await database.refusal('select from public.notes')).toMatch(/^42P01/)
  answers = ''
  expect(await push('--db-url', database.url)).toBe(0)
  expect(err).toBe(`Pushing migrations:\n • 20260101000000_notes.sql
Applying migration 20260101000000_notes.sql...\nFinished basalt db push.\n`)
  expect(await history()).toEqual(['20260101000000'])
  expect(await push('--db-url', database.url)).toBe(0)
  expect(err).toBe('Remote database is up to date.\n')
})

test.each([['db push'], ['migration up']])(
  'of a push and a %s at once one waits for the other, and nothing is applied twice',
  async (command) => {
    await database.rows('create table public.counted (id int)')
    // with a transaction of its own a file is not one with the note that it ran
    write(
      'migrations/20260102000000_own.sql',
      'begin; insert into public.counted values (1); commit; select pg_sleep(0.3);',
    )
    const both = await Promise.all([
      push('--db-url', database.url, '--include-seed'),
      basalt(...command.split(' '), '--db-url', database.url),
    ])
    expect([both, err]).toEqual([[0, 0], expect.stringContaining('Waiting for another command')])
    expect(await history()).toEqual(['20260101000000', '20260102000000'])
    expect(await database.rows('select id from public.counted')).toEqual([{ id: 1 }])
    expect(await database.rows('select id from public.notes')).toEqual([{ id: 1 }])
  },
)

test('a migration that cannot be read is named, with what it is, before anything is applied', async () => {
  mkdirSync(join(workdir, 'supabase/migrations/20260102000000_folder.sql'))
  expect(await push('--db-url', database.url)).toBe(1)
  expect(err).toContain('supabase/migrations/20260102000000_folder.sql cannot be read (EISDIR')
  expect(await database.refusal('select from public.notes')).toMatch(/^42P01/)
  rmSync(join(workdir, 'supabase/migrations/20260102000000_folder.sql'), { recursive: true })
  writeFileSync(
    join(workdir, 'supabase/migrations/20260102000000_latin.sql'),
    Buffer.from("select 'caf\xe9'", 'latin1'),
  )
  expect(await push('--db-url', database.url)).toBe(1)
  expect(err).toContain('supabase/migrations/20260102000000_latin.sql is not UTF-8')
})

test('roles and seeds are pushed where that is said, roles first and a seed once', async () => {
  const all = ['--db-url', database.url, '--include-roles', '--include-seed']
  expect(await push(...all)).toBe(0)
  expect(err).toContain(`Seeding globals from roles.sql...
Applying migration 20260101000000_notes.sql...\nSeeding data from supabase/seed.sql...\n`)
  expect(await database.rows('select id from public.notes')).toEqual([{ id: 1 }])
  expect(await push('--db-url', database.url, '--include-seed')).toBe(0)
  expect(err).toBe('Remote database is up to date.\n')
})

test('histories that do not fit are refused, an older migration is pushed with --include-all', async () => {
  expect(await push('--db-url', database.url)).toBe(0)
  write('migrations/20250101000000_older.sql', 'create table public.older (id int);')
  expect(await push('--db-url', database.url)).toBe(1)
  expect(err).toContain('Found local migration files to be inserted before the last migration')
  expect(await push('--db-url', database.url, '--include-all', '--yes')).toBe(0)
  expect(await history()).toEqual(['20250101000000', '20260101000000'])
  rmSync(join(workdir, 'supabase/migrations/20250101000000_older.sql'))
  expect(await push('--db-url', database.url)).toBe(1)
  expect(err).toContain('Remote migration versions not found in local migrations directory.')
})

test('without a URL it is the project that runs, and none does', async () => {
  expect(await push()).toBe(1)
  expect(err).toContain('basalt start is not running')
})

test('the script of the example applies the tables of @basalt/code, and only what is new', async () => {
  const example = join(import.meta.dirname, '../../../examples/code')
  cpSync(join(example, 'scripts'), join(workdir, 'scripts'), { recursive: true })
  const command = `node ${join(import.meta.dirname, '../bin/basalt.mjs')}`
  const script = (url: string) =>
    spawnSync(
      'sh',
      ['-c', `BASALT='${command}' SUPABASE_DB_URL='${url}' scripts/supabase-apply-remote.sh`],
      {
        cwd: workdir,
        encoding: 'utf8',
      },
    )
  expect(script('')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^SUPABASE_DB_URL is missing/),
  })
  spawnSync('sh', ['-c', `${command} code migrations`], { cwd: workdir })
  expect(script(database.url)).toMatchObject({ status: 0 })
  expect(await history()).toEqual(expect.arrayContaining(['20250921', '20260101000000']))
  expect(await database.rows('select name from public.repositories')).toEqual([])
  expect(script(database.url)).toMatchObject({
    status: 0,
    stderr: 'Remote database is up to date.\n',
  })
})
