/**
 * Where rows and columns are. A browser caps the height of an element (33 million pixels in Chromium, 18 in Firefox): above
 * `maxHeight` the scrollbar stands for the place among the rows, and the wheel moves by rows all the same.
 */
export const rowHeight = 32
export const headHeight = 34
const maxHeight = 8_000_000

export class Geometry {
  /** Of all rows, in pixels if there were no cap. */
  #full = 0
  height = 0

  setRows(count: number): void {
    this.#full = count * rowHeight
    this.height = Math.min(this.#full, maxHeight)
  }

  get isScaled(): boolean {
    return this.#full > maxHeight
  }

  /** Scroll position of the element → pixels among all rows. */
  toVirtual(scrollTop: number, viewHeight: number): number {
    if (!this.isScaled) return scrollTop
    const room = this.height - viewHeight
    return room <= 0 ? 0 : (scrollTop / room) * (this.#full - viewHeight)
  }

  toScroll(virtual: number, viewHeight: number): number {
    if (!this.isScaled) return virtual
    const room = this.#full - viewHeight
    return room <= 0 ? 0 : (virtual / room) * (this.height - viewHeight)
  }

  clamp(virtual: number, viewHeight: number): number {
    return Math.max(0, Math.min(virtual, this.#full - viewHeight))
  }
}

/** Left edges of columns, and one more: the right edge of the last. */
export function edgesOf(widths: readonly number[]): number[] {
  const edges = [0]
  for (const width of widths) edges.push((edges.at(-1) ?? 0) + width)
  return edges
}

/** First and last column of which something is seen between `left` and `right`. */
export function columnsWithin(
  edges: readonly number[],
  left: number,
  right: number,
): [number, number] {
  const count = edges.length - 1
  let first = 0
  while (first < count - 1 && (edges[first + 1] ?? 0) <= left) first++
  let last = first
  while (last < count - 1 && (edges[last + 1] ?? 0) < right) last++
  return [first, last]
}
