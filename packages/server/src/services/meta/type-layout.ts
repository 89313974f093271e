/** TypeScript types as values, and how they are written: as prettier formats them without semicolons. */
import { group, hardLine, indent, join, line, softLine } from './layout.ts'
import type { Layout } from './layout.ts'

/** Text is a type that is written as it is: `string`, `Database["public"]["Enums"]["mood"]`. */
export type TsType = string | ObjectType | UnionType | ArrayType | TupleType | ErrorType

interface ObjectType {
  readonly kind: 'object'
  readonly members: readonly Member[]
  /** A member a line, even if all would fit on one. */
  readonly isOpen: boolean
}
interface UnionType {
  readonly kind: 'union'
  readonly types: readonly TsType[]
}
interface ArrayType {
  readonly kind: 'array'
  readonly element: TsType
}
interface TupleType {
  readonly kind: 'tuple'
  readonly items: readonly TsType[]
}
/** What supabase-js shows instead of a function that cannot be called. */
interface ErrorType {
  readonly kind: 'error'
  readonly message: string
}

export interface Member {
  /** As written: quoted, with `?` where optional (see `keyOf`). */
  readonly key: string
  readonly type: TsType
}

/** `{ a: string; b: number }` on one line where it fits. */
export function object(members: readonly Member[]): TsType {
  return { kind: 'object', members, isOpen: false }
}

/** The same, always a member a line. */
export function openObject(members: readonly Member[]): TsType {
  return { kind: 'object', members, isOpen: true }
}

export function union(types: readonly TsType[]): TsType {
  const [only] = types
  return types.length === 1 && only !== undefined ? only : { kind: 'union', types }
}

export function array(element: TsType): TsType {
  return { kind: 'array', element }
}

export function tuple(items: readonly TsType[]): TsType {
  return { kind: 'tuple', items }
}

export function errorType(message: string): TsType {
  return { kind: 'error', message }
}

/** `T | null`; what is unknown may be null already. */
export function orNull(type: TsType): TsType {
  if (type === 'unknown') return type
  const types = typeof type === 'object' && type.kind === 'union' ? type.types : [type]
  return { kind: 'union', types: [...types, 'null'] }
}

/** `name`, `"user-id"` */
export function keyOf(name: string, isOptional = false): string {
  return `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name)}${isOptional ? '?' : ''}`
}

/** In double quotes, unless single ones need fewer backslashes. */
export function quote(text: string): string {
  const double = JSON.stringify(text)
  if (text.split('"').length <= text.split("'").length) return double
  return `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** `key: type`, the type below its key where it is a union too long for the line. */
export function layoutMember({ key, type }: Member): Layout {
  if (typeof type === 'string' || type.kind !== 'union') return [key, ': ', layoutType(type)]
  const { types } = type
  const [first, second] = types
  if (types.length === 2 && second === 'null' && isObject(first)) {
    return [key, ': ', layoutType(first), ' | null']
  }
  const each = types.map(layoutType)
  return group(
    [key, ': ', join(' | ', each)],
    [
      key,
      ':',
      indent([
        hardLine,
        join(
          hardLine,
          each.map((item) => ['| ', indent(item)]),
        ),
      ]),
    ],
  )
}

function isObject(type: TsType | undefined): type is ObjectType {
  return typeof type === 'object' && type.kind === 'object'
}

export function layoutType(type: TsType): Layout {
  if (typeof type === 'string') return type
  switch (type.kind) {
    case 'object':
      return layoutObject(type)
    case 'union':
      return join(' | ', type.types.map(layoutType))
    case 'array': {
      const element = layoutType(type.element)
      const isUnion = typeof type.element === 'object' && type.element.kind === 'union'
      return isUnion ? ['(', element, ')[]'] : [element, '[]']
    }
    case 'tuple':
      return layoutList(type.items.map(layoutType))
    case 'error':
      return [layoutType(openObject([{ key: 'error', type: 'true' }])), ' & ', quote(type.message)]
  }
}

function layoutObject({ members, isOpen }: ObjectType): Layout {
  if (members.length === 0) return '{}'
  const each = members.map(layoutMember)
  const lines = ['{', indent([hardLine, join(hardLine, each)]), hardLine, '}']
  return isOpen ? lines : group(['{ ', join('; ', each), ' }'], lines)
}

/** `["a", "b"]`, or an item a line. */
export function layoutList(items: readonly Layout[]): Layout {
  if (items.length === 0) return '[]'
  const inner = join([',', line], items)
  return group(['[', inner, ']'], ['[', indent([softLine, inner, ',']), softLine, ']'])
}
