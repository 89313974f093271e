import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openStudioFixture } from './studio.fixture.ts'
import type { StudioFixture } from './studio.fixture.ts'

let studio: StudioFixture
beforeAll(async () => {
  studio = await openStudioFixture()
  await studio.sql.script(`
    create table items (id bigint primary key, a int, name text not null, note text, day date not null);
    insert into items select n, nullif(n % 7, 0), 'n' || n, case when n % 3 = 0 then null else repeat('é', n % 5) end,
      '2026-01-01'::date + n % 30 from generate_series(1, 1000) n;
    create table pairs (tenant int, "a b" text, v text, primary key (tenant, "a b"));
    create table loose (v text); insert into loose select n::text from generate_series(1, 450) n;
    create view seen as select name, a from items;
    create table kinds (
      id bigint primary key, t text, c char(5), vc varchar(3), b boolean, ts timestamptz, tm timestamp, j json, jb jsonb, arr text[],
      by bytea, n numeric, f float8, iv interval, always bigint generated always as identity,
      gen text generated always as (upper(t)) stored, d text not null default 'given');
    analyze items;
  `)
})
afterAll(() => studio.close())
beforeEach(() => studio.sql.script('truncate kinds, pairs'))

interface Page {
  readonly columns: string[]
  readonly rows: (string | null)[][]
  readonly cut: [number, number][]
  readonly keys: (string | null)[][]
  readonly next: (string | null)[] | null
  readonly previous: (string | null)[] | null
  readonly position: number | null
}

const page = async (name: string, query: object = {}): Promise<Page> => {
  const answer = await studio.ask<Page>('POST', `relations/${await studio.oid(name)}/rows`, query)
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body
}
const change = async (name: string, body: object) =>
  studio.ask<Record<string, never>>('POST', `relations/${await studio.oid(name)}/changes`, body)

test.each([
  [[]],
  [[{ column: 'a' }]],
  [[{ column: 'a', desc: true }]],
  [[{ column: 'a', nulls_first: true }]],
  [[{ column: 'a', desc: true, nulls_first: false }, { column: 'note' }]],
  [[{ column: 'note', desc: true }, { column: 'day' }]],
  [[{ column: 'day', desc: true }, { column: 'name' }]],
])('pages in the order of %j have every row once, forwards and backwards', async (sort) => {
  const direction = (s: { column: string; desc?: boolean; nulls_first?: boolean }): string =>
    `${s.column} ${s.desc === true ? 'desc' : 'asc'} nulls ${(s.nulls_first ?? s.desc === true) ? 'first' : 'last'}`
  const desc = (sort as { desc?: boolean }[]).at(-1)?.desc === true ? 'desc' : 'asc'
  const expected = await studio.sql.rows<{ id: number }>(
    `select id from items order by ${[...sort.map(direction), `id ${desc}`].join(', ')}`,
  )
  const ids: string[] = []
  let at = await page('items', { sort, limit: 270 })
  expect(at.previous).toBeNull()
  for (;;) {
    ids.push(...at.keys.map(([id]) => id as string))
    if (at.next === null) break
    at = await page('items', { sort, limit: 270, after: at.next })
  }
  expect(ids).toEqual(expected.map(({ id }) => String(id)))
  const back: string[] = []
  at = await page('items', { sort, limit: 270, from: 'end' })
  expect(at.next).toBeNull()
  for (;;) {
    back.unshift(...at.keys.map(([id]) => id as string))
    if (at.previous === null) break
    at = await page('items', { sort, limit: 270, before: at.previous })
  }
  expect(back).toEqual(ids)
})

test('a part of all rows is found by what the planner knows, close to where it is', async () => {
  for (const fraction of [0, 0.25, 0.5, 0.9, 1]) {
    const at = await page('items', { from: { fraction }, limit: 10 })
    const first = Number(at.keys[0]?.[0])
    expect(Math.abs(first - 1000 * fraction), String(fraction)).toBeLessThan(15)
  }
  const filtered = await page('items', {
    from: { fraction: 0.5 },
    limit: 10,
    filters: [{ column: 'a', op: 'eq', value: '1' }],
  })
  expect(Math.abs(Number(filtered.keys[0]?.[0]) - 500)).toBeLessThan(100)
  const down = await page('items', {
    from: { fraction: 0.25 },
    limit: 10,
    sort: [{ column: 'id', desc: true }],
  })
  expect(Math.abs(Number(down.keys[0]?.[0]) - 750)).toBeLessThan(15)
})

test('a jump that takes too long says what would help', async () => {
  await studio.sql.script(`
    create function too_long() returns int language plpgsql volatile as 'begin raise query_canceled; end';
    create view slow as select too_long() as v from items`)
  expect(
    await studio.ask('POST', `relations/${await studio.oid('slow')}/rows`, {
      from: { fraction: 0.5 },
    }),
  ).toMatchObject({ status: 400, body: { code: 'studio_jump_too_far' } })
})

test('rows without a key are told apart by their place, and views are counted off', async () => {
  const values: string[] = []
  let at = await page('loose', { limit: 200 })
  expect(at.keys[0]).toEqual(['(0,1)'])
  for (;;) {
    values.push(...at.rows.map(([v]) => v as string))
    if (at.next === null) break
    at = await page('loose', { limit: 200, after: at.next })
  }
  expect(new Set(values).size).toBe(450)
  expect(await change('loose', { deletes: [{ key: ['(0,1)'] }] })).toMatchObject({
    status: 400,
    body: { code: 'studio_relation_not_writable' },
  })
  const first = await page('seen', { limit: 500, sort: [{ column: 'name' }] })
  const second = await page('seen', { limit: 500, sort: [{ column: 'name' }], after: first.next })
  expect(new Set([...first.rows, ...second.rows].map(([name]) => name)).size).toBe(1000)
  expect(second.next).toBeNull()
})

test.each([
  [{ column: 'a', op: 'eq', value: '3' }, 'a = 3'],
  [{ column: 'a', op: 'neq', value: '3' }, 'a <> 3'],
  [{ column: 'a', op: 'gte', value: '3' }, 'a >= 3'],
  [{ column: 'id', op: 'lt', value: '9007199254740993' }, 'id < 9007199254740993'],
  [{ column: 'name', op: 'like', value: 'n1%' }, `name like 'n1%'`],
  [{ column: 'id', op: 'like', value: '1%' }, `id::text like '1%'`],
  [{ column: 'name', op: 'ilike', value: 'N2%' }, `name ilike 'N2%'`],
  [{ column: 'name', op: 'contains', value: '9' }, `name like '%9%'`],
  [{ column: 'name', op: 'contains', value: '%' }, 'false'],
  [{ column: 'a', op: 'in', value: ['1', '2'] }, 'a in (1, 2)'],
  [{ column: 'name', op: 'in', value: ['n1', `it's"`] }, `name = 'n1'`],
  [{ column: 'a', op: 'is_null' }, 'a is null'],
  [{ column: 'a', op: 'not_null' }, 'a is not null'],
  [{ column: 'name', op: 'eq', value: `' or true --` }, 'false'],
])('%j is %s', async (filter, where) => {
  const [expected] = await studio.sql.rows<{ n: number }>(
    `select count(*) as n from items where ${where}`,
  )
  const oid = await studio.oid('items')
  const counted = await studio.ask('POST', `relations/${oid}/count`, {
    filters: [filter],
    exact: true,
  })
  expect(counted.body).toEqual({ count: expected?.n, exact: true })
})

test('counts are estimates unless asked for', async () => {
  const oid = await studio.oid('items')
  expect((await studio.ask('POST', `relations/${oid}/count`, {})).body).toEqual({
    count: 1000,
    exact: false,
  })
  const about = await studio.ask<{ count: number }>('POST', `relations/${oid}/count`, {
    filters: [{ column: 'a', op: 'eq', value: '3' }],
  })
  expect(Math.abs(about.body.count - 143)).toBeLessThan(40)
})

const exact = {
  id: '9007199254740993',
  t: '',
  c: 'ab',
  vc: 'abc',
  b: 't',
  ts: 'infinity',
  tm: '2026-01-01 00:00:00.123456',
  j: '{"b" : 1,   "a":[1.0]}',
  jb: '{"a": 1.10}',
  arr: '{a,"b c",NULL,"NULL",""}',
  by: '\\x00ff',
  n: '1.000000000000000000001',
  f: '0.1',
  iv: '1 mon -1 days',
}

test('values are written and read as Postgres prints them; null, the empty text and the default are three things', async () => {
  const inserted = await change('kinds', {
    inserts: [exact, { id: '2', t: null, d: { default: true } }],
  })
  expect(inserted.status, JSON.stringify(inserted.body)).toBe(200)
  const read = await page('kinds', { sort: [{ column: 'id', desc: true }] })
  const row = Object.fromEntries(read.columns.map((name, i) => [name, read.rows[0]?.[i]]))
  expect(row).toMatchObject({ ...exact, c: 'ab   ', by: '2', gen: '', d: 'given' })
  expect(read.cut).toEqual([[0, read.columns.indexOf('by')]])
  expect(read.rows[1]?.slice(0, 2)).toEqual(['2', null])
  const [stored] = await studio.sql.rows(
    `select id::text, t, ts::text, j::text, encode(by, 'hex') as by, jb::text, n::text from kinds where id > 2`,
  )
  expect(stored).toEqual({
    id: exact.id,
    t: '',
    ts: 'infinity',
    j: exact.j,
    by: '00ff',
    jb: exact.jb,
    n: exact.n,
  })
  const oid = await studio.oid('kinds')
  expect(
    (await studio.ask('POST', `relations/${oid}/cell`, { key: [exact.id], column: 'by' })).body,
  ).toEqual({
    value: '\\x00ff',
  })
})

test('long cells are cut and read whole on request', async () => {
  const long = '😀'.repeat(3000)
  await change('kinds', { inserts: [{ id: '1', t: long, jb: `"${'x'.repeat(2046)}"` }] })
  const read = await page('kinds', { columns: ['id', 't', 'jb'] })
  expect(read.rows[0]?.[1]).toBe('😀'.repeat(2048))
  expect(read.cut).toEqual([[0, 1]])
  const oid = await studio.oid('kinds')
  expect(
    (await studio.ask('POST', `relations/${oid}/cell`, { key: ['1'], column: 't' })).body,
  ).toEqual({ value: long })
  expect(
    await studio.ask('POST', `relations/${oid}/cell`, { key: ['7'], column: 't' }),
  ).toMatchObject({
    status: 404,
    body: { code: 'studio_row_not_found' },
  })
})

test('a row of a composite key that somebody else has changed is a conflict, and nothing is written', async () => {
  await studio.sql.script(
    `insert into pairs values (1, 'x', 'old'), (1, 'y', 'old'), (2, 'x', 'old')`,
  )
  const first = await change('pairs', {
    updates: [{ key: ['1', 'x'], old: { v: 'old' }, new: { v: 'mine' } }],
  })
  expect(first.body).toMatchObject({ updated: [['1', 'x', 'mine']] })
  const second = await change('pairs', {
    updates: [
      { key: ['2', 'x'], old: { v: 'old' }, new: { v: 'theirs' } },
      { key: ['1', 'x'], old: { v: 'old' }, new: { v: 'theirs' } },
    ],
    deletes: [{ key: ['9', 'z'] }],
    inserts: [{ tenant: '5', 'a b': 'new' }],
  })
  expect(second).toMatchObject({
    status: 409,
    body: {
      code: 'studio_rows_conflict',
      conflicts: [
        { key: ['9', 'z'], current: null },
        { key: ['1', 'x'], current: ['1', 'x', 'mine'] },
      ],
    },
  })
  expect(await studio.sql.rows(`select v from pairs order by 1`)).toEqual([
    { v: 'mine' },
    { v: 'old' },
    { v: 'old' },
  ])
})

test.each([
  ['j', exact.j, '{"b": 1, "a":[1.0]}'],
  ['ts', 'infinity', '-infinity'],
  ['arr', exact.arr, '{a}'],
  ['f', '0.1', 'NaN'],
  ['c', 'ab   ', 'b'],
  ['by', '\\x00ff', '\\x'],
  ['iv', exact.iv, '00:00:01'],
  ['t', '', null],
])(
  'an update of %s is written when what was there is given as it is printed',
  async (name, old, now) => {
    await change('kinds', { inserts: [exact] })
    const update = (was: string | null) =>
      change('kinds', {
        updates: [{ key: [exact.id], old: { [name]: was }, new: { [name]: now } }],
      })
    expect((await update(old)).status).toBe(200)
    expect((await update(old)).status).toBe(409)
  },
)

test('deleted rows come back as they were', async () => {
  await change('kinds', { inserts: [{ ...exact, t: 'x'.repeat(5000) }] })
  const before = await studio.sql.rows('select kinds::text as row from kinds')
  const gone = await change('kinds', { deletes: [{ key: [exact.id] }] })
  const { columns, deleted } = gone.body as unknown as { columns: string[]; deleted: string[][] }
  expect(await studio.sql.rows('select from kinds')).toEqual([])
  const row = Object.fromEntries(columns.map((name, i) => [name, deleted[0]?.[i]]))
  const back = await change('kinds', { inserts: [row], restore: true })
  expect(back.status, JSON.stringify(back.body)).toBe(200)
  expect(await studio.sql.rows('select kinds::text as row from kinds')).toEqual(before)
})

test('what Postgres makes itself is refused with a reason, and what it refuses is named', async () => {
  for (const name of ['gen', 'always'])
    expect(await change('kinds', { inserts: [{ id: '1', [name]: '1' }] })).toMatchObject({
      status: 400,
      body: { code: 'studio_column_not_writable' },
    })
  await change('kinds', { inserts: [exact] })
  expect(await change('kinds', { inserts: [{ id: '1' }, { id: exact.id }] })).toMatchObject({
    status: 400,
    body: {
      code: 'studio_change_refused',
      message:
        'Insert 2: duplicate key value violates unique constraint "kinds_pkey" (SQLSTATE 23505)',
      details: `Key (id)=(${exact.id}) already exists.`,
    },
  })
  expect(await change('kinds', { inserts: [{ id: '1', vc: 'abcd' }] })).toMatchObject({
    body: { message: 'Insert 1: value too long for type character varying(3) (SQLSTATE 22001)' },
  })
  expect(await change('kinds', { inserts: [{ id: 1 }] })).toMatchObject({
    status: 400,
    body: { code: 'studio_rows_invalid' },
  })
  expect(await change('kinds', { inserts: [{ nope: '1' }] })).toMatchObject({
    body: { code: 'studio_column_not_found' },
  })
  expect(await studio.sql.rows('select count(*)::int as n from kinds')).toEqual([{ n: 1 }])
})

test('a preview shows the statements and runs none; they are SQL', async () => {
  const { body } = await change('pairs', {
    preview: true,
    inserts: [{ tenant: '7', 'a b': `it's \\ "q"`, v: null }],
    updates: [{ key: ['1', 'x'], old: { v: null }, new: { v: 'n' } }],
    deletes: [{ key: ['1', 'y'] }],
  })
  const { statements } = body as unknown as { statements: string[] }
  expect(statements[0]).toBe(`delete from "public"."pairs" where "tenant" = '1' and "a b" = 'y';`)
  expect(await studio.sql.rows('select from pairs')).toEqual([])
  await studio.sql.script(statements.join('\n'))
  expect(await studio.sql.rows('select * from pairs')).toEqual([
    { tenant: 7, 'a b': `it's \\ "q"`, v: null },
  ])
})

test('a trigger that keeps a row is no conflict', async () => {
  await studio.sql.script(`
    create table soft (id int primary key, gone boolean default false); insert into soft values (1);
    create function soft() returns trigger language plpgsql as 'begin update soft set gone = true where id = old.id; return null; end';
    create trigger soft before delete on soft for each row execute function soft();`)
  expect(await change('soft', { deletes: [{ key: ['1'] }] })).toMatchObject({
    status: 200,
    body: { deleted: [], untouched: 1 },
  })
  expect(await studio.sql.rows('select gone from soft')).toEqual([{ gone: true }])
})

test('rows as a user sees them', async () => {
  await studio.sql.script(`
    create table mine (id int primary key, owner uuid); alter table mine enable row level security;
    create policy own on mine to authenticated using (owner = auth.uid());
    grant select on mine to anon, authenticated;
    insert into mine values (1, '00000000-0000-4000-8000-000000000001'), (2, null);`)
  const oid = await studio.oid('mine')
  const as = (identity: object) => page('mine', identity)
  expect((await as({})).rows).toHaveLength(2)
  expect((await as({ role: 'anon' })).rows).toEqual([])
  const claims = { sub: '00000000-0000-4000-8000-000000000001', role: 'authenticated' }
  expect((await as({ role: 'authenticated', claims })).rows).toHaveLength(1)
  expect(await studio.askAs('read-only', 'POST', `relations/${oid}/rows`, {})).toMatchObject({
    status: 200,
  })
  expect(
    await studio.askAs('read-only', 'POST', `relations/${oid}/rows`, { role: 'anon' }),
  ).toMatchObject({ status: 403, body: { code: 'control_sql_role_refused' } })
  expect(await studio.askAs('read-only', 'POST', `relations/${oid}/changes`, {})).toMatchObject({
    status: 403,
  })
  for (const role of ['supabase_admin', 'nobody'])
    expect(await studio.ask('POST', `relations/${oid}/rows`, { role })).toMatchObject({
      status: 400,
    })
  expect(await studio.ask('POST', `relations/${oid}/rows`, { after: ['1', '2'] })).toMatchObject({
    body: { code: 'studio_rows_invalid' },
  })
})
