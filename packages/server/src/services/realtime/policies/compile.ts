/**
 * A policy's expression, as Postgres prints and parses it, → a function of row and claims; null for everything whose answer
 * might not be that of Postgres.
 * `(owner = ( SELECT auth.uid() AS uid))` → `owner` of the row is `sub` of the claims.
 */
import type { Node, SubLink } from 'libpg-query'
import { compileCast } from './compile-cast.ts'
import { compileComparison } from './compile-comparison.ts'
import { compileCall, namesOf } from './compile-call.ts'
import type { PlatformFunction } from './compile-call.ts'
import { and, constant, fromRow, or, total } from './expression.ts'
import type { Expression } from './expression.ts'
import { parseList, parseValue } from './value.ts'
import type { Type, Value } from './value.ts'

export interface CompileContext {
  /** Columns that can be compared here. */
  readonly columns: ReadonlyMap<string, Type>
  /** Functions of `auth` that are the platform's own. */
  readonly functions: ReadonlySet<PlatformFunction>
  readonly compile: (node: Node | undefined) => Expression | null
}

export function compileExpression(
  node: Node,
  given: Pick<CompileContext, 'columns' | 'functions'>,
): Expression | null {
  const context: CompileContext = { ...given, compile: (inner) => compile(inner, context) }
  return context.compile(node)
}

/**
 * What holds wherever the policy's expression does: conditions that cannot be compiled are taken for true. Null when that says
 * nothing. `owner = auth.uid() and f(body)` → `owner = auth.uid()`
 */
export function compileBound(
  node: Node,
  given: Pick<CompileContext, 'columns' | 'functions'>,
): Expression | null {
  const { boolop, args = [] } = 'BoolExpr' in node ? node.BoolExpr : {}
  if (boolop !== 'AND_EXPR' && boolop !== 'OR_EXPR') {
    const expression = compileExpression(node, given)
    return expression?.type.kind === 'boolean' ? expression : null
  }
  const bounds = args.map((arg) => compileBound(arg, given))
  const known = bounds.filter((bound) => bound !== null)
  if (boolop === 'OR_EXPR') return known.length === bounds.length ? or(known) : null
  return known.length === 0 ? null : and(known)
}

function compile(node: Node | undefined, context: CompileContext): Expression | null {
  if (node === undefined) return null
  if ('ColumnRef' in node) return compileColumn(namesOf(node.ColumnRef.fields), context)
  if ('A_Const' in node) return compileConstant(node)
  if ('TypeCast' in node) return compileCast(node.TypeCast, context)
  if ('FuncCall' in node) return compileCall(node.FuncCall, context)
  if ('A_Expr' in node) return compileComparison(node.A_Expr, context)
  if ('SubLink' in node) return compileSubLink(node.SubLink, context)
  return compileLogic(node, context)
}

/** Without a FROM anywhere a qualified name is of the policy's own table. */
function compileColumn(names: readonly string[], { columns }: CompileContext): Expression | null {
  const name = names.at(-1)
  const type = name === undefined || names.length > 2 ? undefined : columns.get(name)
  if (name === undefined || type === undefined) return null
  return fromRow(type, (row) => {
    const text = row.get(name)
    return text === undefined || text === null ? text : parseColumn(type, text)
  })
}

function parseColumn(type: Type, text: string): Value {
  if (type.kind !== 'list') return parseValue(type, text)
  // other bounds, more dimensions
  if (!text.startsWith('{') || text.startsWith('{{')) return undefined
  return parseList(type.of, text)
}

function compileConstant({
  A_Const: value,
}: Extract<Node, { A_Const: unknown }>): Expression | null {
  if (value.ival !== undefined) return constant({ kind: 'integer' }, value.ival.ival ?? 0)
  if (value.boolval !== undefined)
    return constant({ kind: 'boolean' }, value.boolval.boolval ?? false)
  // texts stand in casts
  return null
}

/** `( SELECT x AS x)` */
function compileSubLink(
  { subLinkType, subselect }: SubLink,
  context: CompileContext,
): Expression | null {
  if (subLinkType !== 'EXPR_SUBLINK' || subselect === undefined) return null
  if (!('SelectStmt' in subselect)) return null
  const { targetList, limitOption, op, ...others } = subselect.SelectStmt
  const isPlain = op === 'SETOP_NONE' && limitOption === 'LIMIT_OPTION_DEFAULT'
  if (!isPlain || Object.keys(others).length > 0 || targetList?.length !== 1) return null
  const [target] = targetList
  if (target === undefined || !('ResTarget' in target)) return null
  return context.compile(target.ResTarget.val)
}

function compileLogic(node: Node, context: CompileContext): Expression | null {
  if ('BoolExpr' in node) {
    const { boolop, args = [] } = node.BoolExpr
    const compiled = booleansOf(args, context)
    if (compiled === null) return null
    if (boolop === 'AND_EXPR') return and(compiled)
    if (boolop === 'OR_EXPR') return or(compiled)
    return total({ kind: 'boolean' }, compiled, ([value]) =>
      value === null ? null : value !== true,
    )
  }
  if ('NullTest' in node) {
    const arg = context.compile(node.NullTest.arg)
    const wantsNull = node.NullTest.nulltesttype === 'IS_NULL'
    if (arg === null) return null
    return total({ kind: 'boolean' }, [arg], ([value]) => (value === null) === wantsNull)
  }
  if ('BooleanTest' in node) return compileBooleanTest(node.BooleanTest, context)
  return 'CoalesceExpr' in node ? compileCoalesce(node.CoalesceExpr.args ?? [], context) : null
}

function booleansOf(args: readonly Node[], context: CompileContext): Expression[] | null {
  const compiled: Expression[] = []
  for (const arg of args) {
    const expression = context.compile(arg)
    if (expression?.type.kind !== 'boolean') return null
    compiled.push(expression)
  }
  return compiled
}

const booleanTests: Readonly<Record<string, readonly Value[]>> = {
  IS_TRUE: [true],
  IS_NOT_TRUE: [false, null],
  IS_FALSE: [false],
  IS_NOT_FALSE: [true, null],
  IS_UNKNOWN: [null],
  IS_NOT_UNKNOWN: [true, false],
}

function compileBooleanTest(
  { arg, booltesttype }: Extract<Node, { BooleanTest: unknown }>['BooleanTest'],
  context: CompileContext,
): Expression | null {
  const wanted = booleanTests[booltesttype ?? '']
  const compiled = arg === undefined ? null : booleansOf([arg], context)
  if (wanted === undefined || compiled === null) return null
  return total({ kind: 'boolean' }, compiled, ([value]) => wanted.includes(value))
}

/** Of one type: Postgres prints casts where there were others. */
function compileCoalesce(args: readonly Node[], context: CompileContext): Expression | null {
  const compiled = args.map((arg) => context.compile(arg))
  const [first] = compiled
  if (first === undefined || first === null) return null
  const { type } = first
  const all: Expression[] = []
  for (const each of compiled) {
    if (each === null || each.type.kind !== type.kind || type.kind === 'list') return null
    if (type.kind === 'enum' || type.kind === 'json') return null
    all.push(each)
  }
  return total(type, all, (values) => values.find((value) => value !== null) ?? null)
}
