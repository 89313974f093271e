/** `between.(low,high)`, both bounds included: an addition to PostgREST's operators, read as the two comparisons it stands for. */
import type { FieldRef, LogicGroup } from './api-request.ts'
import type { Literals } from './literals.ts'
import { parseList } from './parse-operation.ts'
import type { Scanner } from './scanner.ts'

const between = /(not\.)?(not)?between\./y

/** `price=between.(1,5)` → `and(price.gte.1,price.lte.5)`; `notbetween` and `not.between` negate. Null if something else is next. */
export function parseBetween(
  scanner: Scanner,
  field: FieldRef,
  literals: Literals,
): LogicGroup | null {
  between.lastIndex = scanner.at
  const match = between.exec(scanner.text)
  if (match === null) return null
  const [start, before, within] = match
  scanner.at += start.length
  const list = parseList(scanner)
  const [low, high] = list
  if (low === undefined || high === undefined || list.length !== 2)
    return scanner.fail('two values, (low,high)')
  literals.shape += `${start}??`
  const compare = (operator: 'gte' | 'lte', value: string): LogicGroup['nodes'][number] => ({
    kind: 'filter',
    field,
    negated: false,
    operation: { kind: 'compare', operator, quantifier: null, value: literals.add(value) },
  })
  return {
    kind: 'group',
    operator: 'and',
    negated: (before === undefined) !== (within === undefined),
    nodes: [compare('gte', low), compare('lte', high)],
  }
}
