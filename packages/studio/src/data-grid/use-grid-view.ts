/** The grid's elements in React's hands: made once, told what changes, and what is active and edited in them. */
import {
  useCallback,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import type { RefObject } from 'react'
import type { DataGridProps } from './data-grid.tsx'
import { GridView } from './grid-view.ts'

type Move = 'down' | 'right' | 'left'

interface Editing {
  readonly row: number
  readonly column: number
  readonly typed: string | null
}

interface UsedGridView {
  readonly host: RefObject<HTMLDivElement | null>
  readonly view: RefObject<GridView | null>
  readonly active: RefObject<readonly [number, number] | null>
  readonly editing: Editing | null
  readonly activate: (row: number, column: number) => void
  readonly edit: (row: number, column: number, typed: string | null) => void
  readonly done: (move?: Move) => void
}

export function useGridView(props: DataGridProps): UsedGridView {
  const { label, columns, widths, total } = props
  const id = useId()
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<GridView | null>(null)
  const latest = useRef(props)
  latest.current = props
  const active = useRef<readonly [number, number] | null>(null)
  const [editing, setEditing] = useState<Editing | null>(null)
  // head, editor and what is beside a cell are drawn again; the rows draw themselves
  const [, setMoved] = useState(0)
  const move = useCallback(() => setMoved((count) => count + 1), [])

  const activate = useCallback(
    (row: number, column: number) => {
      const { total: rows, columns: all } = latest.current
      if (rows === 0 || all.length === 0) return
      const within = (value: number, count: number): number =>
        Math.max(0, Math.min(value, count - 1))
      const at = [within(row, rows), within(column, all.length)] as const
      active.current = at
      view.current?.reveal(...at)
      view.current?.setActive(at)
      latest.current.onActive?.(...at)
      move()
    },
    [move],
  )

  const edit = useCallback(
    (row: number, column: number, typed: string | null) => {
      const { canEdit, editor } = latest.current
      if (editor === undefined || canEdit?.(row, column) !== true) return
      activate(row, column)
      setEditing({ row, column, typed })
    },
    [activate],
  )

  const done = useCallback(
    (to?: Move) => {
      const at = active.current
      setEditing(null)
      view.current?.scroller.focus({ preventScroll: true })
      view.current?.paint()
      if (at === null || to === undefined) return
      const sideways = to === 'right' ? 1 : to === 'left' ? -1 : 0
      activate(at[0] + (to === 'down' ? 1 : 0), at[1] + sideways)
    },
    [activate],
  )

  useLayoutEffect(() => {
    if (host.current === null) return
    const made = new GridView({
      host: host.current,
      id,
      face: (row, column) => latest.current.face(row, column),
      rowLook: (row) => latest.current.rowLook?.(row) ?? '',
      onRows: (first, last) => latest.current.onRows?.(first, last),
      onPress: (row, column) => {
        setEditing(null)
        activate(row, column)
      },
      onOpen: (row, column) => edit(row, column, null),
      onGutter: (row, { shiftKey, ctrlKey, metaKey }) =>
        latest.current.onSelect?.(row, shiftKey ? 'to' : ctrlKey || metaKey ? 'add' : 'one'),
      onMove: move,
    })
    view.current = made
    // the head is drawn into it
    move()
    return () => {
      view.current = null
      made.destroy()
    }
  }, [id, activate, edit, move])

  useLayoutEffect(() => {
    view.current?.describe(label, total, columns.length)
    view.current?.setRows(total)
  }, [label, total, columns.length])
  useLayoutEffect(() => view.current?.setColumns(columns, widths), [columns, widths])
  useEffect(() => {
    if (active.current !== null && active.current[1] >= columns.length) active.current = null
  }, [columns.length])

  useImperativeHandle(
    props.ref,
    () => ({
      repaint: () => view.current?.paint(),
      shift: (rows) => {
        if (active.current !== null) active.current = [active.current[0] + rows, active.current[1]]
        view.current?.shift(rows)
      },
      focus: () => view.current?.scroller.focus({ preventScroll: true }),
      goTo: activate,
    }),
    [activate],
  )
  return { host, view, active, editing, activate, edit, done }
}
