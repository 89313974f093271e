/** Cells that were changed and are not saved: kept for this tab, whatever is scrolled, filtered or reloaded. */
import { useCallback, useMemo } from 'react'
import { isDefault } from '#studio/data-grid'
import type { CellValue } from '#studio/data-grid'
import { useDraft } from '#studio/place'

export interface PendingRow {
  readonly key: readonly (string | null)[]
  /** What was there, of the changed columns: who else changed them meanwhile is not overwritten. */
  readonly old: Readonly<Record<string, string | null>>
  readonly new: Readonly<Record<string, CellValue>>
}

type Rows = Readonly<Record<string, PendingRow>>

export interface Pending {
  readonly rows: readonly PendingRow[]
  /** Changed cells. */
  readonly count: number
  readonly of: (key: readonly (string | null)[] | null) => PendingRow | undefined
  /** What is the same as before is no change. */
  readonly set: (
    key: readonly (string | null)[],
    column: string,
    old: string | null,
    value: CellValue,
  ) => void
  /** Takes what is there now as what the change stands on. */
  readonly rebase: (
    rows: readonly {
      readonly key: readonly (string | null)[]
      readonly current: Readonly<Record<string, string | null>>
    }[],
  ) => void
  readonly undo: () => void
  readonly canUndo: boolean
  readonly clear: () => void
}

const none: Rows = {}
const nameOf = (key: readonly (string | null)[]): string => JSON.stringify(key)

export function usePending(draftKey: string): Pending {
  const [steps, setSteps] = useDraft<readonly Rows[]>(draftKey, [])
  const rows = steps.at(-1) ?? none
  const set = useCallback<Pending['set']>(
    (key, column, old, value) => {
      const before = rows[nameOf(key)] ?? { key, old: {}, new: {} }
      const was = column in before.old ? (before.old[column] as string | null) : old
      const { [column]: _old, ...olds } = before.old
      const { [column]: _new, ...news } = before.new
      const isSame = !isDefault(value) && value === was
      const changed = isSame
        ? { key, old: olds, new: news }
        : { key, old: { ...olds, [column]: was }, new: { ...news, [column]: value } }
      const { [nameOf(key)]: _row, ...others } = rows
      const next =
        Object.keys(changed.new).length === 0 ? others : { ...others, [nameOf(key)]: changed }
      setSteps([...steps, next].slice(-50))
    },
    [rows, steps, setSteps],
  )
  return useMemo(() => {
    const list = Object.values(rows)
    return {
      rows: list,
      count: list.reduce((sum, row) => sum + Object.keys(row.new).length, 0),
      of: (key) => (key === null ? undefined : rows[nameOf(key)]),
      set,
      rebase: (moved) => {
        const next = { ...rows }
        for (const { key, current } of moved) {
          const row = rows[nameOf(key)]
          if (row === undefined) continue
          const old = Object.fromEntries(
            Object.keys(row.new).map((column) => [column, current[column] ?? null]),
          )
          next[nameOf(key)] = { ...row, old }
        }
        setSteps([...steps, next].slice(-50))
      },
      undo: () => setSteps(steps.slice(0, -1)),
      canUndo: steps.length > 0,
      clear: () => setSteps([]),
    }
  }, [rows, steps, set, setSteps])
}
