import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { chunksOf, openStudioFixture, textOf } from './studio.fixture.ts'
import type { StudioFixture } from './studio.fixture.ts'

let studio: StudioFixture
beforeAll(async () => {
  studio = await openStudioFixture()
  await studio.sql.script(`
    create table people (id int primary key, name text, born date, note text, j json,
      shout text generated always as (upper(name)) stored);
    create table numbered (id bigint generated always as identity primary key, v text);
    create table plain (v text);
  `)
})
afterAll(() => studio.close())
beforeEach(() => studio.sql.script('truncate people, numbered, plain'))

const send = async (table: string, query: Record<string, string>, ...texts: string[]) => {
  const path = `relations/${await studio.oid(table)}/import?${new URLSearchParams(query).toString()}`
  const answer = await studio.raw('POST', path, chunksOf(...texts))
  return {
    status: answer.status,
    body: JSON.parse(await textOf(answer)) as Record<string, unknown>,
  }
}
const columns = (...names: (string | null)[]) => JSON.stringify(names)

test('a file goes into its columns; what is not there is null, what is quoted and empty is the empty text', async () => {
  const sent = await send(
    'people',
    { columns: columns('name', 'id', 'born') },
    '\ufeffName,Id,Born\n"O\'Brien, ""Bob""",1,2000-01-',
    '02\n,2,\n"",3,infinity\n007,4,\n"a\nb",5,\n',
  )
  expect(sent).toMatchObject({ status: 200, body: { rows: 5 } })
  expect(await studio.sql.rows('select id, name, born::text from people order by id')).toEqual([
    { id: 1, name: `O'Brien, "Bob"`, born: '2000-01-02' },
    { id: 2, name: null, born: null },
    { id: 3, name: '', born: 'infinity' },
    { id: 4, name: '007', born: null },
    { id: 5, name: 'a\nb', born: null },
  ])
})

test('other delimiters, encodings and words for null; columns that are left out', async () => {
  const query = {
    columns: columns('id', null, 'name'),
    delimiter: '\t',
    null: 'NULL',
    encoding: 'LATIN1',
    header: 'false',
  }
  const path = `relations/${await studio.oid('people')}/import?${new URLSearchParams(query).toString()}`
  const bytes = async function* () {
    yield Buffer.from('1\tskipped\tM\xfcller\n2\t\tNULL\n', 'latin1')
  }
  expect((await studio.raw('POST', path, bytes())).status).toBe(200)
  expect(await studio.sql.rows('select id, name from people order by id')).toEqual([
    { id: 1, name: 'Müller' },
    { id: 2, name: null },
  ])
})

test('rows that are there already: an error, left as they are, or written over', async () => {
  await studio.sql.script(`insert into people (id, name, note) values (1, 'old', 'kept')`)
  const file = 'id,name\n1,new\n2,new\n'
  const to = { columns: columns('id', 'name') }
  expect(await send('people', to, file)).toMatchObject({
    status: 400,
    body: {
      code: 'studio_import_failed',
      message: expect.stringContaining('Line 2: duplicate key') as string,
    },
  })
  expect(await send('people', { ...to, on_conflict: 'skip' }, file)).toMatchObject({
    body: { rows: 1 },
  })
  expect(await send('people', { ...to, on_conflict: 'update' }, file)).toMatchObject({
    body: { rows: 2 },
  })
  expect(await studio.sql.rows('select id, name, note from people order by id')).toEqual([
    { id: 1, name: 'new', note: 'kept' },
    { id: 2, name: 'new', note: null },
  ])
})

test('a view that Postgres writes through is imported into', async () => {
  await studio.sql.script('create view named as select id, name from people')
  expect(await send('named', {}, 'id,name\n1,a\n2,b\n')).toMatchObject({ body: { rows: 2 } })
  expect(await studio.sql.rows('select id, name from people order by id')).toEqual([
    { id: 1, name: 'a' },
    { id: 2, name: 'b' },
  ])
})

test('what is wrong at the end has no line: the value is told', async () => {
  await studio.sql.script(
    'create table likes (id int primary key, who int references people deferrable initially deferred)',
  )
  expect(await send('likes', {}, 'id,who\n1,99\n')).toMatchObject({
    body: { code: 'studio_import_failed', message: expect.stringContaining('(who)=(99)') },
  })
  expect(await studio.sql.rows('select from likes')).toEqual([])
  await studio.sql.script('drop table likes; drop view named')
})

test('a wrong line is named with its column, nothing of the file is kept, and the rest is not read', async () => {
  let isOver = false
  const lines = async function* () {
    yield Buffer.from('id,born\n')
    for (let i = 0; !isOver; i++) {
      await new Promise((resolve) => setImmediate(resolve))
      const rows = Array.from(
        { length: 500 },
        (_, n) => `${i * 500 + n},${i === 20 && n === 7 ? 'never' : '2000-01-01'}\n`,
      )
      yield Buffer.from(rows.join(''))
    }
  }
  const path = `relations/${await studio.oid('people')}/import?id=bad&columns=${encodeURIComponent(columns('id', 'born'))}`
  const answer = await studio.raw('POST', path, lines())
  isOver = true
  expect(answer.status).toBe(400)
  expect(JSON.parse(await textOf(answer))).toMatchObject({
    code: 'studio_import_failed',
    message:
      'Line 10009, column born: invalid input syntax for type date: "never" (SQLSTATE 22007). No row was kept',
  })
  expect(await studio.sql.rows('select from people')).toEqual([])
  expect((await studio.ask('GET', 'imports/bad')).body).toMatchObject({
    status: 'failed',
    rows: null,
  })
})

test('an import says how far it is, and can be cancelled', async () => {
  let stop = false
  const endless = async function* () {
    yield Buffer.from('v\n')
    while (!stop) {
      yield Buffer.from('x\n'.repeat(1000))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const path = `relations/${await studio.oid('plain')}/import?id=long`
  const running = studio.raw('POST', path, endless())
  const state = () => studio.ask<{ bytes: number }>('GET', 'imports/long')
  await expect.poll(async () => (await state()).body.bytes ?? 0).toBeGreaterThan(100_000)
  expect(await state()).toMatchObject({ body: { status: 'running', rows: null } })
  expect(await studio.askAs('developer', 'DELETE', 'imports/long')).toMatchObject({ status: 204 })
  const answer = await running
  stop = true
  expect([answer.status, JSON.parse(await textOf(answer))]).toMatchObject([
    409,
    { code: 'studio_import_cancelled' },
  ])
  expect(await studio.sql.rows('select from plain')).toEqual([])
  expect((await state()).body).toMatchObject({ status: 'cancelled' })
  expect(await studio.ask('GET', 'imports/other')).toMatchObject({
    status: 404,
    body: { code: 'studio_import_not_found' },
  })
})

test('a file that breaks off in the middle leaves nothing', async () => {
  const broken = async function* () {
    yield Buffer.from('v\na\nb\n')
    throw new Error('the client went away')
  }
  const answer = await studio.raw('POST', `relations/${await studio.oid('plain')}/import`, broken())
  expect(answer.status).toBe(400)
  expect(await studio.sql.rows('select from plain')).toEqual([])
})

test.each([
  [{ columns: columns('nope') }, 'studio_column_not_found'],
  [{ columns: columns('shout') }, 'studio_import_invalid'],
  [{ columns: columns('id', 'id') }, 'studio_import_invalid'],
  [{ delimiter: '"' }, 'studio_import_invalid'],
  [{ encoding: `x') ; drop table people; --` }, 'studio_import_invalid'],
  [{ encoding: 'SQL_ASCII' }, 'studio_import_invalid'],
  [{ encoding: 'sqlascii' }, 'studio_import_invalid'],
  [{ null: '"' }, 'studio_import_invalid'],
  [{ null: '\0' }, 'studio_import_invalid'],
  [{ on_conflict: 'maybe' }, 'studio_import_invalid'],
])('%j is refused: %s', async (query, code) => {
  expect(await send('people', query, 'x')).toMatchObject({ status: 400, body: { code } })
})

const exported = async (table: string, body: object) => {
  const answer = await studio.raw(
    'POST',
    `relations/${await studio.oid(table)}/export`,
    chunksOf(JSON.stringify(body)),
  )
  return { ...answer, text: await textOf(answer) }
}

test('what is exported as CSV is imported as it was', async () => {
  const rows = `insert into people (id, name, born, note, j) values (1, '', '-infinity', null, '{"a" : 1}'), (2, null, null, E'a,"b"\\nc\\r\\n', null),
    (3, ' x ', null, '\\.', null), (4, '=1+1', '2000-01-01', 'é😀', '[9007199254740993]')`
  await studio.sql.script(rows)
  const before = await studio.sql.rows('select people::text as r from people order by id')
  const file = await exported('people', {
    format: 'csv',
    columns: ['id', 'name', 'born', 'note', 'j'],
  })
  expect(file.headers).toMatchObject({
    'content-disposition': "attachment; filename*=UTF-8''public.people.csv",
  })
  await studio.sql.script('truncate people')
  expect(
    await send('people', { columns: columns('id', 'name', 'born', 'note', 'j') }, file.text),
  ).toMatchObject({ status: 200 })
  expect(await studio.sql.rows('select people::text as r from people order by id')).toEqual(before)
  const statements = await exported('people', { format: 'sql' })
  await studio.sql.script(`truncate people; ${statements.text}`)
  expect(await studio.sql.rows('select people::text as r from people order by id')).toEqual(before)
  const json = await exported('people', {
    format: 'json',
    filters: [{ column: 'id', op: 'gt', value: '3' }],
  })
  expect(json.text).toContain('"j":[9007199254740993]')
  expect(JSON.parse(json.text)).toMatchObject([{ id: 4, name: '=1+1' }])
  const safe = await exported('people', {
    format: 'csv',
    columns: ['name'],
    spreadsheet_safe: true,
  })
  expect(safe.text).toContain(`\r\n'=1+1\r\n`)
})

test('many rows come in the order asked for, all of them; an empty table is an empty file', async () => {
  await studio.sql.script(
    `insert into plain select lpad(n::text, 6, '0') || repeat('x', 50) from generate_series(1, 30000) n`,
  )
  const { text } = await exported('plain', { format: 'csv', sort: [{ column: 'v', desc: true }] })
  const lines = text.trimEnd().split('\r\n')
  expect([lines.length, lines[0], lines[1]?.slice(0, 6), lines.at(-1)?.slice(0, 6)]).toEqual([
    30_001,
    'v',
    '030000',
    '000001',
  ])
  expect((await exported('numbered', { format: 'json' })).text).toBe('[]\n')
  expect((await exported('numbered', { format: 'csv' })).text).toBe('id,v\r\n')
})

test('an export that nobody reads on ends its session; one that is wrong from the beginning is an error', async () => {
  await studio.sql.script(
    `insert into plain select repeat(md5(n::text), 100) from generate_series(1, 5000) n`,
  )
  const answer = await studio.raw(
    'POST',
    `relations/${await studio.oid('plain')}/export`,
    chunksOf('{"format":"csv"}'),
  )
  const chunks = (answer.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  await chunks.next()
  const running = () =>
    studio.sql.rows(
      `select from pg_stat_activity where query like '%studio.exportRows%' and pid <> pg_backend_pid() and datname = current_database()`,
    )
  expect(await running()).toHaveLength(1)
  await chunks.return?.()
  await expect.poll(running).toEqual([])
  const wrong = await exported('people', { format: 'csv', sort: [{ column: 'j' }] })
  expect([wrong.status, JSON.parse(wrong.text)]).toMatchObject([
    400,
    { code: 'control_sql_failed' },
  ])
})
