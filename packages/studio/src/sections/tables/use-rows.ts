/** The rows of a relation, page by page. */
import { useEffect, useMemo, useReducer, useRef } from 'react'
import type { RefObject } from 'react'
import { call, projectPath } from '#studio/api'
import { RowRun } from '#studio/data-grid'
import type { GridHandle, GridSort, Page } from '#studio/data-grid'
import type { Identity } from '#studio/people'
import type { Filter } from './view-state.ts'

export interface RowsAsk {
  readonly projectRef: string
  readonly oid: number
  readonly columns: readonly string[]
  readonly filters: readonly Filter[]
  readonly sort: readonly GridSort[]
  readonly identity: Identity
  readonly estimate: number
}

export interface UsedRows {
  readonly run: RowRun
  /** Asks for all of it again. */
  readonly reload: () => void
}

/** As whom the rows are read; as the owner, nothing is said. */
export const actingAs = ({ role, claims }: Identity): object =>
  role === 'postgres' ? {} : { role, ...(claims === null ? {} : { claims }) }

export function useRows(ask: RowsAsk, grid: RefObject<GridHandle | null>): UsedRows {
  const { projectRef, oid, columns, filters, sort, identity, estimate } = ask
  const [turn, reload] = useReducer((count: number) => count + 1, 0)
  const [, draw] = useReducer((count: number) => count + 1, 0)
  const size = useRef(estimate)
  size.current = filters.length === 0 ? estimate : 0
  const run = useMemo(
    () =>
      new RowRun({
        estimate: size.current,
        fetchPage: (page, signal) =>
          call<Page>('POST', projectPath(projectRef, `relations/${oid}/rows`), {
            body: { columns, filters, sort, limit: 200, ...page, ...actingAs(identity) },
            signal,
          }),
        onChange: () => {
          draw()
          grid.current?.repaint()
        },
        onShift: (rows) => grid.current?.shift(rows),
      }),
    // oxlint-disable-next-line exhaustive-deps
    [projectRef, oid, columns, filters, sort, identity, turn],
  )
  useEffect(() => {
    run.want(0, 0)
    return () => run.close()
  }, [run])
  return { run, reload }
}
