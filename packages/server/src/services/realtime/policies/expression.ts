/** Expressions over a row and the claims of who wants to see it, with SQL's three-valued logic and a fourth: undefined, which Postgres has to decide. */
import type { Claims } from './claims.ts'
import type { Type, Value } from './value.ts'

/** A row's value of a column: text as Postgres prints it, null, or undefined where the log has not said it. */
export type Row = ReadonlyMap<string, string | null>

/** What a value depends on. */
export type Needs = 'nothing' | 'row' | 'claims' | 'both'

export interface Expression {
  readonly type: Type
  readonly needs: Needs
  /** Of an expression that needs both: the largest parts of it that do not. When these are known, so is the whole. */
  readonly parts: readonly Expression[]
  readonly evaluate: (row: Row, claims: Claims) => Value
  readonly shape?: Shape
}

/** What an index can be made of. */
export type Shape =
  | { readonly op: 'and' | 'or'; readonly args: readonly Expression[] }
  | { readonly op: 'same'; readonly left: Expression; readonly right: Expression }
  | { readonly op: 'among'; readonly item: Expression; readonly list: Expression }

const boolean: Type = { kind: 'boolean' }

export function constant(type: Type, value: Value): Expression {
  return leaf(type, 'nothing', () => value)
}

export function fromRow(type: Type, evaluate: (row: Row) => Value): Expression {
  return leaf(type, 'row', evaluate)
}

export function fromClaims(type: Type, evaluate: (claims: Claims) => Value): Expression {
  return leaf(type, 'claims', (_row, claims) => evaluate(claims))
}

/** What is undefined for some values is so for parts that need one thing only: null otherwise. */
export function partial(
  type: Type,
  arg: Expression,
  apply: (value: NonNullable<Value>) => Value,
): Expression | null {
  return arg.needs === 'both'
    ? null
    : strict(type, [arg], ([value]) => apply(value as NonNullable<Value>))
}

/** Null when an argument is null. `apply` is defined for all values. */
export function strict(
  type: Type,
  args: readonly Expression[],
  apply: (values: NonNullable<Value>[]) => Value,
  shape?: Shape,
): Expression {
  return total(
    type,
    args,
    (values) => (values.includes(null) ? null : apply(values as NonNullable<Value>[])),
    shape,
  )
}

/** Defined when its arguments are. */
export function total(
  type: Type,
  args: readonly Expression[],
  apply: (values: Exclude<Value, undefined>[]) => Value,
  shape?: Shape,
): Expression {
  const evaluate = (row: Row, claims: Claims): Value => {
    const values: Exclude<Value, undefined>[] = []
    for (const arg of args) {
      const value = arg.evaluate(row, claims)
      if (value === undefined) return undefined
      values.push(value)
    }
    return apply(values)
  }
  return combine(type, args, evaluate, shape)
}

export function and(args: readonly Expression[]): Expression {
  return logic('and', args, false)
}

export function or(args: readonly Expression[]): Expression {
  return logic('or', args, true)
}

/** `decisive` decides alone; without it a null makes null. */
function logic(op: 'and' | 'or', args: readonly Expression[], decisive: boolean): Expression {
  return total(
    boolean,
    args,
    (values) => (values.includes(decisive) ? decisive : values.includes(null) ? null : !decisive),
    { op, args },
  )
}

function leaf(type: Type, needs: Needs, evaluate: (row: Row, claims: Claims) => Value): Expression {
  const made = { type, needs, evaluate }
  const parts: Expression[] = []
  const expression: Expression = { ...made, parts }
  parts.push(expression)
  return expression
}

function combine(
  type: Type,
  args: readonly Expression[],
  evaluate: Expression['evaluate'],
  shape: Shape | undefined,
): Expression {
  const kinds = new Set(args.map(({ needs }) => needs).filter((needs) => needs !== 'nothing'))
  const [only = 'nothing'] = kinds
  const needs = kinds.size > 1 ? 'both' : only
  const expression = leaf(type, needs, evaluate)
  const whole = needs === 'both' ? args.flatMap(({ parts }) => parts) : null
  return {
    ...expression,
    ...(whole === null ? {} : { parts: whole }),
    ...(shape === undefined ? {} : { shape }),
  }
}
