import { expect, test } from 'vitest'
import { TooMuchJson, parseJson } from './json.ts'

test.each([
  ['nested lists', '['.repeat(501) + ']'.repeat(501), /nested more than 500 deep/],
  ['members', `[${'{"a":1},'.repeat(19_000)}0]`, /20000 members/],
  ['elements', `[${'1,'.repeat(200_001)}1]`, /200000 elements/],
])('%s beyond the limit are not parsed', (_, text, reason) => {
  expect(() => parseJson(text)).toThrow(TooMuchJson)
  expect(() => parseJson(text)).toThrow(reason)
})

test.each([
  ['deep', '['.repeat(500) + ']'.repeat(500)],
  ['many members', `{${Array.from({ length: 18_000 }, (_, i) => `"k${i}":1`).join(',')}}`],
  ['many elements', `[${'1,'.repeat(199_000)}1]`],
  ['brackets, colons and escapes in a string', JSON.stringify('[{:,\\"'.repeat(100_000))],
  ['a scalar', '1'],
])('%s within it are', (_, text) => {
  expect(parseJson(text)).toEqual(JSON.parse(text))
})

test('what is no JSON says so', () => {
  expect(() => parseJson('{"a"')).toThrow(SyntaxError)
  expect(() => parseJson('{"a"')).not.toThrow(TooMuchJson)
})
