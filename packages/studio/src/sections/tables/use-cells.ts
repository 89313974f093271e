/** What the cells hold: the rows as they were read, and over them what was changed. */
import { useCallback, useMemo } from 'react'
import { faceOf } from '#studio/data-grid'
import type { CellFace, CellValue, GridColumn, RowRun } from '#studio/data-grid'
import { count } from '#studio/ui'
import type { Pending } from './pending.ts'

interface CellsAsk {
  readonly run: RowRun
  readonly pending: Pending
  /** In the order of the rows' values. */
  readonly all: readonly GridColumn[]
  /** Those that are shown. */
  readonly columns: readonly GridColumn[]
  readonly inUtc: boolean
}

export interface UsedCells {
  /** Undefined: not loaded. */
  readonly valueAt: (row: number, column: number) => CellValue | undefined
  readonly isCut: (row: number, column: number) => boolean
  readonly face: (row: number, column: number) => CellFace | null
  readonly commit: (row: number, column: GridColumn, value: CellValue) => void
}

export function useCells({ run, pending, all, columns, inUtc }: CellsAsk): UsedCells {
  const places = useMemo(
    () => columns.map(({ name }) => all.findIndex((known) => known.name === name)),
    [columns, all],
  )
  const valueAt = useCallback(
    (row: number, column: number): CellValue | undefined => {
      const loaded = run.row(row)
      const info = columns[column]
      if (loaded === undefined || info === undefined) return undefined
      const changed = pending.of(loaded.key)?.new[info.name]
      return changed === undefined ? (loaded.values[places[column] ?? -1] ?? null) : changed
    },
    [run, columns, places, pending],
  )
  const isCut = (row: number, column: number): boolean =>
    run.row(row)?.cut?.has(places[column] ?? -1) === true
  const face = (row: number, column: number): CellFace | null => {
    const loaded = run.row(row)
    const info = columns[column]
    if (loaded === undefined || info === undefined) return null
    const isEdited = pending.of(loaded.key)?.new[info.name] !== undefined
    const shown = faceOf(valueAt(row, column), info, { inUtc, isEdited })
    const isShort = isCut(row, column) && !isEdited
    if (isShort && info.kind === 'binary')
      return { ...shown, text: `${count(Number(loaded.values[places[column] ?? -1]))} bytes` }
    return isShort ? { ...shown, text: `${shown.text}…` } : shown
  }
  const commit = (row: number, column: GridColumn, value: CellValue): void => {
    const loaded = run.row(row)
    if (loaded === undefined || loaded.key === null) return
    pending.set(
      loaded.key,
      column.name,
      loaded.values[all.findIndex(({ name }) => name === column.name)] ?? null,
      value,
    )
  }
  return { valueAt, isCut, face, commit }
}
