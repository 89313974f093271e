/** The heads of columns: a press sorts, a drag of the edge widens, the menu hides. */
import { ArrowDown, ArrowUp, ChevronDown, KeyRound, Link2, Lock } from 'lucide-react'
import type { PointerEvent, ReactElement } from 'react'
import { IconButton, Menu } from '#studio/ui'
import { shortType } from './column.ts'
import type { GridColumn } from './column.ts'
import { columnsWithin, edgesOf } from './geometry.ts'
import { gutterWidth } from './row-slots.ts'

export interface GridSort {
  readonly column: string
  readonly desc: boolean
}

interface GridHeadProps {
  readonly columns: readonly GridColumn[]
  readonly widths: readonly number[]
  readonly sort: readonly GridSort[]
  readonly scrollLeft: number
  readonly frozen: number
  readonly onSort?: (column: number, isMore: boolean) => void
  readonly onHide?: (column: number) => void
  readonly onWidth: (column: number, width: number) => void
}

export function GridHead({
  columns,
  widths,
  sort,
  scrollLeft,
  frozen,
  onSort,
  onHide,
  onWidth,
}: GridHeadProps): ReactElement {
  const edges = edgesOf(widths)
  const [first, last] = columnsWithin(edges, scrollLeft, scrollLeft + window.innerWidth)
  return (
    <div className="g-head" role="row">
      <div className="g-th" style={{ left: 0, width: gutterWidth, zIndex: 3 }} role="columnheader">
        <span className="visually-hidden">Row</span>
      </div>
      {columns.map((column, index) => {
        const isFrozen = index < frozen
        if (!isFrozen && (index < first || index > last)) return null
        const order = sort.findIndex(({ column: name }) => name === column.name)
        const isDown = sort[order]?.desc === true
        return (
          <div
            key={column.name}
            className="g-th"
            role="columnheader"
            aria-colindex={index + 1}
            aria-sort={order < 0 ? undefined : isDown ? 'descending' : 'ascending'}
            style={{
              left: gutterWidth + (edges[index] ?? 0) - (isFrozen ? 0 : scrollLeft),
              width: widths[index],
              zIndex: isFrozen ? 2 : undefined,
            }}
          >
            {column.isKey && <KeyRound size={12} aria-label="Key" />}
            {column.refersTo !== null && (
              <Link2 size={12} aria-label={`Refers to ${column.refersTo}`} />
            )}
            {column.locked !== null && !column.isKey && (
              <Lock size={11} aria-label={column.locked} />
            )}
            <button
              type="button"
              className="name truncate"
              title={[column.name, column.type, column.comment].filter(Boolean).join('\n')}
              onClick={(event) => onSort?.(index, event.shiftKey)}
            >
              {column.name}
            </button>
            <span className="type truncate">{shortType(column.type)}</span>
            <span className="spacer" />
            {order >= 0 &&
              (isDown ? <ArrowDown size={13} aria-hidden /> : <ArrowUp size={13} aria-hidden />)}
            {onSort !== undefined && (
              <Menu
                trigger={
                  <IconButton
                    size="small"
                    label={`Column ${column.name}`}
                    icon={<ChevronDown size={13} />}
                  />
                }
                entries={[
                  {
                    label: 'Sort',
                    icon: <ArrowUp size={14} aria-hidden />,
                    onSelect: () => onSort(index, false),
                  },
                  { label: 'Sort also by this', onSelect: () => onSort(index, true) },
                  ...(onHide === undefined
                    ? []
                    : [{ label: 'Hide column', onSelect: () => onHide(index) }]),
                ]}
              />
            )}
            <Grip width={widths[index] ?? 0} onWidth={(width) => onWidth(index, width)} />
          </div>
        )
      })}
    </div>
  )
}

function Grip({
  width,
  onWidth,
}: {
  readonly width: number
  readonly onWidth: (width: number) => void
}): ReactElement {
  const start = (event: PointerEvent<HTMLSpanElement>): void => {
    event.preventDefault()
    const from = event.clientX
    const target = event.currentTarget
    target.setPointerCapture(event.pointerId)
    const drag = (moved: globalThis.PointerEvent): void =>
      onWidth(Math.max(60, Math.min(900, width + moved.clientX - from)))
    const stop = (): void => {
      target.removeEventListener('pointermove', drag)
      target.removeEventListener('pointerup', stop)
      target.removeEventListener('pointercancel', stop)
    }
    target.addEventListener('pointermove', drag)
    target.addEventListener('pointerup', stop)
    target.addEventListener('pointercancel', stop)
  }
  return <span className="grip" aria-hidden onPointerDown={start} />
}
