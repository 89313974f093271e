import { expect, test } from 'vitest'
import { lineRegex } from './line-regex.ts'

test.each([
  ['\\bname\\b', '\\yname\\y'],
  ['a\\Bb\\\\b', 'a\\Yb\\\\b'],
  ['end$', 'end\\r?$'],
  ['(a|b$)', '(a|b\\r?$)'],
  ['\\$[$\\b]', '\\$[$\\b]'],
  ['[]$]$', '[]$]\\r?$'],
  ['[^]$]\\b', '[^]$]\\y'],
  ['[[:alpha:]$]\\b', '[[:alpha:]$]\\y'],
  ['[[:alpha', '[[:alpha'],
  ['a\\', 'a\\'],
])('%s → %s', (regex, expected) => {
  expect(lineRegex(regex, '\\r?')).toBe(expected)
})
