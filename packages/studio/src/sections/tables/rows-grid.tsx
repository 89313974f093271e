/** The rows in the grid, with what was changed and not saved laid over them. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { refusal } from '#studio/api'
import type { Role } from '#studio/api'
import type { Relation } from '#studio/catalog'
import { DataGrid, widthOf } from '#studio/data-grid'
import type { CellValue, GridColumn, GridHandle } from '#studio/data-grid'
import type { Identity } from '#studio/people'
import { Button, ErrorNotice, Loading, toast } from '#studio/ui'
import { CellEditor } from './cell-editor.tsx'
import { pressed } from './cell-keys.ts'
import { PendingBar } from './pending-bar.tsx'
import { usePending } from './pending.ts'
import { ReferenceButton } from './reference-picker.tsx'
import { RowPanels } from './row-panels.tsx'
import { Foot, NoRows } from './rows-foot.tsx'
import { useSelection } from './selection.ts'
import { useCells } from './use-cells.ts'
import { useRows } from './use-rows.ts'
import { sortedBy } from './view-state.ts'
import type { ViewState } from './view-state.ts'

export interface Selected {
  readonly rows: readonly { readonly key: readonly (string | null)[] }[]
  readonly clear: () => void
}

export interface RowsGridProps {
  readonly projectRef: string
  readonly relation: Relation
  readonly columns: readonly GridColumn[]
  readonly view: ViewState
  readonly identity: Identity
  readonly inUtc: boolean
  readonly role: Role | undefined
  readonly onSelected: (selected: Selected) => void
  readonly onInsert: () => void
  readonly onSaved: () => void
}

export type Open = { readonly kind: 'row' | 'value'; readonly row: number; readonly column: number }

export function RowsGrid(props: RowsGridProps): ReactElement {
  const { projectRef, relation, columns: all, view, identity, inUtc, role, onSelected } = props
  const grid = useRef<GridHandle>(null)
  const columns = useMemo(
    () => all.filter(({ name }) => !view.hidden.includes(name)),
    [all, view.hidden],
  )
  const names = useMemo(() => all.map(({ name }) => name), [all])
  const { run, reload } = useRows(
    {
      projectRef,
      oid: relation.oid,
      columns: names,
      filters: view.filters,
      sort: view.sort,
      identity,
      estimate: relation.estimated_rows ?? 0,
    },
    grid,
  )
  const pending = usePending(`rows:${projectRef}:${relation.oid}`)
  const selection = useSelection((row) => run.row(row)?.key ?? null)
  const [widths, setWidths] = useState<Readonly<Record<string, number>>>({})
  const [open, setOpen] = useState<Open | null>(null)
  const refused = refusal(role, 'developer')

  useEffect(() => {
    onSelected({ rows: selection.keys.map((key) => ({ key })), clear: selection.clear })
    grid.current?.repaint()
  }, [selection, onSelected])
  useEffect(() => grid.current?.repaint(), [pending, inUtc, columns])

  const cells = useCells({ run, pending, all, columns, inUtc })
  const { valueAt, face, commit, isCut } = cells
  const canEdit = (row: number, column: number): boolean => {
    const info = columns[column]
    const loaded = run.row(row)
    if (info === undefined || loaded === undefined) return false
    const reason = refused ?? info.locked
    if (reason !== null) {
      toast(reason, { kind: 'danger' })
      return false
    }
    const isLarge = info.kind === 'json' || info.kind === 'array' || isCut(row, column)
    if (isLarge) setOpen({ kind: 'value', row, column })
    return !isLarge
  }
  if (!run.isOpen)
    return run.error === null ? (
      <Loading rows={14} />
    ) : (
      <div className="page-body">
        <ErrorNotice error={run.error} onRetry={reload} />
        {view.filters.length > 0 && (
          <Button onClick={() => view.setFilters([])}>Clear filters</Button>
        )}
      </div>
    )
  if (run.total === 0 && pending.count === 0) return <NoRows {...props} />
  return (
    <>
      <DataGrid
        ref={grid}
        label={`Rows of ${relation.name}`}
        columns={columns}
        widths={columns.map((column) => widths[column.name] ?? widthOf(column))}
        onWidth={(index, width) =>
          setWidths({ ...widths, [(columns[index] as GridColumn).name]: width })
        }
        total={run.total}
        face={face}
        rowLook={(row) => (selection.has(row) ? 'selected' : '')}
        onRows={(first, last) => run.want(first, last)}
        sort={view.sort}
        onSort={(index, isMore) =>
          view.setSort(sortedBy(view.sort, (columns[index] as GridColumn).name, isMore))
        }
        onHide={(index) => view.setHidden([...view.hidden, (columns[index] as GridColumn).name])}
        onSelect={selection.select}
        canEdit={canEdit}
        editor={({ row, column, typed, onDone }) => (
          <CellEditor
            column={column}
            typed={typed}
            value={valueAt(row, columns.indexOf(column)) ?? null}
            onDone={onDone}
            onCommit={(value) => commit(row, column, value)}
          />
        )}
        onKey={(event, row, column) =>
          pressed(event, {
            info: columns[column],
            value: valueAt(row, column),
            canWrite: refused === null && columns[column]?.locked === null,
            commit: (value) => commit(row, columns[column] as GridColumn, value),
            undo: pending.undo,
            open: () => setOpen({ kind: 'row', row, column }),
            select: () => selection.select(row, 'add'),
            selectAll: () => selection.all(run.total),
          })
        }
        aside={(row, column) => (
          <CellReference
            {...props}
            column={columns[column]}
            value={valueAt(row, column)}
            onPick={(target, part) => commit(row, target, part)}
          />
        )}
      />
      {run.error !== null && <ErrorNotice error={run.error} onRetry={() => run.retry()} />}
      <Foot {...props} total={run.total} isExact={run.isExact} picked={selection.keys.length} />
      <PendingBar
        projectRef={projectRef}
        relation={relation}
        pending={pending}
        role={role}
        onSaved={props.onSaved}
      />
      <RowPanels
        {...props}
        open={open}
        run={run}
        pending={pending}
        column={columns[open?.column ?? -1]}
        cells={cells}
        onClose={() => {
          setOpen(null)
          grid.current?.focus()
        }}
      />
    </>
  )
}

function CellReference({
  projectRef,
  relation,
  columns: all,
  role,
  column,
  value,
  onPick,
}: Omit<RowsGridProps, 'view'> & {
  readonly column: GridColumn | undefined
  readonly value: CellValue | undefined
  readonly onPick: (column: GridColumn, value: string | null) => void
}): ReactElement | null {
  if (column?.refersTo == null || value === undefined || value === null) return null
  const canPick = refusal(role, 'developer') === null && column.locked === null
  const pick = (picked: Readonly<Record<string, string | null>>): void => {
    for (const [name, part] of Object.entries(picked)) {
      const target = all.find((known) => known.name === name)
      if (target !== undefined) onPick(target, part)
    }
  }
  return (
    <ReferenceButton
      projectRef={projectRef}
      relation={relation}
      column={column.name}
      value={value}
      {...(canPick ? { onPick: pick } : {})}
    />
  )
}
