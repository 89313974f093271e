/** `group_by=category,status`, as Fluxbase's client sends it: an addition to PostgREST, which groups by every column selected beside an aggregate. */
import type { ColumnItem, SelectItem } from './api-request.ts'
import { parseNames } from './parse-field.ts'
import { Scanner } from './scanner.ts'

/**
 * The select that groups so: `select=total:amount.sum()&group_by=region` is `select=region,total:amount.sum()`.
 * Throws PGRST100 without an aggregate, and for a column that is neither aggregated nor grouped by.
 */
export function groupSelect(select: readonly SelectItem[], text: string): readonly SelectItem[] {
  const names = parseNames(text, 'group_by parameter')
  const columns = select.filter((item): item is ColumnItem => item.kind === 'column')
  const fail = (expected: string): never => new Scanner(text, 'group_by parameter').fail(expected)
  if (!columns.some(({ aggregate }) => aggregate !== null)) fail('an aggregate in select')
  const plain = columns.filter(({ aggregate }) => aggregate === null)
  const stray = plain.find(({ field }) => !names.includes(field.name))
  if (stray !== undefined) fail(`"${stray.field.name}", which is selected and not aggregated`)
  const shown = new Set(plain.map(({ field }) => field.name))
  const missing = names.filter((name) => !shown.has(name)).map(column)
  return [...missing, ...select]
}

function column(name: string): ColumnItem {
  const field = { name, path: [] }
  return { kind: 'column', field, alias: null, cast: null, aggregate: null, aggregateCast: null }
}
