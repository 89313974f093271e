/** What of a table is looked at: filters, order, hidden columns, as whom. All of it is in the address. */
import { useMemo } from 'react'
import type { GridSort } from '#studio/data-grid'
import { usePlace } from '#studio/place'

export type FilterOp =
  | 'eq'
  | 'neq'
  | 'lt'
  | 'lte'
  | 'gt'
  | 'gte'
  | 'like'
  | 'ilike'
  | 'contains'
  | 'in'
  | 'is_null'
  | 'not_null'

export interface Filter {
  readonly column: string
  readonly op: FilterOp
  readonly value?: string | readonly string[]
}

export interface ViewState {
  readonly filters: readonly Filter[]
  readonly sort: readonly GridSort[]
  readonly hidden: readonly string[]
  readonly setFilters: (filters: readonly Filter[]) => void
  readonly setSort: (sort: readonly GridSort[]) => void
  readonly setHidden: (hidden: readonly string[]) => void
}

function list(text: string | undefined): unknown[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

const isFilter = (value: unknown): value is Filter =>
  typeof value === 'object' && value !== null && 'column' in value && 'op' in value

/** A column that is gone filters and sorts nothing: it must not lock the table. */
export function useViewState(columns: readonly string[]): ViewState {
  const { search, setSearch } = usePlace()
  const { filter, sort, hide } = search
  return useMemo(() => {
    const known = new Set(columns)
    const write = (name: string, values: readonly unknown[]): void =>
      setSearch({ [name]: values.length === 0 ? null : JSON.stringify(values) })
    return {
      filters: list(filter)
        .filter(isFilter)
        .filter(({ column }) => known.has(column)),
      sort: (sort ?? '')
        .split(',')
        .filter(Boolean)
        .map((part) => ({
          column: decodeURIComponent(part.replace(/^-/, '')),
          desc: part.startsWith('-'),
        }))
        .filter(({ column }) => known.has(column)),
      hidden: list(hide).filter((name): name is string => known.has(String(name))),
      setFilters: (filters) => write('filter', filters),
      setSort: (next) =>
        setSearch({
          sort:
            next
              .map(({ column, desc }) => `${desc ? '-' : ''}${encodeURIComponent(column)}`)
              .join(',') || null,
        }),
      setHidden: (hidden) => write('hide', hidden),
    }
  }, [filter, sort, hide, columns, setSearch])
}

/** A press on a head: upwards, downwards, not at all; beside the others or in their place. */
export function sortedBy(
  sort: readonly GridSort[],
  column: string,
  isMore: boolean,
): readonly GridSort[] {
  const now = sort.find((known) => known.column === column)
  const others = isMore ? sort.filter((known) => known.column !== column) : []
  return now?.desc === true ? others : [...others, { column, desc: now !== undefined }]
}
