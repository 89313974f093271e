import { expect, test } from 'vitest'
import { splitStatements } from './split-statements.ts'

const texts = (source: string): string[] => splitStatements(source).map(({ text }) => text)

test('statements end at semicolons; empty ones vanish, white space is trimmed', () => {
  expect(texts(' select 1 ;;\n select 2;\n\n')).toEqual(['select 1', 'select 2'])
  expect(texts('select 1')).toEqual(['select 1'])
  expect(texts(' \n ')).toEqual([])
  expect(texts('\uFEFFselect 1;')).toEqual(['select 1'])
})

test.each([
  ['single quotes', `insert into t values ('a;''b;')`],
  ['a backslash in a plain string does not escape', `select '\\'`],
  ['escape strings', `select E'it\\'s;', e'\\\\'`],
  ['quoted identifiers', `select 1 as "a;""b;"`],
  ['dollar quotes', `do $$ begin; end; $$`],
  [
    'tagged dollar quotes',
    `create function f() returns text as $body$ select $$;$$; $body$ language sql`,
  ],
  ['dollar signs in identifiers and parameters', `select a$b$c, $1, x$$ `.trim()],
  ['line comments', `select 1 -- no; not here\n, 2`],
  ['nested block comments', `select /* a; /* b; */ c; */ 1`],
  [
    'rules with several statements',
    `create rule r as on insert to t do also (insert into a values (1); delete from b)`,
  ],
  [
    'atomic bodies',
    `create function f() returns int language sql begin atomic; select 1; select case when true then 1 else 2 end; end`,
  ],
])('semicolons are no separators inside %s', (_, statement) => {
  expect(texts(`${statement};select 2`)).toEqual([statement, 'select 2'])
})

test('a column named atomic, a transaction and a case are not bodies', () => {
  expect(texts('select atomic; begin; select case when a then b end; end; select 2')).toEqual([
    'select atomic',
    'begin',
    'select case when a then b end',
    'end',
    'select 2',
  ])
})

test('what is never closed is one statement, for Postgres to judge', () => {
  expect(texts("select 'a; b")).toEqual(["select 'a; b"])
  expect(texts('select $x$ a; b')).toEqual(['select $x$ a; b'])
  expect(texts('select 1 /* a; b')).toEqual(['select 1 /* a; b'])
})

test('comments belong to the statement behind them; a file may end with one', () => {
  expect(splitStatements('\n-- first\n\nselect 1; -- tail\nselect\n2;\n-- the end\n')).toEqual([
    { text: '-- first\n\nselect 1', textLine: 2, line: 4, isEmpty: false },
    { text: '-- tail\nselect\n2', textLine: 4, line: 5, isEmpty: false },
    { text: '-- the end', textLine: 7, line: 7, isEmpty: true },
  ])
})

test('a megabyte is split in well under a second', () => {
  const row = `insert into t values (1, 'some; text', $$more; text$$); -- note\n`
  const begun = performance.now()
  expect(splitStatements(row.repeat(16_000))).toHaveLength(16_001)
  expect(performance.now() - begun).toBeLessThan(2000)
})

test('the rows of COPY FROM STDIN are their statement’s, whatever is in them', () => {
  const source =
    '-- rows\nCOPY public.t (a, "from") FROM stdin; -- x\n1\t;\n\\restrict\n$$\n\\.\nselect 1;\ncopy t from stdin;\r\n\\.\r\nselect 2'
  expect(splitStatements(source)).toEqual([
    {
      text: '-- rows\nCOPY public.t (a, "from") FROM stdin',
      textLine: 1,
      line: 2,
      isEmpty: false,
      data: '1\t;\n\\restrict\n$$\n',
    },
    { text: 'select 1', textLine: 7, line: 7, isEmpty: false },
    { text: 'copy t from stdin', textLine: 8, line: 8, isEmpty: false, data: '' },
    { text: 'select 2', textLine: 10, line: 10, isEmpty: false },
  ])
})

test('a COPY without rows, to stdout or from a file is an ordinary statement', () => {
  for (const text of ['copy t from stdin', 'copy t to stdout', `copy t from '/stdin'`])
    expect(splitStatements(`${text};\nselect 1;`).map(({ data }) => data)).toEqual([
      undefined,
      undefined,
    ])
})

test('a line with a backslash where a statement would begin is psql’s, and a statement of its own', () => {
  expect(splitStatements('-- dump\n\\restrict a;b\nselect 1;\n  \\unrestrict a')).toEqual([
    { text: '-- dump\n\\restrict a;b', textLine: 1, line: 2, isEmpty: false, isMeta: true },
    { text: 'select 1', textLine: 3, line: 3, isEmpty: false },
    { text: '\\unrestrict a', textLine: 4, line: 4, isEmpty: false, isMeta: true },
  ])
  expect(texts('select\n\\x;\nselect 2')).toEqual(['select\n\\x', 'select 2'])
})
