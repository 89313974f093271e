/** studio.countRows: how many rows there are, as Postgres estimates or as it counts. */
import type { ProjectDatabase } from '#host/control-plane/inspect'
import { qualified } from '#host/studio/catalog'
import type { Relation } from '#host/studio/catalog'
import type { RunOptions } from '#base/db'
import { sql, verbatim } from '#base/sql'
import { identityOf } from './identity.ts'
import { renderFilters } from './render-filter.ts'
import type { RowQuery } from './row-query.ts'

type Asked = Pick<RowQuery, 'filters' | 'role' | 'claims'>

export async function countRows(
  database: ProjectDatabase,
  relation: Relation,
  query: Asked,
  options: RunOptions,
): Promise<number> {
  const [row] = await database.as(
    identityOf(query),
    (transaction) =>
      transaction.rows<{ count: number }>(sql`/* studio.countRows */
        select count(*) from ${verbatim(qualified(relation))} where ${renderFilters(relation, query.filters)}`),
    options,
  )
  return row?.count ?? 0
}

/** What was last counted, or what the planner expects. */
export async function estimateRows(
  database: ProjectDatabase,
  relation: Relation,
  query: Asked,
): Promise<number> {
  const { estimated_rows: counted } = relation
  if (counted !== null && (query.filters ?? []).length === 0 && query.role === undefined)
    return counted
  const [row] = await database.as(identityOf(query), (transaction) =>
    transaction.rows<{ 'QUERY PLAN': readonly [{ readonly Plan: { 'Plan Rows': number } }] }>(
      sql`/* studio.estimateRows */ explain (format json)
        select from ${verbatim(qualified(relation))} where ${renderFilters(relation, query.filters)}`,
    ),
  )
  return row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0
}
