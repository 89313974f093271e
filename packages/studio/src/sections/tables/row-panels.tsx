/** What is opened of a row: all of it as a form, or one large value. */
import type { ReactElement } from 'react'
import type { GridColumn, RowRun } from '#studio/data-grid'
import { LargeValue } from './large-value.tsx'
import type { Pending } from './pending.ts'
import { OpenRow } from './row-form.tsx'
import type { Open, RowsGridProps } from './rows-grid.tsx'
import type { UsedCells } from './use-cells.ts'

export function RowPanels({
  projectRef,
  relation,
  columns: all,
  identity,
  role,
  onSaved,
  open,
  run,
  pending,
  column,
  cells: { valueAt, isCut, commit },
  onClose,
}: RowsGridProps & {
  readonly open: Open | null
  readonly run: RowRun
  readonly pending: Pending
  readonly column: GridColumn | undefined
  readonly cells: UsedCells
  readonly onClose: () => void
}): ReactElement | null {
  if (open === null) return null
  const loaded = run.row(open.row)
  if (open.kind === 'row')
    return (
      <OpenRow
        projectRef={projectRef}
        relation={relation}
        columns={all}
        role={role}
        values={Object.fromEntries(
          all.map(({ name }, at) => [
            name,
            pending.of(loaded?.key ?? null)?.new[name] ?? loaded?.values[at] ?? null,
          ]),
        )}
        onChange={(changed, value) => commit(open.row, changed, value)}
        onClose={onClose}
        onSaved={onSaved}
      />
    )
  if (column === undefined) return null
  return (
    <LargeValue
      projectRef={projectRef}
      oid={relation.oid}
      rowKey={loaded?.key ?? []}
      column={column}
      held={valueAt(open.row, open.column) ?? null}
      isCut={isCut(open.row, open.column)}
      identity={identity}
      onClose={onClose}
      onCommit={(old, value) => {
        if (loaded?.key != null) pending.set(loaded.key, column.name, old, value)
      }}
    />
  )
}
