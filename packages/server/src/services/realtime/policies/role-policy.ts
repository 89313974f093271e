/** All policies that hold for a role, as one question, and in a form of which an index can be made. */
import type { Claims } from './claims.ts'
import type { Expression, Row } from './expression.ts'
import type { Value } from './value.ts'

/** What has to hold together: `owner = auth.uid() and not hidden`. */
export interface Alternative {
  /** Of the row alone. */
  readonly rowOnly: readonly Expression[]
  /** Of the claims alone. */
  readonly claimsOnly: readonly Expression[]
  /** Who has this value in the claims may see rows that have it: all others cannot. */
  readonly key: Key | null
  /** There is nothing besides: who is found by these need not be asked. */
  readonly isComplete: boolean
}

export interface Key {
  valuesOf(row: Row): readonly Value[]
  valueOf(claims: Claims): Value
}

export interface RolePolicy {
  readonly alternatives: readonly Alternative[]
  /** False when only Postgres can say what this row is to anybody. */
  decidesRow(row: Row): boolean
  /** False when only Postgres can say what these claims may see. */
  decidesClaims(claims: Claims): boolean
  /** For what is decided. */
  isVisible(row: Row, claims: Claims): boolean
}

const noRow: Row = new Map()
const noClaims = null as never

/** Permissive policies admit, restrictive ones must all agree. */
export function combinePolicies(
  permissive: readonly Expression[],
  restrictive: readonly Expression[],
): RolePolicy {
  const parts = [...permissive, ...restrictive].flatMap((expression) => expression.parts)
  const ofRow = parts.filter(({ needs }) => needs === 'row')
  const ofClaims = parts.filter(({ needs }) => needs === 'claims')
  const always = restrictive.flatMap(conjuncts)
  return {
    alternatives: permissive
      .flatMap(disjuncts)
      .map((each) => alternativeOf([...conjuncts(each), ...always])),
    decidesRow: (row) => ofRow.every((part) => part.evaluate(row, noClaims) !== undefined),
    decidesClaims: (claims) => ofClaims.every((part) => part.evaluate(noRow, claims) !== undefined),
    isVisible: (row, claims) =>
      permissive.some((each) => each.evaluate(row, claims) === true) &&
      restrictive.every((each) => each.evaluate(row, claims) === true),
  }
}

function disjuncts(expression: Expression): readonly Expression[] {
  const { shape } = expression
  return shape?.op === 'or' ? shape.args.flatMap(disjuncts) : [expression]
}

function conjuncts(expression: Expression): readonly Expression[] {
  const { shape } = expression
  return shape?.op === 'and' ? shape.args.flatMap(conjuncts) : [expression]
}

function alternativeOf(all: readonly Expression[]): Alternative {
  const mixed = all.filter(({ needs }) => needs === 'both')
  const keys = mixed.map(keyOf)
  const at = keys.findIndex((key) => key !== null)
  return {
    rowOnly: all.filter(({ needs }) => needs === 'row' || needs === 'nothing'),
    claimsOnly: all.filter(({ needs }) => needs === 'claims'),
    key: keys[at] ?? null,
    isComplete: mixed.length === 0 || (mixed.length === 1 && at === 0),
  }
}

function keyOf({ shape }: Expression): Key | null {
  if (shape?.op === 'among') {
    const { item, list } = shape
    if (item.needs !== 'claims' || list.needs !== 'row') return null
    return {
      valuesOf: (row) => (list.evaluate(row, noClaims) ?? []) as readonly Value[],
      valueOf: (claims) => item.evaluate(noRow, claims),
    }
  }
  if (shape?.op !== 'same') return null
  const { left, right } = shape
  const [ofRow, ofClaims] = left.needs === 'row' ? [left, right] : [right, left]
  if (ofRow.needs !== 'row' || ofClaims.needs !== 'claims') return null
  return {
    valuesOf: (row) => [ofRow.evaluate(row, noClaims)],
    valueOf: (claims) => ofClaims.evaluate(noRow, claims),
  }
}
