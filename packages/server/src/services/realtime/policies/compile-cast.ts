/** Casts, as far as what comes of them is certain: of constants now, of values that depend on the row or the claims when they are there. */
import type { Node, TypeCast, TypeName } from 'libpg-query'
import { namesOf } from './compile-call.ts'
import type { CompileContext } from './compile.ts'
import { constant, partial, strict } from './expression.ts'
import type { Expression } from './expression.ts'
import { isSameType, parseList, parseValue } from './value.ts'
import type { Type, Value } from './value.ts'

/** Digits that fit in any case. */
const digits: Readonly<Record<string, number>> = { int2: 4, int4: 9, int8: 15 }
const plain: Readonly<Record<string, Type>> = {
  text: { kind: 'text' },
  varchar: { kind: 'text' },
  uuid: { kind: 'uuid' },
  bool: { kind: 'boolean' },
  jsonb: { kind: 'json' },
}

interface Target {
  readonly type: Type
  /** Of integers, what they hold for certain. */
  readonly digits: number
}

export function compileCast(
  { arg, typeName }: TypeCast,
  context: CompileContext,
): Expression | null {
  const target = targetOf(typeName, context)
  if (arg === undefined || target === null) return null
  const fixed = constantOf(arg)
  if (fixed === undefined) {
    const compiled = context.compile(arg)
    return compiled === null ? null : cast(compiled, target)
  }
  const value = fixed === null ? null : parseConstant(target, fixed)
  return value === undefined ? null : constant(target.type, value)
}

/** `::text`, `::pg_catalog.int4`, `::public.mood`; with a length it changes the value, which is not for us. */
function targetOf(typeName: TypeName | undefined, { columns }: CompileContext): Target | null {
  if (typeName === undefined) return null
  const { names, arrayBounds = [], typmods, setof } = typeName
  if (typmods !== undefined || setof === true || arrayBounds.length > 1) return null
  const parts = namesOf(names)
  const name = parts.length === 1 || parts[0] === 'pg_catalog' ? (parts.at(-1) ?? '') : null
  const element = name === null ? enumOf(parts, columns) : scalarOf(name)
  if (element === null) return null
  return arrayBounds.length === 0
    ? element
    : { type: { kind: 'list', of: element.type }, digits: element.digits }
}

function scalarOf(name: string): Target | null {
  const width = digits[name]
  if (width !== undefined) return { type: { kind: 'integer' }, digits: width }
  const type = Object.hasOwn(plain, name) ? plain[name] : undefined
  return type === undefined ? null : { type, digits: 0 }
}

/** Known by the columns that are of it: `"public"."mood"`. */
function enumOf(parts: readonly string[], columns: CompileContext['columns']): Target | null {
  const name = JSON.stringify(parts)
  for (const type of columns.values())
    if (type.kind === 'enum' && type.name === name) return { type, digits: 0 }
  return null
}

/** The text of `'x'`, null of `NULL`; undefined of what is no such constant. */
function constantOf(node: Node): string | null | undefined {
  if (!('A_Const' in node)) return undefined
  if (node.A_Const.isnull === true) return null
  return node.A_Const.sval === undefined ? undefined : (node.A_Const.sval.sval ?? '')
}

function parseConstant(target: Target, text: string): Value {
  const { type } = target
  if (type.kind === 'list') {
    const isFlat = text.startsWith('{') && !text.startsWith('{{')
    return isFlat ? parseList(type.of, text) : undefined
  }
  if (type.kind === 'integer' && !fits(text, target)) return undefined
  // Postgres prints what it parsed
  return parseValue(type, text)
}

function fits(text: string, target: Target): boolean {
  return text.replace('-', '').length <= target.digits
}

function cast(arg: Expression, target: Target): Expression | null {
  const { type } = target
  const from = arg.type
  if (from.kind === 'integer' && type.kind === 'integer')
    return partial(type, arg, (value) =>
      fits(String(value as number), target) ? value : undefined,
    )
  if (isSameType(from, type)) return arg
  if (type.kind === 'text')
    return from.kind === 'json' || from.kind === 'list'
      ? null
      : strict(type, [arg], ([value]) => String(value as boolean | number | string))
  if (from.kind !== 'text') return null
  if (type.kind === 'integer' || type.kind === 'uuid' || type.kind === 'boolean')
    return partial(type, arg, (value) => parseText(target, value as string))
  return null
}

/** Of the many ways to write a value, those that all types share. */
function parseText(target: Target, text: string): Value {
  if (target.type.kind === 'integer' && !fits(text, target)) return undefined
  if (target.type.kind === 'boolean' && text.length === 1) return undefined
  return parseValue(target.type, text)
}
