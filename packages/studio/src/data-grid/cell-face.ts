/** A value and its column → what its cell shows. */
import { shownText } from './cell-text.ts'
import type { GridColumn } from './column.ts'
import type { CellFace } from './row-slots.ts'

/** What a cell can hold: text as Postgres prints it, NULL, or what the column takes by itself. */
export type CellValue = string | null | { readonly default: true }

export const isDefault = (value: CellValue | undefined): value is { readonly default: true } =>
  typeof value === 'object' && value !== null

const looks: Partial<Record<GridColumn['kind'], string>> = {
  number: 'number',
  uuid: 'mono',
  json: 'mono',
  binary: 'mono locked',
  array: 'mono',
}

export function faceOf(
  value: CellValue | undefined,
  column: GridColumn,
  options: { readonly inUtc: boolean; readonly isEdited?: boolean },
): CellFace {
  const edited = options.isEdited === true ? ' edited' : ''
  if (value === undefined || isDefault(value)) return { text: 'DEFAULT', look: `default${edited}` }
  if (value === null) return { text: 'NULL', look: `null${edited}` }
  if (value === '') return { text: '(empty)', look: `empty${edited}` }
  const own =
    column.refersTo === null ? (looks[column.kind] ?? '') : `${looks[column.kind] ?? ''} link`
  return { text: shownText(value, column.kind, options.inUtc), look: `${own}${edited}` }
}
