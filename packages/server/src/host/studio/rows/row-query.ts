/** Which rows are asked for. */
import type { Column, Relation } from '#host/studio/catalog'
import { columnOf } from '#host/studio/catalog'
import { rowsErrors } from './errors.ts'

export const operators = [
  'eq',
  'neq',
  'lt',
  'lte',
  'gt',
  'gte',
  'like',
  'ilike',
  'in',
  'is_null',
  'not_null',
  'contains',
] as const

export interface Filter {
  readonly column: string
  readonly op: (typeof operators)[number]
  readonly value?: string | readonly string[]
}

export interface Sort {
  readonly column: string
  readonly desc?: boolean
  readonly nulls_first?: boolean
}

export type Cursor = readonly (string | null)[]

export interface RowQuery {
  /** Default all. */
  readonly columns?: readonly string[]
  readonly filters?: readonly Filter[]
  readonly sort?: readonly Sort[]
  /** Default 200. */
  readonly limit?: number
  readonly after?: Cursor
  readonly before?: Cursor
  readonly from?: 'start' | 'end' | { readonly fraction: number }
  readonly role?: string
  readonly claims?: Readonly<Record<string, unknown>>
}

/** How rows are told apart: by columns, by where they lie, or not at all. */
export type RowKey =
  | { readonly by: 'columns'; readonly columns: readonly Column[] }
  | { readonly by: 'place' }
  | { readonly by: 'nothing' }

export function keyOf(relation: Relation): RowKey {
  if (relation.key !== null)
    return { by: 'columns', columns: relation.key.map((name) => columnOf(relation, name)) }
  const hasPlaces = relation.kind === 'table' || relation.kind === 'materialized view'
  return hasPlaces ? { by: 'place' } : { by: 'nothing' }
}

/** @throws studio_column_not_found */
export function columnsOf(
  relation: Relation,
  names: readonly string[] | undefined,
): readonly Column[] {
  return names === undefined ? relation.columns : names.map((name) => columnOf(relation, name))
}

export function invalid(reason: string): Error {
  return rowsErrors.studio_rows_invalid({ reason })
}
