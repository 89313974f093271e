/** A named SQL statement with bound values, and the tag that writes one. */

import type { Utf8Text } from '#base/kernel'

/** A value bound to a placeholder; sent in text format (`Uint8Array` in binary), its type inferred by Postgres. */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array | Utf8Text

/**
 * One statement. `name` is its path (`auth.insertUser`): the span, the log field, the file.
 * `text` is a function of the shape only; everything that varies with the data is in `values`.
 */
export interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly SqlValue[]
  /** The text without what differs from request to request, where something does: a comment. */
  readonly shape?: string
}

/** A piece of SQL with its values, to be placed inside a statement. */
export class Fragment {
  readonly strings: readonly string[]
  readonly values: readonly (SqlValue | Fragment)[]

  constructor(strings: readonly string[], values: readonly (SqlValue | Fragment)[]) {
    this.strings = strings
    this.values = values
  }
}

/** A fragment: `fragment`id = ${id}`` */
export function fragment(
  strings: TemplateStringsArray,
  ...values: (SqlValue | Fragment)[]
): Fragment {
  return new Fragment(strings, values)
}

/** SQL text taken as it is. Never for anything that came from outside. */
export function verbatim(text: string): Fragment {
  return new Fragment([text], [])
}

/** A quoted identifier: `identifier('a"b')` → `"a""b"` */
export function identifier(...parts: string[]): Fragment {
  return verbatim(parts.map(quoteIdentifier).join('.'))
}

/** `join([a, b], ' and ')` → `a and b` */
export function join(parts: readonly Fragment[], separator: string): Fragment {
  if (parts.length === 0) return verbatim('')
  return new Fragment(['', ...parts.slice(1).map(() => separator), ''], parts)
}

/** `quoteIdentifier('a"b')` → `'"a""b"'` */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** `quoteLiteral("it's")` → `"'it''s'"`; a backslash makes it an escape string. Only for DDL, where nothing can be bound. */
export function quoteLiteral(value: string): string {
  const quoted = `'${value.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return value.includes('\\') ? `E${quoted}` : quoted
}

const leadingName = /^\s*\/\*\s*([\w.-]+)\s*\*\//

/**
 * A statement whose opening comment is its name.
 * `sql`/* auth.findUser *\/ select * from auth.users where id = ${id}`` →
 * `{ name: 'auth.findUser', text: '/* auth.findUser *\/ select * from auth.users where id = $1', values: [id] }`
 */
export function sql(strings: TemplateStringsArray, ...values: (SqlValue | Fragment)[]): Statement {
  const values_: SqlValue[] = []
  const text = flatten(strings, values, values_)
  return { name: leadingName.exec(text)?.[1] ?? 'unnamed', text, values: values_ }
}

function flatten(
  strings: readonly string[],
  values: readonly (SqlValue | Fragment)[],
  bound: SqlValue[],
): string {
  let text = strings[0] ?? ''
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as SqlValue | Fragment
    if (value instanceof Fragment) text += flatten(value.strings, value.values, bound)
    else text += `$${bound.push(value)}`
    text += strings[i + 1] ?? ''
  }
  return text
}
