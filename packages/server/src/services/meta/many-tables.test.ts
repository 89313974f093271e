import { expect, test } from 'vitest'
import { buildRelationships } from '#base/catalog'
import type { KeyRelationship, ViewColumns } from '#base/catalog'
import { finish } from '#base/kernel'
import type { FunctionRow, RelationRow, TypeRow } from '#services/meta/sql'
import { renderTypes } from './render-types.ts'
import type { Shape } from './shape.ts'

const schema = 'public'
const name = (at: number): string => `t${at}`

/** Tables in a chain of foreign keys, a view, a function of its row and a schema of its own for each tenth. */
function chain(count: number): Shape {
  const numbers = [...Array(count).keys()]
  const column = { nullable: true, identity: null, has_default: false, updatable: true } as const
  const relations = numbers.map<RelationRow>((oid) => ({
    oid,
    schema,
    name: name(oid),
    kind: 'table',
    updatable: true,
    columns: ['id', 'name', 'parent'].map((text) => ({ ...column, name: text, type: 23 })),
  }))
  const rows = numbers.map<TypeRow>((oid) => ({
    oid: count + oid,
    schema,
    name: name(oid),
    element: null,
    labels: null,
    attributes: null,
    relation: oid,
  }))
  const tenths = numbers.filter((oid) => oid % 10 === 0)
  const functions = tenths.map<FunctionRow>((oid) => ({
    schema,
    name: `of_${oid}`,
    arguments: [{ name: '', type: count + oid, mode: 'in', has_default: false }],
    returns: 25,
    returns_set: false,
    rows: null,
    signature: name(oid),
    result: 'text',
  }))
  return {
    schemas: [schema, ...tenths.map((oid) => `s${oid}`)],
    relations,
    functions,
    types: new Map(rows.map((row) => [row.oid, row])),
    relationships: relationshipsOf(count).filter(
      (rel): rel is KeyRelationship => rel.kind === 'key' && rel.ownsKey,
    ),
  }
}

const at = (index: number) => ({ schema, name: name(index) })

function relationshipsOf(count: number) {
  const numbers = [...Array(count).keys()]
  const keys = numbers.slice(1).map((index) => ({
    from: at(index),
    to: at(index - 1),
    constraint: `${name(index)}_fkey`,
    columns: [['parent', 'id']] as const,
    isUnique: false,
  }))
  const views = numbers.map<ViewColumns>((index) => ({
    view: { schema, name: `v${index}` },
    table: at(index),
    columns: new Map([['id', ['id']]]),
  }))
  const tables = numbers.map((index) => ({ ...at(index), primaryKey: ['id'] }))
  return finish(buildRelationships(keys, views, [], tables, [schema]))
}

function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** How much more work 4,000 tables are than 2,000: the least of some tries, for others' garbage may fall into one. */
function growth(work: (count: number) => () => unknown): number {
  const [small, large] = [work(2000), work(4000)]
  let least = Infinity
  for (let attempt = 0; attempt < 8 && least >= 3; attempt++) {
    const smallMs = cpuMs(small)
    least = Math.min(least, cpuMs(large) / smallMs)
  }
  return least
}

const options = { postgrestVersion: '14.1', detectsOneToOne: true }

test('twice the tables are twice the work, not four times', () => {
  const render = (count: number) => {
    const shape = chain(count)
    return () => finish(renderTypes(shape, options))
  }
  expect(growth(render)).toBeLessThan(3)
  expect(growth((count) => () => relationshipsOf(count))).toBeLessThan(3)
})
