/** Conditions on columns; values are bound, their types are for Postgres to find. */
import { columnOf } from '#host/studio/catalog'
import type { Column, Relation } from '#host/studio/catalog'
import { arrayLiteral, fragment, identifier, join, verbatim } from '#base/sql'
import type { Fragment } from '#base/sql'
import { invalid } from './row-query.ts'
import type { Filter } from './row-query.ts'

/** Types whose equality is that of what is printed; others have none, or one that takes different texts for the same. */
const comparable = new Set([
  'bool',
  'int2',
  'int4',
  'int8',
  'oid',
  'float4',
  'float8',
  'numeric',
  'money',
  'date',
  'time',
  'timetz',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
  'inet',
  'cidr',
  'macaddr',
  'text',
  'varchar',
  'name',
  'jsonb',
  'bytea',
])

/** As it is printed. */
export const printed = ({ name }: Column): Fragment =>
  fragment`pg_catalog.format('%s', ${identifier(name)})`

/** `null` is a value like others here. */
export function renderSame(column: Column, value: string | null): Fragment {
  const name = identifier(column.name)
  if (value === null) return fragment`pg_catalog.num_nulls(${name}) = 1`
  if (column.enum_values !== null && !column.is_array) return fragment`${name} = ${value}`
  if (comparable.has(column.base_type) && !column.is_array) return fragment`${name} = ${value}`
  return fragment`pg_catalog.num_nulls(${name}) = 0 and ${printed(column)} = ${value}::text`
}

export function renderFilters(relation: Relation, filters: readonly Filter[] = []): Fragment {
  if (filters.length === 0) return verbatim('true')
  return join(
    filters.map((filter) => fragment`(${renderFilter(columnOf(relation, filter.column), filter)})`),
    ' and ',
  )
}

const signs = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

function renderFilter(column: Column, filter: Filter): Fragment {
  const name = identifier(column.name)
  switch (filter.op) {
    case 'is_null':
      return fragment`pg_catalog.num_nulls(${name}) = 1`
    case 'not_null':
      return fragment`pg_catalog.num_nulls(${name}) = 0`
    case 'in': {
      if (!Array.isArray(filter.value)) throw invalid(`${filter.column}: in takes a list of values`)
      const values = filter.value as readonly string[]
      return hasEquality(column)
        ? fragment`${name} = any (${arrayLiteral(values)})`
        : fragment`${printed(column)} = any (${arrayLiteral(values)}::text[])`
    }
    case 'eq':
      return renderEqual(column, textOf(filter))
    case 'neq':
      return fragment`not (${renderEqual(column, textOf(filter))})`
    case 'like':
      return fragment`${textual(column)} like ${textOf(filter)}`
    case 'ilike':
      return fragment`${textual(column)} ilike ${textOf(filter)}`
    case 'contains':
      return renderContains(column, textOf(filter))
    default:
      return fragment`${name} ${verbatim(signs[filter.op])} ${textOf(filter)}`
  }
}

const unequal = new Set(['json', 'xml', 'point', 'polygon'])

const hasEquality = ({ base_type: type }: Column): boolean => !unequal.has(type)

const renderEqual = (column: Column, value: string): Fragment =>
  hasEquality(column)
    ? fragment`${identifier(column.name)} = ${value}`
    : fragment`${printed(column)} = ${value}::text`

const textual = (column: Column): Fragment =>
  column.category === 'S' ? identifier(column.name) : printed(column)

/** Of arrays, jsonb and ranges what they contain, of all others a part of their text. */
function renderContains(column: Column, value: string): Fragment {
  if (column.is_array || column.base_type === 'jsonb' || column.category === 'R')
    return fragment`${identifier(column.name)} @> ${value}`
  return fragment`${textual(column)} ilike ${`%${value.replace(/[\\%_]/g, '\\$&')}%`}`
}

function textOf({ column, op, value }: Filter): string {
  if (typeof value !== 'string') throw invalid(`${column}: ${op} takes a value`)
  return value
}
