/** Keys that move in the grid. */

interface Where {
  readonly row: number
  readonly column: number
  readonly rows: number
  readonly columns: number
  /** Rows that are seen at once. */
  readonly page: number
}

interface Pressed {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly shiftKey: boolean
}

/** Where a key leads; null where it leads nowhere. */
export function moveOf(event: Pressed, where: Where): readonly [number, number] | null {
  const { row, column, rows, columns, page } = where
  const far = event.ctrlKey || event.metaKey
  switch (event.key) {
    case 'ArrowDown':
      return [far ? rows - 1 : row + 1, column]
    case 'ArrowUp':
      return [far ? 0 : row - 1, column]
    case 'ArrowRight':
      return [row, far ? columns - 1 : column + 1]
    case 'ArrowLeft':
      return [row, far ? 0 : column - 1]
    case 'PageDown':
      return [row + page, column]
    case 'PageUp':
      return [row - page, column]
    case 'Home':
      return [far ? 0 : row, 0]
    case 'End':
      return [far ? rows - 1 : row, columns - 1]
    default:
      return null
  }
}
