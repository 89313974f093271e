/** A list of some rows: headings that sort, rows that can be opened. For rows without end there is the grid. */
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'

export interface Column<Row> {
  /** Empty for what can be done with a row: it stays in sight where the others are scrolled. */
  readonly name: string
  readonly cell: (row: Row) => ReactNode
  /** Sorts by it. */
  readonly sort?: (row: Row) => string | number
  readonly align?: 'number'
  readonly width?: number | string
}

export function DataTable<Row>({
  label,
  columns,
  rows,
  rowKey,
  onOpen,
  isSelected,
}: {
  /** What the rows are, for those who hear it. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
  readonly onOpen?: (row: Row) => void
  readonly isSelected?: (row: Row) => boolean
}): ReactElement {
  const [order, setOrder] = useState<{ column: number; isDown: boolean } | null>(null)
  const sorted = useMemo(() => sortRows(columns, rows, order), [columns, rows, order])
  const press = (column: number): void =>
    setOrder((now) =>
      now?.column !== column
        ? { column, isDown: false }
        : now.isDown
          ? null
          : { column, isDown: true },
    )
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={label}>
      <table className="table">
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th
                key={column.name}
                className={classOf(column)}
                style={column.width === undefined ? undefined : { width: column.width }}
                aria-sort={
                  order?.column === index ? (order.isDown ? 'descending' : 'ascending') : undefined
                }
              >
                {column.sort === undefined ? (
                  column.name
                ) : (
                  <button type="button" onClick={() => press(index)}>
                    {column.name}{' '}
                    {order?.column === index &&
                      (order.isDown ? (
                        <ArrowDown size={11} aria-hidden />
                      ) : (
                        <ArrowUp size={11} aria-hidden />
                      ))}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr
              key={rowKey(row)}
              className={onOpen === undefined ? undefined : 'clickable'}
              aria-selected={isSelected?.(row)}
              onClick={(event) => {
                const pressed = event.target as HTMLElement
                // what is pressed inside a row is not the row, nor is a menu that belongs to it
                const isRow =
                  event.currentTarget.contains(pressed) &&
                  pressed.closest('a, button, input, select, label') === null
                if (isRow) onOpen?.(row)
              }}
            >
              {columns.map((column) => (
                <td key={column.name} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function classOf<Row>({ name, align }: Column<Row>): string {
  return `${align ?? ''} ${name === '' ? 'actions' : ''}`.trim()
}

function sortRows<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  order: { column: number; isDown: boolean } | null,
): readonly Row[] {
  const by = order === null ? undefined : columns[order.column]?.sort
  if (by === undefined || order === null) return rows
  const sign = order.isDown ? -1 : 1
  return rows.toSorted((a, b) => {
    const [x, y] = [by(a), by(b)]
    return (
      sign *
      (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y)))
    )
  })
}
