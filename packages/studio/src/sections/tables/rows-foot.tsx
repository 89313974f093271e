/** Below the rows: how many there are. In place of them, where there are none: why, and what to do. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath, refusal } from '#studio/api'
import { Button, EmptyState, count } from '#studio/ui'
import type { RowsGridProps } from './rows-grid.tsx'
import { actingAs } from './use-rows.ts'

export function Foot({
  projectRef,
  relation,
  view,
  identity,
  total,
  isExact,
  picked,
}: RowsGridProps & {
  readonly total: number
  readonly isExact: boolean
  readonly picked: number
}): ReactElement {
  const [isAsked, setIsAsked] = useState(false)
  const exact = useQuery({
    queryKey: ['project', projectRef, `relations/${relation.oid}/count`, view.filters, identity],
    queryFn: ({ signal }) =>
      call<{ count: number }>('POST', projectPath(projectRef, `relations/${relation.oid}/count`), {
        body: { filters: view.filters, exact: true, ...actingAs(identity) },
        signal,
      }),
    enabled: isAsked,
  })
  const known = exact.data?.count ?? (isExact ? total : null)
  return (
    <div className="grid-foot">
      <span aria-live="polite">
        {known === null
          ? `≈ ${count(total)} rows`
          : `${count(known)} ${known === 1 ? 'row' : 'rows'}`}
      </span>
      {known === null && (
        <Button
          size="small"
          kind="quiet"
          disabled={exact.isFetching}
          onClick={() => setIsAsked(true)}
        >
          {exact.isFetching ? 'Counting…' : 'Count exactly'}
        </Button>
      )}
      {exact.error !== null && <span role="alert">Not counted: {exact.error.message}</span>}
      {picked > 0 && <span>{count(picked)} selected</span>}
      <span className="spacer" />
      {relation.key === null && <span>No key: rows are read only</span>}
    </div>
  )
}

export function NoRows({ relation, view, identity, role, onInsert }: RowsGridProps): ReactElement {
  if (view.filters.length > 0)
    return (
      <EmptyState
        title="No row passes the filters"
        action={<Button onClick={() => view.setFilters([])}>Clear filters</Button>}
      />
    )
  if (identity.role !== 'postgres')
    return (
      <EmptyState title={`${identity.label} sees no rows`}>
        Either there are none, or row level security hides them. Policies, “Try it” says which
        policy said no.
      </EmptyState>
    )
  return (
    <EmptyState
      title={`${relation.name} has no rows`}
      action={
        relation.updatable && (
          <Button kind="primary" refusal={refusal(role, 'developer')} onClick={onInsert}>
            Insert row
          </Button>
        )
      }
    >
      Insert one, or drop a CSV file on Import.
    </EmptyState>
  )
}
