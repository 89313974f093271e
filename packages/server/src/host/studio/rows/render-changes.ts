/** Changes of rows as SQL. */
import { columnOf, qualified } from '#host/studio/catalog'
import type { Relation } from '#host/studio/catalog'
import { fragment, identifier, join, verbatim } from '#base/sql'
import type { Fragment } from '#base/sql'
import { renderKey } from './read-cell.ts'
import { renderSame } from './render-filter.ts'
import { assignmentsOf } from './row-changes.ts'
import type { Insert, NewValue, Update } from './row-changes.ts'
import { invalid } from './row-query.ts'
import type { Cursor } from './row-query.ts'

const renderValue = (value: NewValue): Fragment =>
  value !== null && typeof value === 'object' ? verbatim('default') : fragment`${value}`

export function renderInsert(relation: Relation, values: Insert, restore: boolean): Fragment {
  const table = verbatim(qualified(relation))
  const given = assignmentsOf(relation, values, restore)
  if (given.length === 0) return fragment`insert into ${table} default values`
  const names = given.map(({ column }) => identifier(column.name))
  const overriding = restore && given.some(({ column }) => column.identity === 'always')
  return fragment`insert into ${table} (${join(names, ', ')})${verbatim(overriding ? ' overriding system value' : '')} values (${join(
    given.map(({ value }) => renderValue(value)),
    ', ',
  )})`
}

/** Its row, if what is changed is still what it was. */
export function renderUnchanged(relation: Relation, { key, old }: Update): Fragment {
  const same = Object.entries(old).map(([name, value]) =>
    renderSame(columnOf(relation, name), value),
  )
  return join([renderKey(relation, key), ...same], ' and ')
}

export function renderUpdate(relation: Relation, update: Update): Fragment {
  const set = assignmentsOf(relation, update.new, false).map(
    ({ column, value }) => fragment`${identifier(column.name)} = ${renderValue(value)}`,
  )
  if (set.length === 0) throw invalid('an update without a new value')
  return fragment`update ${verbatim(qualified(relation))} set ${join(set, ', ')} where ${renderUnchanged(relation, update)}`
}

export function renderDelete(relation: Relation, key: Cursor): Fragment {
  return fragment`delete from ${verbatim(qualified(relation))} where ${renderKey(relation, key)}`
}
