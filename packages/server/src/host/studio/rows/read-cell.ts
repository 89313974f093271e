/** studio.readCell: one value, whole. */
import type { ProjectDatabase } from '#host/control-plane/inspect'
import { columnOf, qualified } from '#host/studio/catalog'
import type { Relation } from '#host/studio/catalog'
import type { RunOptions } from '#base/db'
import { fragment, identifier, join, sql, verbatim } from '#base/sql'
import type { Fragment } from '#base/sql'
import { rowsErrors } from './errors.ts'
import { identityOf } from './identity.ts'
import { textRows } from './render-cells.ts'
import { invalid, keyOf } from './row-query.ts'
import type { Cursor, RowQuery } from './row-query.ts'

export interface CellQuery extends Pick<RowQuery, 'role' | 'claims'> {
  readonly key: Cursor
  readonly column: string
}

const maxRowBytes = 64 * 1024 * 1024

/** @throws studio_row_not_found */
export async function readCell(
  database: ProjectDatabase,
  relation: Relation,
  query: CellQuery,
  options: RunOptions,
): Promise<string | null> {
  const { name } = columnOf(relation, query.column)
  const statement = sql`/* studio.readCell */
    select ${identifier(name)} from ${verbatim(qualified(relation))}
    where ${renderKey(relation, query.key)} limit 1`
  const results = await database.as(identityOf(query), (open) => open.run(statement), {
    ...options,
    maxRowBytes,
  })
  const [row] = textRows(results[0] as (typeof results)[number])
  if (row === undefined) throw rowsErrors.studio_row_not_found()
  return row[0] ?? null
}

/** The one row that has this key. */
export function renderKey(relation: Relation, values: Cursor): Fragment {
  const key = keyOf(relation)
  if (key.by === 'nothing') throw invalid('nothing tells these rows apart')
  const names = key.by === 'place' ? ['ctid'] : key.columns.map(({ name }) => name)
  if (values.length !== names.length || values.includes(null))
    throw invalid(`the key has ${names.length} values, none of them null: ${names.join(', ')}`)
  const parts = names.map((name, i) => {
    const column = key.by === 'place' ? verbatim('ctid') : identifier(name)
    return fragment`${column} = ${values[i] as string}`
  })
  return join(parts, ' and ')
}
