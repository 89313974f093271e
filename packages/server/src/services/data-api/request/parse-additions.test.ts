/** What we read beyond PostgREST: between, group_by. What PostgREST reads in another way stays as it is. */
import { expect, test } from 'vitest'
import type { ColumnItem } from './api-request.ts'
import { parseLine } from './request-line.fixture.ts'

const get = (query: string, path = '/t') => parseLine({ line: `GET ${path}?${query}` })

test('between is two comparisons, and its negations are one', () => {
  const { logic, values } = get('price=between.(1,"2,5")')
  expect(values).toEqual(['1', '2,5'])
  expect(logic[0]?.node).toMatchObject({
    kind: 'group',
    operator: 'and',
    negated: false,
    nodes: [
      { field: { name: 'price' }, operation: { kind: 'compare', operator: 'gte', value: 0 } },
      { field: { name: 'price' }, operation: { kind: 'compare', operator: 'lte', value: 1 } },
    ],
  })
  for (const operator of ['not.between', 'notbetween'])
    expect(get(`price=${operator}.(1,2)`).logic[0]?.node).toMatchObject({ negated: true })
  expect(get('price=not.notbetween.(1,2)').logic[0]?.node).toMatchObject({ negated: false })
  expect(get('or=(a.between.(1,2),b.not.between.(3,4))').values).toEqual(['1', '2', '3', '4'])
})

test('between has two values and nothing after them', () => {
  for (const value of ['1,2', '(1)', '(1,2,3)', '()', '(1,2)x', '(1,2'])
    expect(() => get(`price=between.${value}`)).toThrow(/failed to parse/)
})

test('two betweens have one shape whatever their values, and another than other filters', () => {
  expect(get('a=between.(1,2)').shape).toBe(get('a=between.(3,4)').shape)
  const shapes = [
    'a=between.(1,2)',
    'a=not.between.(1,2)',
    'a=gte.1&a=lte.2',
    'and=(a.between.(1,2))',
  ]
  expect(new Set(shapes.map((query) => get(query).shape)).size).toBe(4)
})

test('an argument of a function is an argument, also when it looks like ours', () => {
  const { params, logic, values } = get('a=between.(1,2)&group_by=x', '/rpc/f')
  expect(params.map(({ name }) => name)).toEqual(['a', 'group_by'])
  expect(values).toEqual(['between.(1,2)', 'x'])
  expect(logic).toEqual([])
})

test('group_by adds the columns that are not selected', () => {
  const names = (query: string) => get(query).select.map((item) => (item as ColumnItem).field.name)
  expect(names('select=region,total:amount.sum()&group_by=region')).toEqual(['region', 'amount'])
  expect(names('select=amount.sum()&group_by=region,"a b"')).toEqual(['region', 'a b', 'amount'])
})

test('group_by without an aggregate, or beside a column of its own, is refused', () => {
  for (const query of ['group_by=a', 'select=a&group_by=a', 'select=a,b,n.sum()&group_by=a'])
    expect(() => get(query)).toThrow(/failed to parse group_by parameter/)
})

test('a column named group_by is filtered as ever', () => {
  expect(get('group_by=eq.1').filterNames).toEqual(['group_by'])
})
