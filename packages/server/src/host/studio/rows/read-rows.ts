/** studio.readRows: one page of a relation, by the key of the row before it. */
import type { ProjectDatabase } from '#host/control-plane/inspect'
import { qualified } from '#host/studio/catalog'
import type { Column, Relation } from '#host/studio/catalog'
import type { Result, RunOptions, Transaction } from '#base/db'
import { fragment, identifier, join, sql, verbatim } from '#base/sql'
import type { Fragment, Statement } from '#base/sql'
import { isTimeout, rowsErrors } from './errors.ts'
import { findPlace } from './find-place.ts'
import { identityOf } from './identity.ts'
import { readCells, renderCell, textRows } from './render-cells.ts'
import { renderFilters } from './render-filter.ts'
import { renderAfter, renderOrder, reversed, termsOf } from './render-order.ts'
import type { Term } from './render-order.ts'
import { columnsOf, keyOf } from './row-query.ts'
import type { Cursor, RowKey, RowQuery } from './row-query.ts'

export interface Page {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly cut: readonly (readonly [number, number])[]
  readonly keys: readonly (readonly (string | null)[])[]
  readonly next: Cursor | null
  readonly previous: Cursor | null
  readonly position: number | null
}

const defaultLimit = 200
const maxBytes = 16 * 1024 * 1024
const jumpMs = 4_000

interface Plan {
  readonly relation: Relation
  readonly query: RowQuery
  readonly columns: readonly Column[]
  readonly key: RowKey
  readonly terms: readonly Term[]
  readonly limit: number
}

export async function readRows(
  database: ProjectDatabase,
  relation: Relation,
  query: RowQuery,
  options: RunOptions,
): Promise<Page> {
  const key = keyOf(relation)
  const terms = termsOf(relation, key, query.sort)
  const columns = columnsOf(relation, query.columns)
  const plan = { relation, query, columns, key, terms, limit: query.limit ?? defaultLimit }
  const isJump = typeof query.from === 'object'
  const place = isJump ? await findPlace(database, relation, terms, query) : null
  const backwards = query.before !== undefined || query.from === 'end'
  const offset = place?.offset ?? offsetOf(plan)
  const statement = renderPage(plan, place?.after ?? null, offset, backwards)
  const run = (transaction: Transaction): Promise<Result> =>
    transaction.firstRows(statement, plan.limit + 1, maxBytes)
  const limits = isJump ? { ...options, timeoutMs: jumpMs } : options
  try {
    const result = await database.as(identityOf(query), run, limits)
    // Postgres knew of more than there are
    if (isJump && result.rows.length === 0)
      return await readRows(database, relation, { ...query, from: 'end' }, options)
    return pageOf(plan, result, { backwards, offset, position: place?.position ?? null })
  } catch (error) {
    throw isJump && isTimeout(error) ? rowsErrors.studio_jump_too_far(undefined, error) : error
  }
}

/** What has no key is counted off. */
function offsetOf({ key, query }: Plan): number {
  if (key.by !== 'nothing') return 0
  const [before] = query.before ?? []
  const [after] = query.after ?? []
  return Math.max(0, Math.trunc(Number(before ?? after ?? 0)) || 0)
}

function renderPage(
  { relation, query, columns, key, terms, limit }: Plan,
  from: Fragment | null,
  offset: number,
  backwards: boolean,
): Statement {
  const isCounted = key.by === 'nothing'
  const order = backwards && !isCounted ? reversed(terms) : terms
  const cursor = isCounted ? undefined : (query.before ?? query.after)
  const after = cursor === undefined ? verbatim('true') : renderAfter(order, cursor)
  const cells = [
    ...columns.map(renderCell),
    ...keyColumns(key),
    ...terms.map(({ expression }) => expression),
  ]
  return sql`/* studio.readRows */
    select ${join(cells, ', ')} from ${verbatim(qualified(relation))}
    where ${renderFilters(relation, query.filters)} and ${after} and ${from ?? verbatim('true')}
    ${renderOrder(order)} limit ${limit + 1} offset ${offset}`
}

export function keyColumns(key: RowKey): Fragment[] {
  if (key.by === 'place') return [fragment`ctid`]
  return key.by === 'nothing' ? [] : key.columns.map(({ name }) => identifier(name))
}

interface Read {
  readonly backwards: boolean
  readonly offset: number
  readonly position: number | null
}

function pageOf(plan: Plan, result: Result, { backwards, offset, position }: Read): Page {
  const { columns, key, terms, limit, query } = plan
  const all = textRows(result)
  const hasMore = all.length > limit
  const rows = all.slice(0, limit)
  const isCounted = key.by === 'nothing'
  if (backwards && !isCounted) rows.reverse()
  const keyLength = keyColumns(key).length
  const cursorOf = (row: (typeof rows)[number] | undefined): Cursor | null =>
    row?.slice(columns.length + keyLength, columns.length + keyLength + terms.length) ?? null
  const hasBefore = backwards
    ? hasMore
    : query.after !== undefined || position !== null || offset > 0
  const hasBehind = backwards ? query.before !== undefined : hasMore
  const next = isCounted ? [String(offset + rows.length)] : cursorOf(rows.at(-1))
  const previous = isCounted ? [String(Math.max(0, offset - limit))] : cursorOf(rows[0])
  return {
    columns: columns.map(({ name }) => name),
    ...readCells(rows, columns),
    keys: rows.map((row) => row.slice(columns.length, columns.length + keyLength)),
    next: hasBehind ? next : null,
    previous: hasBefore && (rows.length > 0 || isCounted) ? previous : null,
    position: position ?? positionOf(plan, rows.length),
  }
}

function positionOf({ query, relation }: Plan, rows: number): number | null {
  if (query.after !== undefined || query.before !== undefined) return null
  if (query.from !== 'end') return 0
  const { estimated_rows: all } = relation
  return all === null || (query.filters ?? []).length > 0 ? null : Math.max(0, all - rows)
}
