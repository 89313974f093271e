/**
 * The grid's elements, without React: rows are a few slots in a viewport that stays where it is, and scrolling rewrites their
 * texts. Measured at 1,000,000 rows (`npm run test:studio`): no frame over 50 ms; React rows in a tall layer took 100 to 430.
 */
import type { GridColumn } from './column.ts'
import { element } from './elements.ts'
import { Geometry, columnsWithin, edgesOf, headHeight, rowHeight } from './geometry.ts'
import { RowSlots, gutterWidth } from './row-slots.ts'
import type { CellFace } from './row-slots.ts'

export interface GridViewOptions {
  readonly host: HTMLElement
  readonly id: string
  /** Null: not loaded. */
  readonly face: (row: number, column: number) => CellFace | null
  readonly rowLook: (row: number) => string
  /** Rows that are looked at; at most every frame, and not while scrolling is fast. */
  readonly onRows: (first: number, last: number) => void
  readonly onPress: (row: number, column: number, event: MouseEvent) => void
  readonly onOpen: (row: number, column: number) => void
  readonly onGutter: (row: number, event: MouseEvent) => void
  readonly onMove: () => void
}

/** In the viewport. */
export interface CellBox {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Pixels in a millisecond; above, nothing is loaded. */
const fast = 20
const settleMs = 80

export class GridView {
  readonly scroller: HTMLElement
  readonly viewport: HTMLElement
  readonly #options: GridViewOptions
  readonly #spacer: HTMLElement
  readonly #body: HTMLElement
  readonly #place: HTMLElement
  readonly #geometry = new Geometry()
  #columns: readonly GridColumn[] = []
  #edges: readonly number[] = [0]
  readonly #slots: RowSlots
  #range: [number, number] = [0, -1]
  #rows = 0
  #virtual = 0
  #own = -1
  #frame = 0
  #settle: ReturnType<typeof setTimeout> | undefined
  #last = { at: 0, time: 0 }
  #active: readonly [number, number] | null = null
  readonly #observer: ResizeObserver

  constructor(options: GridViewOptions) {
    this.#options = options
    this.scroller = element('div', 'g-scroller')
    this.viewport = element('div', 'g-viewport')
    this.#spacer = element('div', 'g-spacer')
    this.#body = element('div', 'g-body')
    this.#body.setAttribute('role', 'rowgroup')
    this.#slots = new RowSlots(this.#body, options.id)
    this.#place = element('div', 'g-place')
    this.viewport.append(this.#body, this.#place)
    this.#spacer.append(this.viewport)
    this.scroller.append(this.#spacer)
    this.scroller.tabIndex = 0
    this.scroller.setAttribute('role', 'grid')
    options.host.append(this.scroller)
    this.scroller.addEventListener('scroll', this.#onScroll, { passive: true })
    this.scroller.addEventListener('wheel', this.#onWheel, { passive: false })
    this.#body.addEventListener('mousedown', this.#onMouseDown)
    this.#body.addEventListener('dblclick', this.#onDoubleClick)
    this.#observer = new ResizeObserver(() => this.#resize())
    this.#observer.observe(this.scroller)
  }

  destroy(): void {
    this.#observer.disconnect()
    cancelAnimationFrame(this.#frame)
    clearTimeout(this.#settle)
    this.scroller.remove()
  }

  /** For those who hear it. */
  describe(label: string, rows: number, columns: number): void {
    this.scroller.setAttribute('aria-label', label)
    this.scroller.setAttribute('aria-rowcount', String(rows + 1))
    this.scroller.setAttribute('aria-colcount', String(columns))
  }

  get viewHeight(): number {
    return Math.max(rowHeight, this.scroller.clientHeight - headHeight)
  }

  get scrollLeft(): number {
    return this.scroller.scrollLeft
  }

  /** The frozen columns are the gutter and, where there are several, the first one on a narrow screen. */
  get frozen(): number {
    return this.scroller.clientWidth < 600 && this.#columns.length > 1 ? 1 : 0
  }

  setColumns(columns: readonly GridColumn[], widths: readonly number[]): void {
    this.#columns = columns
    this.#edges = edgesOf(widths)
    this.#range = [0, -1]
    this.#resize()
  }

  setRows(count: number): void {
    if (count === this.#rows) return
    this.#rows = count
    this.#geometry.setRows(count)
    this.#layout()
  }

  /** What is looked at stays the same rows, that now have other numbers. */
  shift(rows: number): void {
    this.#moveTo(this.#virtual + rows * rowHeight)
  }

  setActive(active: readonly [number, number] | null): void {
    this.#active = active
    this.paint()
  }

  /** Moves just so far that the cell is seen. */
  reveal(row: number, column: number): void {
    const top = row * rowHeight
    if (top < this.#virtual) this.#moveTo(top)
    else if (top + rowHeight > this.#virtual + this.viewHeight)
      this.#moveTo(top + rowHeight - this.viewHeight)
    const [left, right] = [this.#edges[column] ?? 0, this.#edges[column + 1] ?? 0]
    const frozen = this.frozen === 1 ? (this.#edges[1] ?? 0) : 0
    const room = this.scroller.clientWidth - gutterWidth
    if (column < this.frozen) return
    if (left - frozen < this.scroller.scrollLeft) this.scroller.scrollLeft = left - frozen
    else if (right > this.scroller.scrollLeft + room) this.scroller.scrollLeft = right - room
  }

  /** Where a cell is in the viewport; null where it is not seen. */
  boxOf(row: number, column: number): CellBox | null {
    const top = headHeight + row * rowHeight - this.#virtual
    if (top < 0 || top > this.scroller.clientHeight) return null
    const scrolled = column < this.frozen ? 0 : this.scroller.scrollLeft
    const left = gutterWidth + (this.#edges[column] ?? 0) - scrolled
    return {
      left,
      top,
      width: (this.#edges[column + 1] ?? 0) - (this.#edges[column] ?? 0),
      height: rowHeight,
    }
  }

  visibleRows(): [number, number] {
    const first = Math.floor(this.#virtual / rowHeight)
    return [first, Math.min(this.#rows - 1, first + Math.ceil(this.viewHeight / rowHeight))]
  }

  paint(): void {
    const first = Math.floor(this.#virtual / rowHeight)
    this.#body.style.transform = `translateY(${headHeight - (this.#virtual - first * rowHeight)}px)`
    const active = this.#active
    const { face, rowLook } = this.#options
    const { frozen } = this
    this.#slots.paint({ first, count: this.#rows, frozen, active, face, rowLook })
    const isSeen = active !== null && active[0] >= first && active[0] < first + this.#slots.count
    if (isSeen)
      this.scroller.setAttribute(
        'aria-activedescendant',
        this.#slots.cellId(active[0] - first, active[1]),
      )
    else this.scroller.removeAttribute('aria-activedescendant')
  }

  #resize(): void {
    const { clientHeight, clientWidth } = this.scroller
    this.viewport.style.height = `${clientHeight}px`
    this.viewport.style.width = `${clientWidth}px`
    this.#slots.resize(Math.ceil(this.viewHeight / rowHeight) + 1)
    this.#layout()
  }

  #layout(): void {
    this.#spacer.style.height = `${this.#geometry.height + headHeight}px`
    this.#spacer.style.width = `${gutterWidth + (this.#edges.at(-1) ?? 0)}px`
    this.#virtual = this.#geometry.clamp(this.#virtual, this.viewHeight)
    this.#arrange()
    this.paint()
    this.#ask()
  }

  /** After sideways moves: which columns there are cells for, and where. */
  #arrange(): void {
    const { scrollLeft, clientWidth } = this.scroller
    const [first, last] = columnsWithin(this.#edges, scrollLeft, scrollLeft + clientWidth)
    if (first !== this.#range[0] || last !== this.#range[1]) {
      this.#range = [first, last]
      this.#slots.show({
        columns: this.#columns,
        edges: this.#edges,
        range: this.#range,
        frozen: this.frozen,
      })
    }
    this.#body.style.setProperty('--g-left', `${-scrollLeft}px`)
  }

  readonly #onScroll = (): void => {
    const { scrollTop } = this.scroller
    if (Math.round(scrollTop) !== this.#own)
      this.#virtual = this.#geometry.toVirtual(scrollTop, this.viewHeight)
    this.#own = -1
    this.#schedule()
  }

  readonly #onWheel = (event: WheelEvent): void => {
    if (!this.#geometry.isScaled || event.ctrlKey || event.deltaY === 0) return
    event.preventDefault()
    const unit = event.deltaMode === 1 ? rowHeight : event.deltaMode === 2 ? this.viewHeight : 1
    this.scroller.scrollLeft += event.deltaX
    this.#moveTo(this.#virtual + event.deltaY * unit)
  }

  #moveTo(virtual: number): void {
    this.#virtual = this.#geometry.clamp(virtual, this.viewHeight)
    const scroll = Math.round(this.#geometry.toScroll(this.#virtual, this.viewHeight))
    if (Math.round(this.scroller.scrollTop) !== scroll) {
      this.#own = scroll
      this.scroller.scrollTop = scroll
    }
    this.#schedule()
  }

  #schedule(): void {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame((time) => {
      this.#frame = 0
      this.#arrange()
      this.paint()
      this.#options.onMove()
      const speed = Math.abs(this.#virtual - this.#last.at) / Math.max(1, time - this.#last.time)
      this.#last = { at: this.#virtual, time }
      clearTimeout(this.#settle)
      if (speed < fast) this.#ask()
      else this.#tellPlace()
      this.#settle = setTimeout(() => {
        this.#place.classList.remove('shown')
        this.#ask()
      }, settleMs)
    })
  }

  #tellPlace(): void {
    this.#place.textContent = `about row ${new Intl.NumberFormat('en-US').format(Math.floor(this.#virtual / rowHeight) + 1)}`
    this.#place.classList.add('shown')
  }

  #ask(): void {
    if (this.#columns.length === 0) return
    this.#options.onRows(...this.visibleRows())
  }

  #at(event: MouseEvent): readonly [number, number | null] | null {
    const target = event.target as HTMLElement
    const row = target.closest<HTMLElement>('.g-row')
    if (row === null) return null
    const index = Number(row.getAttribute('aria-rowindex')) - 2
    const cell = target.closest<HTMLElement>('.g-cell')
    return [index, cell === null ? null : Number(cell.dataset['column'])]
  }

  readonly #onMouseDown = (event: MouseEvent): void => {
    const at = this.#at(event)
    if (at === null || event.button !== 0) return
    const [row, column] = at
    // the focus stays with the grid, not with what is rewritten in it
    event.preventDefault()
    if (column === null) this.#options.onGutter(row, event)
    else this.#options.onPress(row, column, event)
    this.scroller.focus({ preventScroll: true })
  }

  readonly #onDoubleClick = (event: MouseEvent): void => {
    const at = this.#at(event)
    if (at === null || at[1] === null) return
    event.preventDefault()
    this.#options.onOpen(at[0], at[1])
  }
}
