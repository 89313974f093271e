import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { decodeRows, openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { cloneDatabase, startTestPostgres } from '#testing'
import type { TestPostgres } from '#testing'
import {
  SqlFileError,
  appliedVersions,
  applyMigrations,
  applyRoles,
  applySeeds,
  listMigrations,
  listSeeds,
  pendingMigrations,
} from '#host/workspace'

let postgres: TestPostgres
let db: Database
let drop: () => Promise<void>
let workdir: string
let progress: string[]
const onProgress = (message: string): void => void progress.push(message)

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())

beforeEach(async () => {
  const clone = await cloneDatabase(postgres.url, 'template0')
  db = openDatabase({ connection: parseConnectionUrl(clone.url), maxConnections: 1 })
  drop = () => clone.drop()
  workdir = mkdtempSync(join(tmpdir(), 'basalt workspace '))
  progress = []
})
afterEach(async () => {
  await db.close()
  await drop()
  rmSync(workdir, { recursive: true })
})

function write(path: string, content: string): void {
  mkdirSync(dirname(join(workdir, 'supabase', path)), { recursive: true })
  writeFileSync(join(workdir, 'supabase', path), content)
}

async function rows<T>(text: string): Promise<T[]> {
  const [result] = await db.transaction({ role: null, settings: [] }, [
    { name: 'test.query', text, values: [] },
  ])
  return result === undefined ? [] : decodeRows<T>(result)
}

const migrations = () => listMigrations(join(workdir, 'supabase/migrations'))
const migrate = () => applyMigrations(db, migrations(), { onProgress })

async function failure(): Promise<SqlFileError> {
  const error: unknown = await migrate().catch((reason: unknown) => reason)
  if (error instanceof SqlFileError) return error
  throw new Error(`expected a SqlFileError, got ${String(error)}`)
}

test('migrations run in order and leave the rows the Supabase CLI leaves', async () => {
  write('migrations/20240102000000_add_row.sql', `insert into todos values ('a;b');\n`)
  write(
    'migrations/20240101000000_create.sql',
    '-- the table\ncreate table todos (title text);\n\n\n-- the end\n',
  )
  await migrate()
  expect(progress).toEqual([
    'Applying migration 20240101000000_create.sql...',
    'Applying migration 20240102000000_add_row.sql...',
  ])
  expect(
    await rows(
      `select version, name, to_json(statements) as statements from supabase_migrations.schema_migrations order by 1`,
    ),
  ).toEqual([
    {
      version: '20240101000000',
      name: 'create',
      statements: ['-- the table\ncreate table todos (title text)', '-- the end'],
    },
    {
      version: '20240102000000',
      name: 'add_row',
      statements: [`insert into todos values ('a;b')`],
    },
  ])
  expect(
    await rows(
      `select column_name as name, data_type as type, is_nullable as nullable from information_schema.columns
       where table_schema = 'supabase_migrations' order by ordinal_position`,
    ),
  ).toEqual([
    { name: 'version', type: 'text', nullable: 'NO' },
    { name: 'statements', type: 'ARRAY', nullable: 'YES' },
    { name: 'name', type: 'text', nullable: 'YES' },
  ])
})

test('files that are no migrations are skipped with the words of the CLI', () => {
  write('migrations/20210101000000_init.sql', '')
  write('migrations/20240101000000_a.sql', '')
  write('migrations/notes.md', '')
  const skipped: string[] = []
  const found = listMigrations(join(workdir, 'supabase/migrations'), (m) => skipped.push(m))
  expect(found.map(({ file }) => file)).toEqual(['20240101000000_a.sql'])
  expect(skipped).toEqual([
    'Skipping migration 20210101000000_init.sql... (replace "init" with a different file name to apply this migration)',
    'Skipping migration notes.md... (file name must match pattern "<timestamp>_name.sql")',
  ])
})

test('a failing file is rolled back whole, named with statement and line, and earlier files stay', async () => {
  write('migrations/1_good.sql', 'create table good ();')
  write(
    'migrations/2_bad.sql',
    '-- one\ncreate table half ();\n\n/* two */\nselect\n  "🪨", "ü",\n  nonsense\nfrom good;\n',
  )
  const error = await failure()
  expect(error.place).toEqual({
    file: 'supabase/migrations/2_bad.sql',
    line: 6,
    statement: 2,
    excerpt: '6 |   "🪨", "ü",\n      ^',
  })
  expect(error.message).toBe(
    'supabase/migrations/2_bad.sql, line 6 (statement 2): column "🪨" does not exist (SQLSTATE 42703)\n6 |   "🪨", "ü",\n      ^',
  )
  expect(await appliedVersions(db)).toEqual(['1'])
  expect(await rows(`select to_regclass('half')::text as half`)).toEqual([{ half: null }])
})

test('an error without a position is on the first line of its statement', async () => {
  write(
    'migrations/1_bad.sql',
    'create table t (id int primary key);\n\n-- twice\ninsert into t\nvalues (1), (1);',
  )
  const error = await failure()
  expect(error.place).toMatchObject({ line: 4, statement: 2 })
  expect(error.message).toContain('Key (id)=(1) already exists.')
})

test('settings of one file do not reach the next', async () => {
  // long, so that recording it takes more than the time it sets
  write(
    'migrations/1_dump.sql',
    `select set_config('search_path', '', false); create function public.long() returns text language sql as $$ select '${'x'.repeat(4_000_000)}' $$;
     set statement_timeout = 1;`,
  )
  write('migrations/2_next.sql', 'create table t (); select pg_sleep(0.01);')
  await migrate()
  expect(await rows(`select to_regclass('public.t')::text as t`)).toEqual([{ t: 't' }])
})

test('a file may hold its own transactions; one left open is an error, not a silent loss', async () => {
  write('migrations/1_own.sql', 'begin; create table a (); commit; create table b ();')
  write('migrations/2_open.sql', 'begin;\ncreate table c ();')
  expect((await failure()).message).toBe(
    'supabase/migrations/2_open.sql: the file leaves a transaction open, so nothing of it was kept. Close its BEGIN with a COMMIT.',
  )
  expect(await appliedVersions(db)).toEqual(['1'])
})

test('an empty migration is recorded', async () => {
  write('migrations/1_nothing.sql', '-- nothing yet\n')
  await migrate()
  expect(await appliedVersions(db)).toEqual(['1'])
})

test('pending are the local ones the database lacks; histories that do not fit are refused', () => {
  const local = ['1', '2', '3'].map((version) => ({
    version,
    name: 'x',
    file: `${version}_x.sql`,
    path: '',
  }))
  const versions = (applied: string[], includeAll = false) =>
    pendingMigrations(local, applied, includeAll).map(({ version }) => version)
  expect(versions([])).toEqual(['1', '2', '3'])
  expect(versions(['1'])).toEqual(['2', '3'])
  expect(() => versions(['1', '3'])).toThrow(
    'Found local migration files to be inserted before the last migration on remote database.',
  )
  expect(versions(['1', '3'], true)).toEqual(['2'])
  expect(() => versions(['1', '9'])).toThrow(
    'Remote migration versions not found in local migrations directory.',
  )
})

test('a seed runs once; changed, only its hash is brought up to date', async () => {
  await rows('create table t (n int)')
  const seed = () =>
    applySeeds(db, listSeeds(workdir, ['./seed.sql', 'seeds/*.sql']), { onProgress })
  write('seed.sql', 'insert into t values (1);')
  write('seeds/b.sql', 'insert into t values (2);')
  await seed()
  await seed()
  write('seed.sql', 'insert into t values (100);')
  await seed()
  expect(progress).toEqual([
    'Seeding data from supabase/seed.sql...',
    'Seeding data from supabase/seeds/b.sql...',
    'Updating seed hash to supabase/seed.sql...',
  ])
  expect(await rows('select n from t order by n')).toEqual([{ n: 1 }, { n: 2 }])
  const hash = createHash('sha256').update('insert into t values (100);').digest('hex')
  expect(
    await rows(`select hash from supabase_migrations.seed_files where path = 'supabase/seed.sql'`),
  ).toEqual([{ hash }])
})

test('seed patterns: sorted within each, none twice, missing ones reported', () => {
  for (const name of ['seeds/b.sql', 'seeds/a.sql', 'seeds/deep/c.sql', 'seeds/x.txt'])
    write(name, '')
  const missing: string[] = []
  const paths = (patterns: string[]) =>
    listSeeds(workdir, patterns, (pattern) => missing.push(pattern)).map(({ path }) => path)
  expect(paths(['seeds/b.sql', './seeds/*.sql'])).toEqual([
    'supabase/seeds/b.sql',
    'supabase/seeds/a.sql',
  ])
  expect(paths(['seeds/**/*.sql'])).toEqual([
    'supabase/seeds/a.sql',
    'supabase/seeds/b.sql',
    'supabase/seeds/deep/c.sql',
  ])
  expect(paths(['seeds/[ab].s?l', 'nope/*.sql'])).toHaveLength(2)
  expect(missing).toEqual(['nope/*.sql'])
})

test('roles.sql runs if there is one, and is not recorded', async () => {
  await applyRoles(db, workdir, { onProgress })
  expect(progress).toEqual([])
  write('roles.sql', 'create role workspace_test nologin;')
  await applyRoles(db, workdir, { onProgress })
  expect(progress).toEqual(['Seeding globals from roles.sql...'])
  expect(await appliedVersions(db)).toEqual([])
  await rows('drop role workspace_test')
})
