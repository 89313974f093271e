/** Postgres types as Swagger's `type`, `format` and `items`. */
import type { Json } from '#base/kernel'

export interface SwaggerType {
  readonly type?: string
  readonly format: string
  readonly items?: { readonly type?: string }
}

const types: Readonly<Record<string, string | null>> = {
  boolean: 'boolean',
  smallint: 'integer',
  integer: 'integer',
  bigint: 'integer',
  numeric: 'number',
  real: 'number',
  'double precision': 'number',
  // any JSON value: no type at all
  json: null,
  jsonb: null,
}

const formats: Readonly<Record<string, string>> = {
  smallint: 'int32',
  integer: 'int32',
  bigint: 'int64',
}

/** `swaggerType('integer[]')` → `{ type: 'array', format: 'integer[]', items: { type: 'integer' } }` */
export function swaggerType(type: string): SwaggerType {
  const format = formats[type] ?? type
  if (!type.endsWith('[]')) return { ...typeOf(type), format }
  return { type: 'array', format, items: typeOf(type.slice(0, -2)) }
}

function typeOf(type: string): { readonly type?: string } {
  const known = type in types ? types[type] : type.endsWith('[]') ? 'array' : 'string'
  return known === null || known === undefined ? {} : { type: known }
}

/** `parseDefault('integer', '42')` → 42, `('text', "'x'::text")` → `'x'`; undefined for what is no constant of the type. */
export function parseDefault(type: string, expression: string): Json | undefined {
  if (typeOf(type).type !== 'string') return parseJson(expression)
  const cast = `::${type}`
  return expression.endsWith(cast)
    ? expression.slice(0, -cast.length).replace(/^'+|'+$/g, '')
    : expression
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
