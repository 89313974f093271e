import { expect, test } from 'vitest'
import {
  arrayLiteral,
  fragment,
  identifier,
  join,
  parseArrayLiteral,
  quoteLiteral,
  sql,
} from '#base/sql'

test('values are bound in order, fragments are placed, the opening comment is the name', () => {
  const where = join([fragment`a = ${1}`, fragment`b = ${'x'}`], ' and ')
  const statement = sql`/* t.find */ select * from ${identifier('public', 'we"ird')} where ${where} limit ${5}`
  expect(statement).toEqual({
    name: 't.find',
    text: '/* t.find */ select * from "public"."we""ird" where a = $1 and b = $2 limit $3',
    values: [1, 'x', 5],
  })
})

test('array literals survive quotes, commas, backslashes, braces, NULL and the empty string', () => {
  const items = ['a', 'b "c"', 'd\\e', 'f,g', '{h}', '', null, 'NULL']
  expect(parseArrayLiteral(arrayLiteral(items))).toEqual(items)
  expect(parseArrayLiteral('{}')).toEqual([])
})

test('a literal with a backslash becomes an escape string', () => {
  expect(quoteLiteral("it's")).toBe("'it''s'")
  expect(quoteLiteral('a\\b')).toBe("E'a\\\\b'")
})
