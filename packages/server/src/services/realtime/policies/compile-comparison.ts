/** Operators: comparisons, lists, and what is within JSON. Those of other schemas come with their schema's name, and are left to Postgres. */
import type { A_Expr, Node } from 'libpg-query'
import { namesOf, textConstant } from './compile-call.ts'
import { field } from './claims.ts'
import type { CompileContext } from './compile.ts'
import { constant, fromClaims, strict, total } from './expression.ts'
import type { Expression } from './expression.ts'
import { Json, isSameType } from './value.ts'
import type { Type, Value } from './value.ts'

const boolean: Type = { kind: 'boolean' }

export function compileComparison(node: A_Expr, context: CompileContext): Expression | null {
  const { kind, name, lexpr, rexpr } = node
  const [operator, ...more] = namesOf(name)
  if (operator === undefined || more.length > 0) return null
  if (kind === 'AEXPR_OP' && (operator === '->' || operator === '->>'))
    return compileJsonField(operator, lexpr, rexpr, context)
  const left = context.compile(lexpr)
  if (left === null) return null
  if (kind === 'AEXPR_OP_ANY' || kind === 'AEXPR_OP_ALL')
    return compileMembership(kind, operator, left, compileList(rexpr, context))
  const right = context.compile(rexpr)
  if (right === null || !isComparable(left.type) || !isSameType(left.type, right.type)) return null
  switch (kind) {
    case 'AEXPR_OP':
      return compare(operator, left, right)
    case 'AEXPR_DISTINCT':
      return operator === '=' ? total(boolean, [left, right], ([a, b]) => a !== b) : null
    case 'AEXPR_NOT_DISTINCT':
      return operator === '=' ? total(boolean, [left, right], ([a, b]) => a === b) : null
    case 'AEXPR_NULLIF':
      return operator === '='
        ? total(left.type, [left, right], ([a, b]) => (a === b ? null : (a as Value)))
        : null
    default:
      return null
  }
}

function isComparable({ kind }: Type): boolean {
  return kind !== 'json' && kind !== 'list'
}

const orders: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

function compare(operator: string, left: Expression, right: Expression): Expression | null {
  const args = [left, right]
  if (operator === '=')
    return strict(boolean, args, ([a, b]) => a === b, { op: 'same', left, right })
  if (operator === '<>') return strict(boolean, args, ([a, b]) => a !== b)
  const order = Object.hasOwn(orders, operator) ? orders[operator] : undefined
  // texts are ordered by their collation, enums by their making
  if (order === undefined || left.type.kind !== 'integer') return null
  return strict(boolean, args, ([a, b]) => order(a as number, b as number))
}

/** `x = ANY (list)`, `x <> ALL (list)`: SQL's `in` and `not in`, nulls in the list make null of what is not decided without them. */
function compileMembership(
  kind: 'AEXPR_OP_ANY' | 'AEXPR_OP_ALL',
  operator: string,
  item: Expression,
  list: Expression | null,
): Expression | null {
  if (list?.type.kind !== 'list') return null
  if (!isComparable(item.type) || !isSameType(item.type, list.type.of)) return null
  const isIn = kind === 'AEXPR_OP_ANY' && operator === '='
  if (!isIn && (kind !== 'AEXPR_OP_ALL' || operator !== '<>')) return null
  return total(
    boolean,
    [item, list],
    ([value, values]) => {
      if (values === null) return null
      const items = values as readonly Value[]
      if (items.length === 0) return !isIn
      if (value === null) return null
      if (items.includes(value as Value)) return isIn
      return items.includes(null) ? null : !isIn
    },
    isIn ? { op: 'among', item, list } : undefined,
  )
}

/** An array, or `ARRAY[…]` of values. */
function compileList(node: Node | undefined, context: CompileContext): Expression | null {
  if (node === undefined || !('A_ArrayExpr' in node)) return context.compile(node)
  const items = (node.A_ArrayExpr.elements ?? []).map((element) => context.compile(element))
  const [first] = items
  if (first === undefined || first === null) return null
  const args: Expression[] = []
  for (const item of items) {
    if (item === null || !isSameType(item.type, first.type) || !isComparable(item.type)) return null
    args.push(item)
  }
  const type: Type = { kind: 'list', of: first.type }
  if (args.every(({ needs }) => needs === 'nothing'))
    return constant(type, args.map((arg) => arg.evaluate(new Map(), never)) as Value)
  return total(type, args, (values) => values as Value)
}

const never = null as never

/** Of claims only: JSON of a row is not read here. */
function compileJsonField(
  operator: '->' | '->>',
  lexpr: Node | undefined,
  rexpr: Node | undefined,
  context: CompileContext,
): Expression | null {
  const json = context.compile(lexpr)
  const key = textConstant(rexpr)
  if (json?.type.kind !== 'json' || json.needs !== 'claims' || key === null) return null
  const isText = operator === '->>'
  return fromClaims({ kind: isText ? 'text' : 'json' }, (claims) => {
    const value = json.evaluate(new Map(), claims)
    if (!(value instanceof Json)) return value === null ? null : undefined
    return isText ? claims.text(value, key) : field(value, key)
  })
}
