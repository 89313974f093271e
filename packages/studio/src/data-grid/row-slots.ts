/** The rows that stand in the viewport: a few, whose cells are made for the columns that are seen and whose texts are rewritten. */
import type { GridColumn } from './column.ts'
import { element, setAttribute, setText } from './elements.ts'

/** What a cell shows. */
export interface CellFace {
  readonly text: string
  /** Classes: `null`, `empty`, `default`, `edited`, `deleted`, `cut`, `number`, `mono`, `chip`, … */
  readonly look: string
}

/** Left of all columns: the row's number and its box. */
export const gutterWidth = 56

export interface ShownColumns {
  readonly columns: readonly GridColumn[]
  /** Where each begins, and the last one ends. */
  readonly edges: readonly number[]
  /** The first and the last that are seen. */
  readonly range: readonly [number, number]
  /** How many stay in sight at the left: none or one. */
  readonly frozen: number
}

export interface ShownRows {
  /** Of the first slot. */
  readonly first: number
  /** All there are. */
  readonly count: number
  readonly frozen: number
  readonly active: readonly [number, number] | null
  /** Null: not loaded. */
  readonly face: (row: number, column: number) => CellFace | null
  readonly rowLook: (row: number) => string
}

interface Slot {
  readonly row: HTMLElement
  readonly gutter: HTMLElement
  readonly cells: HTMLElement[]
}

export class RowSlots {
  readonly #body: HTMLElement
  readonly #id: string
  readonly #slots: Slot[] = []
  #shown: ShownColumns = { columns: [], edges: [0], range: [0, -1], frozen: 0 }

  constructor(body: HTMLElement, id: string) {
    this.#body = body
    this.#id = id
  }

  get count(): number {
    return this.#slots.length
  }

  cellId(slot: number, column: number): string {
    return `${this.#id}-${slot}-${column}`
  }

  resize(count: number): void {
    while (this.#slots.length > count) this.#slots.pop()?.row.remove()
    while (this.#slots.length < count) this.#slots.push(this.#make())
  }

  show(shown: ShownColumns): void {
    this.#shown = shown
    for (const [index, slot] of this.#slots.entries()) this.#fill(slot, index)
  }

  paint(rows: ShownRows): void {
    for (const [index, slot] of this.#slots.entries()) paintSlot(slot, rows.first + index, rows)
  }

  #make(): Slot {
    const row = element('div', 'g-row')
    row.setAttribute('role', 'row')
    const gutter = element('div', 'g-gutter')
    gutter.setAttribute('role', 'rowheader')
    row.append(gutter)
    this.#body.append(row)
    const slot = { row, gutter, cells: [] }
    this.#fill(slot, this.#slots.length)
    return slot
  }

  /** Cells of the columns that are seen, and the frozen one. */
  #fill(slot: Slot, index: number): void {
    for (const cell of slot.cells) cell.remove()
    slot.cells.length = 0
    const { columns: known, edges, range, frozen } = this.#shown
    const [first, last] = range
    const columns = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at)
    if (frozen === 1 && first > 0) columns.unshift(0)
    for (const column of columns) {
      if (known[column] === undefined) continue
      const cell = element('div', 'g-cell')
      cell.setAttribute('role', 'gridcell')
      cell.id = this.cellId(index, column)
      cell.setAttribute('aria-colindex', String(column + 1))
      cell.dataset['column'] = String(column)
      cell.style.left = `${gutterWidth + (edges[column] ?? 0)}px`
      cell.style.width = `${(edges[column + 1] ?? 0) - (edges[column] ?? 0)}px`
      cell.append('')
      slot.cells.push(cell)
      slot.row.append(cell)
    }
  }
}

function paintSlot({ row, gutter, cells }: Slot, index: number, rows: ShownRows): void {
  const isThere = index < rows.count
  if (row.hidden === isThere) row.hidden = !isThere
  if (!isThere) return
  setAttribute(row, 'aria-rowindex', String(index + 2))
  const look = `g-row ${rows.rowLook(index)}`
  if (row.className !== look) row.className = look
  setText(gutter, String(index + 1))
  const { active, frozen } = rows
  for (const cell of cells) {
    const column = Number(cell.dataset['column'])
    const face = rows.face(index, column)
    const isActive = active !== null && active[0] === index && active[1] === column
    const name = `g-cell ${face?.look ?? 'waiting'}${isActive ? ' active' : ''}${column < frozen ? ' frozen' : ''}`
    if (cell.className !== name) cell.className = name
    setText(cell, face?.text ?? '')
  }
}
