import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStudio } from '@basalt/server/testing'
import type { StudioAnswer, TestStudio } from '@basalt/server/testing'

let studio: TestStudio
const alice = '11111111-1111-4111-8111-111111111111'

beforeAll(async () => {
  studio = await startTestStudio({
    schema: `
      set role postgres;
      create table notes (id int primary key, owner uuid, body text);
      alter table notes enable row level security;
      create policy own on notes to authenticated using (owner = (select auth.uid()));
      grant all on notes to authenticated, anon;
      insert into notes values (1, '${alice}', 'hers'), (2, gen_random_uuid(), 'his');
      create function empty_notes() returns void security definer language sql as 'delete from notes';`,
  })
})
afterAll(() => studio.close())

interface Ran {
  readonly results: readonly {
    readonly command: string | null
    readonly columns: readonly { readonly name: string; readonly type: string }[]
    readonly rows: readonly (readonly (string | null)[])[]
    readonly truncated: boolean
    readonly row_count: number
    readonly plan?: readonly { readonly Plan: Record<string, unknown> }[]
  }[]
  readonly error: Record<string, unknown> | null
  readonly notices: readonly string[]
  readonly role: string
  readonly claims: unknown
}

async function run(query: string, more: object = {}): Promise<Ran> {
  const answer = await studio.ask('POST', '/sql/run', { query, ...more })
  expect(answer.status, answer.text).toBe(200)
  return answer.json
}
const codeOf = ({ json }: StudioAnswer): string => (json as { code: string }).code

test('values are as Postgres prints them, each with the type of its column', async () => {
  const { results, error, role } = await run(
    `select 9007199254740993::int8 as big, 1.10::numeric as exact, '{a,NULL}'::text[] as list, null as nothing,
      '' as empty, 'infinity'::timestamptz as ever, '{"a": 1}'::json as doc`,
  )
  expect(error).toBeNull()
  expect(role).toBe('postgres')
  expect(results[0]?.rows).toEqual([
    ['9007199254740993', '1.10', '{a,NULL}', null, '', 'infinity', '{"a": 1}'],
  ])
  expect(results[0]?.columns.map(({ type }) => type)).toEqual([
    'bigint',
    'numeric',
    'text[]',
    'text',
    'text',
    'timestamp with time zone',
    'json',
  ])
})

test('each statement has its result, and all of them are one transaction', async () => {
  const { results, notices } = await run(
    `create table made (n int); -- one
     insert into made select generate_series(1, 3);
     do $$ begin raise notice 'seen; <script>'; end $$;
     select n from made order by n`,
  )
  expect(results.map(({ command, row_count }) => [command, row_count])).toEqual([
    ['CREATE', 0],
    ['INSERT', 3],
    ['DO', 0],
    ['SELECT', 3],
  ])
  expect(results[3]?.rows).toEqual([['1'], ['2'], ['3']])
  expect(notices).toEqual(['NOTICE: seen; <script>'])
  const text = "select 'Ünï😀' as a;\n insert into made values (4);\n select nothing from made"
  const failed = await run(text)
  expect(failed.error).toMatchObject({ code: '42703', statement: 2 })
  expect(text.slice((failed.error?.['position'] as number) - 1)).toMatch(/^nothing from/)
  expect((await run('select count(*) from made')).results[0]?.rows).toEqual([['3']])
})

test('rows are bounded, and it is said that there are more', async () => {
  const { results } = await run('select generate_series(1, 50)', { limit: 7 })
  expect(results[0]).toMatchObject({ truncated: true, row_count: 7 })
  const large = await run("select repeat('x', 2000000)")
  expect(large.error).toMatchObject({ code: 'row_too_large' })
  const wide = await run("select repeat('x', 100000) from generate_series(1, 1000)")
  expect(wide.results[0]?.truncated).toBe(true)
  expect(wide.results[0]?.rows.length).toBeLessThan(300)
})

test('scripts with transactions of their own, and what is in none, run as they are written', async () => {
  const { results, error } = await run(
    'begin; create table kept (n int); commit; create index concurrently on kept (n); vacuum kept; ' +
      'begin; insert into kept values (1); rollback; select count(*), current_user from kept',
  )
  expect(error).toBeNull()
  expect(results.at(-1)?.rows).toEqual([['0', 'postgres']])
  const stopped = await run('begin; insert into kept values (2); commit; vacuum kept; select 1/0')
  expect(stopped.error).toMatchObject({ code: '22012', statement: 4 })
  expect((await run('select n from kept')).results[0]?.rows).toEqual([['2']])
  const asUser = await run('vacuum notes; begin; select current_user; commit', {
    role: 'authenticated',
    claims: { sub: alice },
  })
  expect(asUser.results[2]?.rows ?? asUser.notices).toEqual([['authenticated']])
})

test('as a user it sees what that user sees, and the claims are told', async () => {
  const claims = { sub: alice, email: 'a@b.example' }
  const hers = await run('select id, current_user from notes', { role: 'authenticated', claims })
  expect(hers.results[0]?.rows).toEqual([['1', 'authenticated']])
  expect(hers).toMatchObject({
    role: 'authenticated',
    claims: { role: 'authenticated', ...claims },
  })
  expect((await run('select id from notes', { role: 'anon' })).results[0]?.rows).toEqual([])
  expect((await run('select id from notes')).results[0]?.rows).toHaveLength(2)
  expect((await run('select 1', { role: 'supabase_admin' })).error).toMatchObject({ code: '42501' })
})

test('what only reads writes nothing', async () => {
  for (const query of [
    'delete from notes',
    'set transaction read write; delete from notes',
    'commit; set default_transaction_read_only = off; delete from notes',
    'begin read write; delete from notes; commit',
  ])
    expect((await run(query, { read_only: true })).error, query).toMatchObject({
      code: expect.stringMatching(/^(25006|25001|42501)$/),
    })
  expect((await run('select id from notes', { read_only: true })).results[0]?.rows).toHaveLength(2)
  const user = { role: 'authenticated', claims: { sub: alice }, read_only: true }
  expect((await run('delete from notes', user)).error).toMatchObject({ code: '25006' })
})

test.each([
  'begin read write; select empty_notes(); commit',
  'begin; rollback and chain; set transaction read write; select empty_notes(); commit',
  'commit; set default_transaction_read_only = off; select empty_notes()',
  '/* /* */ */ END; set default_transaction_read_only = off; select empty_notes()',
  'vacuum; begin read write; reset role; alter role current_user set statement_timeout = 1; commit',
  "begin; prepare transaction 'x'; begin read write; select empty_notes(); commit",
])('nor does it by a function of its owner in a transaction of its own: %s', async (query) => {
  for (const more of [{ read_only: true }, { read_only: true, role: 'service_role' }])
    expect((await run(query, more)).error).toMatchObject({
      code: expect.stringMatching(/^(25006|25001)$/),
    })
  expect((await run('select id from notes')).results[0]?.rows).toHaveLength(2)
})

test('what is measured is undone, also where the script would keep it', async () => {
  const measured = await run('delete from notes; commit; select 1', { explain: 'analyze' })
  expect(measured.error).toMatchObject({ code: '25006', statement: 1 })
  expect((await run('select id from notes')).results[0]?.rows).toHaveLength(2)
})

test('a plan is JSON, and what is measured is rolled back', async () => {
  const plan = await run('select * from notes', { explain: 'plan' })
  expect(plan.results[0]?.plan?.[0]?.Plan).toMatchObject({ 'Node Type': 'Seq Scan' })
  const measured = await run('set local enable_seqscan = off; delete from notes', {
    explain: 'analyze',
  })
  expect(measured.results[1]?.plan?.[0]?.Plan).toMatchObject({ Operation: 'Delete' })
  expect((await run('select id from notes')).results[0]?.rows).toHaveLength(2)
  const text = 'select nothing from notes'
  const wrong = await run(text, { explain: 'plan' })
  expect(wrong.error?.['position']).toBe(8)
})

test('what runs is stopped by its id, and gone within a second', { retry: 2 }, async () => {
  const id = '22222222-2222-4222-8222-222222222222'
  const sleeping = run('select pg_sleep(60), 1 as to_be_stopped', { id })
  const running = () =>
    studio.server.count(
      "select count(*)::int as n from pg_stat_activity where query like '%to_be_stopped%' and state = 'active' and pid <> pg_backend_pid()",
    )
  await expect.poll(running).toBe(1)
  expect((await studio.ask('POST', '/sql/run', { query: 'select 1', id })).json).toMatchObject({
    code: 'studio_sql_running',
  })
  const begun = performance.now()
  expect((await studio.ask('POST', '/sql/cancel', { id })).json).toEqual({ cancelled: true })
  expect((await sleeping).error).toMatchObject({ code: 'cancelled' })
  await expect.poll(running).toBe(0)
  expect(performance.now() - begun).toBeLessThan(1_000)
  expect((await studio.ask('POST', '/sql/cancel', { id })).json).toEqual({ cancelled: false })
})

test('a script has an end, and so has what it is refused for', async () => {
  const query = 'select 1;'.repeat(2_001)
  expect(codeOf(await studio.ask('POST', '/sql/run', { query }))).toBe('studio_too_many_statements')
  expect((await run('-- nothing')).results).toEqual([])
  expect((await run('copy notes from stdin')).error).not.toBeNull()
  expect((await run('copy notes to stdout')).results.length).toBeLessThan(2)
})

const snippets = (): string => join(studio.workdir, 'supabase/snippets')

test('a snippet is a file, and nobody overwrites what they did not see', async () => {
  const put = (name: string, content: string, version: string | null) =>
    studio.ask('PUT', `/snippets/${encodeURIComponent(name)}`, { content, version })
  const first = await put('Daily <b> report', 'select 1', null)
  expect(codeOf(first)).toBe('studio_snippet_name_invalid')
  const made = (await put('Daily report', 'select 1', null)).json as { version: string }
  expect(readFileSync(join(snippets(), 'Daily report.sql'), 'utf8')).toBe('select 1')
  expect(codeOf(await put('Daily report', 'select 2', null))).toBe('studio_snippet_changed')
  writeFileSync(join(snippets(), 'Daily report.sql'), 'select 3 -- from an editor')
  expect(codeOf(await put('Daily report', 'select 2', made.version))).toBe('studio_snippet_changed')
  const read = (await studio.ask('GET', '/snippets/Daily%20report')).json as {
    version: string
    content: string
  }
  expect(read.content).toBe('select 3 -- from an editor')
  expect((await put('Daily report', 'select 2', read.version)).status).toBe(200)
  expect((await studio.ask('GET', '/snippets')).json).toMatchObject([{ name: 'Daily report' }])
  expect((await studio.ask('DELETE', '/snippets/Daily%20report')).status).toBe(204)
  expect(codeOf(await studio.ask('GET', '/snippets/Daily%20report'))).toBe(
    'studio_snippet_not_found',
  )
  for (const name of ['..%2F..%2Fconfig', '.hidden', '..'])
    expect((await put(decodeURIComponent(name), 'x', null)).status).toBeGreaterThan(399)
  expect(existsSync(join(studio.workdir, 'config.sql'))).toBe(false)
})

test('a name too long for a file is refused, and a snippet too large to be read is not replaced unseen', async () => {
  const put = (name: string, content: string) =>
    studio.ask('PUT', `/snippets/${encodeURIComponent(name)}`, { content, version: null })
  expect((await put('é'.repeat(100), 'select 1')).status).toBe(200)
  expect(
    (await studio.ask('DELETE', `/snippets/${encodeURIComponent('é'.repeat(100))}`)).status,
  ).toBe(204)
  expect(codeOf(await put('漢'.repeat(100), 'select 1'))).toBe('studio_snippet_name_invalid')
  const path = join(snippets(), 'huge.sql')
  const huge = '-- of an editor\n'.repeat(100_000)
  writeFileSync(path, huge)
  expect(codeOf(await put('huge', 'select 1'))).toBe('studio_snippet_changed')
  expect(readFileSync(path, 'utf8')).toBe(huge)
  rmSync(path)
})

test('a migration is written and applied; one that fails leaves nothing', async () => {
  const folder = join(studio.workdir, 'supabase/migrations')
  const create = (body: object) => studio.ask('POST', '/migrations', body)
  const made = (
    await create({ name: 'places', sql: 'create table places (id int); select 1;', apply: true })
  ).json as { version: string; file: string; applied: string[] }
  expect(made.applied).toEqual([made.file])
  expect((await run('select to_regclass($$places$$)')).results[0]?.rows).toEqual([['places']])
  const failed = await create({
    name: 'wrong',
    sql: 'create table half (id int); select 1/0;',
    apply: true,
  })
  expect(failed.json).toMatchObject({ code: 'studio_migration_failed' })
  expect(readdirSync(folder)).toEqual([made.file])
  expect((await run('select to_regclass($$half$$)')).results[0]?.rows).toEqual([[null]])
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '99990101000000_later.sql'), 'create table later (id int)')
  expect((await studio.ask('GET', '/migrations')).json).toMatchObject([
    { version: made.version, name: 'places', applied: true },
    { version: '99990101000000', applied: false, file: '99990101000000_later.sql' },
  ])
  expect((await studio.ask('GET', `/migrations/${made.version}`)).json).toMatchObject({
    sql: 'create table places (id int); select 1;',
  })
  expect((await studio.ask('POST', '/migrations/apply')).json).toEqual({
    applied: ['99990101000000_later.sql'],
  })
  // its version is behind the newest, whatever day that names
  for (const [name, version] of [
    ['behind', '99990101000001'],
    ['again', '99990101000002'],
  ])
    expect((await create({ name, sql: 'select 1', apply: true })).json).toMatchObject({
      version,
      applied: [`${version}_${name}.sql`],
    })
  writeFileSync(join(folder, '9999123_odd.sql'), 'select 1')
  expect((await create({ name: 'odd', sql: 'select 1', apply: true })).json).toMatchObject({
    applied: ['9999123_odd.sql', '9999124_odd.sql'],
  })
  expect(codeOf(await studio.ask('GET', '/migrations/1'))).toBe('studio_migration_not_found')
  expect(codeOf(await create({ name: '../x', sql: 'select 1', apply: false }))).toBe(
    'studio_migration_name_invalid',
  )
})
