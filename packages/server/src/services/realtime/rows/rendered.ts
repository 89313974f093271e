/** Messages of a batch, written once for all who see the same of a change. */
import { renderChange, renderFault } from './change.ts'
import type { Change, PrintValue } from './change.ts'
import type { TableFacts } from './table-facts.ts'

export type Rendered = (
  change: Change,
  table: TableFacts,
  view: {
    readonly role: string
    readonly select: readonly string[] | null
    readonly fault: string | null
  },
) => string

export function createChangeCache(print: PrintValue, maxBytes: number): Rendered {
  const cache = new Map<Change, Map<string, string>>()
  return (change, table, { role, select, fault }) => {
    if (fault !== null) return renderFault(change, fault)
    const key = JSON.stringify([role, select])
    const known = cache.get(change) ?? new Map<string, string>()
    cache.set(change, known)
    const before = known.get(key)
    if (before !== undefined) return before
    const isTooLarge = change.bytes > maxBytes
    const text = renderChange(change, table, { role, select, isTooLarge, print })
    known.set(key, text)
    return text
  }
}
