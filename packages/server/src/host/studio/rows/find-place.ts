/** Where in a relation a fraction of its rows is passed, by what the planner knows of its values. */
import type { ProjectDatabase } from '#host/control-plane/inspect'
import type { Relation } from '#host/studio/catalog'
import { fragment, sql, verbatim } from '#base/sql'
import type { Fragment } from '#base/sql'
import { estimateRows } from './count-rows.ts'
import type { Term } from './render-order.ts'
import type { RowQuery } from './row-query.ts'

export interface Place {
  /** The value there; null where it is not known. */
  readonly after: Fragment | null
  /** Rows to pass from there. */
  readonly offset: number
  /** About. */
  readonly position: number
}

/** More than these are not passed: Postgres would read them all. */
const maxOffsetInBucket = 20_000

export async function findPlace(
  database: ProjectDatabase,
  relation: Relation,
  terms: readonly Term[],
  query: RowQuery,
): Promise<Place> {
  const { from, filters = [] } = query
  const fraction = typeof from === 'object' ? Math.min(Math.max(from.fraction, 0), 1) : 0
  const rows = await estimateRows(database, relation, query)
  const position = Math.max(0, Math.floor(fraction * rows))
  const [first] = terms
  const hasHistogram = filters.length === 0 && query.role === undefined && first !== undefined
  const bounds = hasHistogram ? await readBounds(database, relation, first) : null
  if (bounds === null || first === undefined || bounds.length < 2)
    return { after: null, offset: position, position }
  const steps = bounds.length - 1
  const bucket = Math.min(Math.floor(fraction * steps), steps - 1)
  const bound = bounds[bucket] as string
  const within = Math.floor((fraction * steps - bucket) * (rows / steps))
  const sign = verbatim(first.desc ? '<=' : '>=')
  const after = fragment`${first.expression} ${sign} ${bound}`
  return { after, offset: Math.min(within, maxOffsetInBucket), position }
}

/** In the order of the term; null where there are none, or where nulls stand before them. */
async function readBounds(
  database: ProjectDatabase,
  { schema, name }: Relation,
  { column, desc, nullable, nullsFirst }: Term,
): Promise<string[] | null> {
  if (column === null || (nullable && nullsFirst)) return null
  const [row] = await database.read<{ bounds: string[] | null }>(sql`/* studio.readHistogram */
    select histogram_bounds::text::text[] as bounds from pg_stats
    where schemaname = ${schema} and tablename = ${name} and attname = ${column}
    order by inherited desc limit 1`)
  const bounds = row?.bounds ?? null
  return bounds !== null && desc ? bounds.toReversed() : bounds
}
