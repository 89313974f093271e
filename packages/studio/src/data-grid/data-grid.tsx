/** The grid: rows without end, walked by mouse and keyboard (ARIA's grid pattern), with one editor at a time over its cell. */
import './grid.css'
import { createPortal } from 'react-dom'
import type { KeyboardEvent, ReactElement, ReactNode, Ref } from 'react'
import type { GridColumn } from './column.ts'
import { GridHead } from './grid-head.tsx'
import type { GridSort } from './grid-head.tsx'
import type { CellBox } from './grid-view.ts'
import type { CellFace } from './row-slots.ts'
import { moveOf } from './moves.ts'
import { useGridView } from './use-grid-view.ts'

export interface GridHandle {
  /** Draws again what is seen: something of the rows has changed. */
  repaint(): void
  shift(rows: number): void
  focus(): void
  /** Makes a cell the active one, and shows it. */
  goTo(row: number, column: number): void
}

export interface EditorProps {
  readonly row: number
  readonly column: GridColumn
  /** What was typed to begin, in place of what is there; null: edit what is there. */
  readonly typed: string | null
  /** Closes it; where the next cell is. */
  readonly onDone: (move?: 'down' | 'right' | 'left') => void
}

export interface DataGridProps {
  readonly label: string
  readonly ref?: Ref<GridHandle>
  readonly columns: readonly GridColumn[]
  readonly widths: readonly number[]
  readonly onWidth: (column: number, width: number) => void
  readonly total: number
  /** Null: not loaded yet. */
  readonly face: (row: number, column: number) => CellFace | null
  readonly rowLook?: (row: number) => string
  readonly onRows?: (first: number, last: number) => void
  readonly sort?: readonly GridSort[]
  readonly onSort?: (column: number, isMore: boolean) => void
  readonly onHide?: (column: number) => void
  /** A press on a row's number: `one`, `add`, or `to` from the last one. */
  readonly onSelect?: (row: number, how: 'one' | 'add' | 'to') => void
  /** Whether a cell can be edited now. */
  readonly canEdit?: (row: number, column: number) => boolean
  readonly editor?: (props: EditorProps) => ReactNode
  /** Keys that the grid does not know: true where one was taken. */
  readonly onKey?: (event: KeyboardEvent, row: number, column: number) => boolean
  readonly onActive?: (row: number, column: number) => void
  /** Beside the active cell: the way to what it refers to. */
  readonly aside?: (row: number, column: number) => ReactNode
}

export function DataGrid(props: DataGridProps): ReactElement {
  const { columns, widths, total, sort = [], editor } = props
  const { host, view, active, editing, activate, edit, done } = useGridView(props)

  const press = (event: KeyboardEvent): void => {
    if (editing !== null || view.current === null || event.target !== view.current.scroller) return
    const [first, last] = view.current.visibleRows()
    const [row, column] = active.current ?? [first, 0]
    if (active.current !== null && (props.onKey?.(event, row, column) ?? false)) {
      event.preventDefault()
      return
    }
    const to = moveOf(event, {
      row,
      column,
      rows: total,
      columns: columns.length,
      page: last - first,
    })
    if (to !== null) {
      event.preventDefault()
      // the first step only enters the grid
      const isFar = event.ctrlKey || event.metaKey || event.key.startsWith('Page')
      activate(...(active.current === null && !isFar ? ([row, column] as const) : to))
    } else if (event.key === 'Enter' || event.key === 'F2') {
      event.preventDefault()
      edit(row, column, null)
    } else if (isLetter(event)) {
      event.preventDefault()
      edit(row, column, event.key)
    }
  }

  const current = view.current
  const box = editing === null ? null : (current?.boxOf(editing.row, editing.column) ?? null)
  const column = editing === null ? undefined : columns[editing.column]
  return (
    <div className="g" onKeyDown={press} ref={host}>
      {current !== null &&
        createPortal(
          <GridHead
            columns={columns}
            widths={widths}
            sort={sort}
            scrollLeft={current?.scrollLeft ?? 0}
            frozen={current?.frozen ?? 0}
            {...(props.onSort === undefined ? {} : { onSort: props.onSort })}
            {...(props.onHide === undefined ? {} : { onHide: props.onHide })}
            onWidth={props.onWidth}
          />,
          current.viewport,
        )}
      {editing === null && active.current !== null && (
        <Aside box={current?.boxOf(...active.current) ?? null}>
          {props.aside?.(...active.current)}
        </Aside>
      )}
      {editing !== null && box !== null && column !== undefined && (
        <div className="g-editor" style={{ left: box.left, top: box.top, width: box.width }}>
          {editor?.({ row: editing.row, column, typed: editing.typed, onDone: done })}
        </div>
      )}
    </div>
  )
}

const isLetter = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean =>
  key.length === 1 && key !== ' ' && !ctrlKey && !metaKey && !altKey

function Aside({
  box,
  children,
}: {
  readonly box: CellBox | null
  readonly children: ReactNode
}): ReactElement | null {
  if (box === null || children === null || children === undefined) return null
  return (
    <div className="g-peek" style={{ left: box.left + box.width - 28, top: box.top + 3 }}>
      {children}
    </div>
  )
}
