/** Keys of cells: what they do to the one that is active. */
import type { KeyboardEvent } from 'react'
import type { CellValue, GridColumn } from '#studio/data-grid'

interface Pressed {
  readonly info: GridColumn | undefined
  readonly value: CellValue | undefined
  readonly canWrite: boolean
  readonly commit: (value: CellValue) => void
  readonly undo: () => void
  readonly open: () => void
  readonly select: () => void
  readonly selectAll: () => void
}

/** Whether the key was one of these. */
export function pressed(
  event: KeyboardEvent,
  { info, value, canWrite, commit, ...on }: Pressed,
): boolean {
  const mod = event.ctrlKey || event.metaKey
  if (mod && event.key === 'z') return (on.undo(), true)
  if (mod && event.key === 'a') return (on.selectAll(), true)
  if (mod && event.key === 's') {
    document.querySelector<HTMLButtonElement>('[data-save]')?.click()
    return true
  }
  if (mod && event.key === 'c') {
    if (typeof value === 'string') void navigator.clipboard.writeText(value)
    return true
  }
  if (event.key === ' ' && event.shiftKey) return (on.select(), true)
  if (event.key === ' ') {
    if (info?.kind !== 'bool' || !canWrite) on.open()
    else commit(nextBool(value, info.nullable))
    return true
  }
  if ((event.key === 'Delete' || event.key === 'Backspace') && !mod) {
    if (canWrite && info?.nullable === true) commit(null)
    return true
  }
  return false
}

function nextBool(value: CellValue | undefined, nullable: boolean): CellValue {
  if (value === 't' || value === 'true') return 'false'
  if (value === 'f' || value === 'false') return nullable ? null : 'true'
  return 'true'
}
