import { expect, test } from 'vitest'
import { putVariablesIn, readPsql, wordsOf } from './read-psql.ts'

test('statements end at semicolons outside quotes, comments, parentheses and bodies', () => {
  const source = `-- a; b
select ';', $x$;$x$ /* ; /* ; */ */; select (1;2);
create function f() returns int begin atomic select case when true then 1 end; end;
select 'last''s', e'\\';'`
  expect(readPsql(source).map(({ line }) => line)).toEqual([2, 2, 3, 4])
})

test('a backslash begins a command that goes to the end of its line, wherever it stands', () => {
  expect(readPsql(`\\set who 'a b'\n\\unset ECHO\nselect 1 as x \\gset p_\nselect 2;`)).toEqual([
    { kind: 'command', name: 'set', argument: `who 'a b'`, line: 1, query: '' },
    { kind: 'command', name: 'unset', argument: 'ECHO', line: 2, query: '' },
    { kind: 'command', name: 'gset', argument: 'p_', line: 3, query: 'select 1 as x' },
    { kind: 'statement', text: 'select 2', line: 4 },
  ])
  expect(readPsql(`select '\\d';\n-- \\d\n`)).toHaveLength(1)
})

test('variables are put in outside quotes, and only those that are set', () => {
  const variables = new Map([['v', `it's`]])
  expect(putVariablesIn(`:v :'v' :"v" ':v' "v":v $$:v$$ x::v :w a[1:v]`, variables)).toBe(
    `it's 'it''s' "it's" ':v' "v"it's $$:v$$ x::v :w a[1it's]`,
  )
  expect(putVariablesIn('select :v', new Map())).toBe('select :v')
})

test('words lose their quotes', () => {
  expect(wordsOf(`a 'b ''c' "d e"`)).toEqual(['a', `b 'c`, 'd e'])
})

test('a file of one line of 4 MB is read in time', () => {
  expect(readPsql(`select '${'x'.repeat(4_000_000)}'; select 1;`)).toHaveLength(2)
  expect(readPsql('select 1 + 1;\n'.repeat(100_000))).toHaveLength(100_000)
})
