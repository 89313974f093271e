/** SQL as people read it: its values are written into it. */
import { Fragment, quoteLiteral } from '#base/sql'
import type { SqlValue } from '#base/sql'

export function literalText({ strings, values }: Fragment): string {
  return strings
    .map((text, i) => (i < values.length ? text + literal(values[i] as SqlValue | Fragment) : text))
    .join('')
}

function literal(value: SqlValue | Fragment): string {
  if (value instanceof Fragment) return literalText(value)
  if (value === null) return 'null'
  return typeof value === 'string' ? quoteLiteral(value) : String(value as number)
}
