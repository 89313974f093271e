/** Values of the SQL types that are compared here, for which what is equal in Postgres is equal here. */
import { parseArrayLiteral } from '#base/sql'

/**
 * `text` is what compares as its bytes do. An enum's name is that of its type, for only one and the same compare. A list is
 * of the elements of an array.
 */
export type Type =
  | { readonly kind: 'boolean' | 'integer' | 'text' | 'uuid' | 'json' }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'list'; readonly of: Type }

/** JSON within SQL: its null is a value. */
export class Json {
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}

export type Scalar = boolean | number | string | Json
/** SQL NULL is null; undefined is what only Postgres can say. */
export type Value = Scalar | readonly (Scalar | null)[] | null | undefined

export const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** That a number holds. */
export const integerPattern = /^-?\d{1,15}$/

export function isSameType(a: Type, b: Type): boolean {
  if (a.kind === 'enum' && b.kind === 'enum') return a.name === b.name
  if (a.kind === 'list' && b.kind === 'list') return isSameType(a.of, b.of)
  return a.kind === b.kind
}

/** What Postgres printed → its value. */
export function parseValue(type: Type, text: string): Scalar | undefined {
  switch (type.kind) {
    case 'boolean':
      return text === 't' || text === 'true'
        ? true
        : text === 'f' || text === 'false'
          ? false
          : undefined
    case 'integer':
      return integerPattern.test(text) ? Number(text) : undefined
    case 'uuid':
      return uuidPattern.test(text) ? text : undefined
    case 'text':
    case 'enum':
      return text
    default:
      return undefined
  }
}

/** An array of one dimension. */
export function parseList(of: Type, text: string): Value {
  const items: (Scalar | null)[] = []
  for (const item of parseArrayLiteral(text)) {
    const value = item === null ? null : parseValue(of, item)
    if (value === undefined) return undefined
    items.push(value)
  }
  return items
}
