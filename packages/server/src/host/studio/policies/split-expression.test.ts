import { expect, test } from 'vitest'
import { splitExpression } from './split-expression.ts'
import type { ExpressionTree } from './split-expression.ts'

const shape = ({ op, expression, children }: ExpressionTree): unknown =>
  op === 'leaf' ? expression : [op, ...children.map(shape)]

test.each([
  ['true', 'true'],
  ['((a = 1) AND (NOT b))', ['and', 'a = 1', ['not', 'b']]],
  ['a OR b AND c', ['or', 'a', ['and', 'b', 'c']]],
  ['(a AND b AND (c OR d))', ['and', 'a', 'b', ['or', 'c', 'd']]],
  [`(name = ' AND (') OR "or" = 1`, ['or', `name = ' AND ('`, '"or" = 1']],
  [String.raw`x = E'it\'s) AND (' AND y`, ['and', String.raw`x = E'it\'s) AND ('`, 'y']],
  ['(( SELECT auth.uid() AS uid) = owner)', '( SELECT auth.uid() AS uid) = owner'],
  ['( SELECT a AND b FROM t)', '( SELECT a AND b FROM t)'],
  ['(EXISTS ( SELECT 1 FROM t WHERE (a AND b)))', 'EXISTS ( SELECT 1 FROM t WHERE (a AND b))'],
  ['CASE WHEN a AND b THEN c OR d ELSE e END', 'CASE WHEN a AND b THEN c OR d ELSE e END'],
  ['CASE WHEN a THEN b END AND c', ['and', 'CASE WHEN a THEN b END', 'c']],
  ['((a AND b) IS TRUE)', '(a AND b) IS TRUE'],
  ['x BETWEEN 1 AND 2 AND y', ['and', 'x BETWEEN 1 AND 2', 'y']],
  ['(a, b) = (1, 2)', '(a, b) = (1, 2)'],
  ['((a, b))', '(a, b)'],
  ['t.end AND t."case" AND NOT (NOT z)', ['and', 't.end', 't."case"', ['not', ['not', 'z']]]],
  ['sand OR borders', ['or', 'sand', 'borders']],
  ['a[1 + (CASE WHEN b THEN 1 END)] AND c', ['and', 'a[1 + (CASE WHEN b THEN 1 END)]', 'c']],
])('%s', (text, expected) => {
  expect(shape(splitExpression(text))).toEqual(expected)
})

test('what is nested deeper than anybody writes is not split to the end', () => {
  const deep = '(NOT '.repeat(500) + 'a' + ')'.repeat(500)
  expect(JSON.stringify(splitExpression(deep)).length).toBeLessThan(500_000)
})
