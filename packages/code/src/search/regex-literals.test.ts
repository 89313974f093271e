import { expect, test } from 'vitest'
import { literalsOf } from './regex-literals.ts'

test.each<[string, string[]]>([
  ['async function \\w+Stream', ['async function ', 'Stream']],
  ['^import .* from', ['import ', ' from']],
  ['colou?r', ['colo', 'r']],
  ['colou??r', ['colo', 'r']],
  ['lo+p', ['lo', 'p']],
  ['a{0,2}bc', ['bc']],
  ['if \\(x\\) {', ['if (x) {']],
  ['x[a-c]y[^]]z', ['x', 'y', 'z']],
  ['x[\\]]y', ['x', 'y']],
  ['new (Map|Set)\\(', ['new ', '(']],
  ['(foo)?bar', ['bar']],
  ['(a(b|c)+)*end', ['end']],
  ['foo(?!bar)baz', ['foo', 'baz']],
  ['\\mword\\M', ['word']],
  ['naïve 🙂?x', ['naïve ', 'x']],
])('%s → %j', (regex, texts) => {
  expect(literalsOf(regex)).toEqual(texts)
})

test.each([
  'a|b',
  'foo|',
  '\\x41bc',
  '\\u0041',
  'tab\\t',
  '(a)\\1',
  '(?#x)y',
  'open(',
  'shut)',
  '[abc',
  '[[:alpha:]]x',
  'end\\',
  'a{2',
])('%s: nothing certain', (regex) => {
  expect(literalsOf(regex)).toEqual([])
})
