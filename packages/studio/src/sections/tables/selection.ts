/** Rows that are selected, by what tells them apart: they stay selected wherever one scrolls. */
import { useCallback, useMemo, useRef, useState } from 'react'

type Key = readonly (string | null)[]

export interface Selection {
  readonly keys: readonly Key[]
  readonly has: (row: number) => boolean
  readonly select: (row: number, how: 'one' | 'add' | 'to') => void
  /** Of those that are loaded. */
  readonly all: (total: number) => void
  readonly clear: () => void
}

export function useSelection(keyOf: (row: number) => Key | null): Selection {
  const [keys, setKeys] = useState<ReadonlyMap<string, Key>>(new Map())
  const last = useRef<number | null>(null)
  const latest = useRef(keyOf)
  latest.current = keyOf

  const select = useCallback((row: number, how: 'one' | 'add' | 'to') => {
    const between = (from: number): number[] =>
      Array.from(
        { length: Math.min(10_000, Math.abs(row - from) + 1) },
        (_, at) => Math.min(row, from) + at,
      )
    const rows = how === 'to' && last.current !== null ? between(last.current) : [row]
    last.current = row
    setKeys((now) => {
      const next = new Map(how === 'one' ? [] : now)
      for (const at of rows) {
        const key = latest.current(at)
        if (key === null) continue
        const name = JSON.stringify(key)
        // a second press takes it out again
        if (how !== 'to' && now.has(name)) next.delete(name)
        else next.set(name, key)
      }
      return next
    })
  }, [])
  const all = useCallback((total: number) => {
    const next = new Map<string, Key>()
    for (let row = 0; row < total && next.size < 12_000; row++) {
      const key = latest.current(row)
      if (key !== null) next.set(JSON.stringify(key), key)
    }
    setKeys(next)
  }, [])
  const clear = useCallback(() => setKeys(new Map()), [])
  return useMemo(
    () => ({
      keys: [...keys.values()],
      has: (row) => {
        const key = keys.size === 0 ? null : latest.current(row)
        return key !== null && keys.has(JSON.stringify(key))
      },
      select,
      all,
      clear,
    }),
    [keys, select, all, clear],
  )
}
