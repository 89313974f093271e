/** `basalt test db`; where no pgTAP is installed (Debian: postgresql-15-pgtap) the way to it. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createTestDatabase, executeDirectly } from '@basalt/server/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const hasPgtap = [18, 17, 16, 15].some((major) =>
  existsSync(`/usr/share/postgresql/${major}/extension/pgtap.control`),
)
let database: Awaited<ReturnType<typeof createTestDatabase>>
const workdir = mkdtempSync(join(tmpdir(), 'basalt tests '))
let out = ''
let err = ''

beforeAll(async () => {
  database = await createTestDatabase()
  await executeDirectly(database.url, 'create table public.fruits (name text primary key)')
})
beforeEach(() => {
  out = ''
  err = ''
  rmSync(join(workdir, 'supabase'), { recursive: true, force: true })
})
afterAll(async () => {
  rmSync(workdir, { recursive: true })
  await database.drop()
})

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(workdir, 'supabase', 'tests', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

function run(...args: string[]): Promise<number> {
  return runCli(['test', 'db', '--db-url', database.url, ...args], {
    out: (text) => (out += text),
    err: (text) => (err += text),
    cwd: workdir,
    readVariable: () => null,
    readInput: () => null,
    ask: () => Promise.resolve(null),
    onInterrupt: () => () => {},
    onReload: () => () => {},
    exit: () => {},
  })
}

const passing = 'begin; select plan(1); select pass(); select * from finish(); rollback;'

test.skipIf(hasPgtap)('says how to get pgTAP where it is not installed', async () => {
  write({ 'a.sql': passing })
  expect(await run()).toBe(1)
  expect(err).toMatch(/pgTAP, .*is not on the database server.*apt-get install/s)
})

test('a folder without tests, or none at all, is told', async () => {
  expect(await run()).toBe(1)
  expect(err).toContain('There is no ')
  write({ 'readme.md': '' })
  expect(await run()).toBe(1)
  expect(err).toContain('There are no tests (.sql or .pg)')
})

test.skipIf(!hasPgtap)('runs files in order, reports, and leaves nothing behind', async () => {
  write({
    // what a first file makes outside a transaction is there for the others
    '00-setup.sql': `create function public.helper() returns int language sql return 7; ${passing}`,
    'b/uses.pg': `\\unset ECHO
      \\set QUIET 1
      \\set expected 7
      \\ir ../shared.inc
      begin;
      create extension if not exists pgtap;
      select plan(4);
      select is(public.helper(), :expected, 'helper');
      insert into public.fruits values ('fig');
      select 'fig' as fruit \\gset
      select is((select name from public.fruits), :'fruit', 'own row');
      set local role anon;
      select throws_ok('create table public.x ()', '42501');
      reset role;
      select is(current_setting('a.b'), 'shared', 'included');
      select * from finish();
      rollback;`,
    'shared.inc': `set a.b = 'shared';`,
    // left open, and never rolled back by itself
    'c.sql': `select no_plan(); insert into public.fruits values ('kiwi'); set role anon;
      select is(current_setting('a.b', true), '', 'settings of others are gone');
      select * from finish();`,
    'd.sql': `begin; ${passing.replace('begin;', '')}`,
  })
  expect(await run(), out).toBe(0)
  expect(out).toBe(`supabase/tests/00-setup.sql .. ok (1)
supabase/tests/b/uses.pg .. ok (4)
supabase/tests/c.sql .. ok (1)
supabase/tests/d.sql .. ok (1)
All tests successful.
Files=4, Tests=7, ${/[\d.]+(?= s$)/m.exec(out)?.[0]} s
Result: PASS
`)
  await executeDirectly(
    database.url,
    `do $$ begin
    assert (select count(*) from public.fruits) = 0;
    assert to_regprocedure('public.helper()') is null;
    assert not exists (select from pg_extension where extname = 'pgtap');
  end $$`,
  )
})

test.skipIf(!hasPgtap)(
  'a failure is shown with its file and line, and the others still run',
  async () => {
    write({
      'a.sql': `begin;\nselect plan(2);\nselect is(1, 2, 'same');\nselect pass();\nselect * from finish();`,
      'b.sql': `begin;\nselect plan(1);\n\nselect nothing();`,
      'c.sql': `begin;\n\\connect other`,
      'd.sql': passing,
      'e.sql': `begin; select plan(2); select pass(); commit;`,
    })
    expect(await run('supabase/tests')).toBe(1)
    expect(out).toContain(
      `a.sql .. 1 of 2 failed\n    not ok 1 - same\n    # Failed test 1: "same"\n`,
    )
    expect(out).toMatch(
      /b\.sql .. failed\n {4}.*b\.sql, line 4: function nothing\(\) does not exist \(SQLSTATE 42883\)/,
    )
    expect(out).toMatch(/c\.sql, line 2: \\connect is psql's, .*pg_prove/)
    expect(out).toContain('d.sql .. ok (1)')
    expect(out).toContain('2 tests were planned, 1 ran.')
    expect(out).toMatch(/Files=5, Tests=4, .*\nResult: FAIL\n$/)
  },
)
