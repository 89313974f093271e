/** The part of JSON Schema that bodies of this API are described by, and checked with. */
import { isJsonObject } from '#base/kernel'

export interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly string[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly maxItems?: number
}

export const text = (description: string, maxLength = 1000): Schema => ({
  type: 'string',
  description,
  maxLength,
})
export const integer = (
  description: string,
  minimum = 0,
  maximum = Number.MAX_SAFE_INTEGER,
): Schema => ({
  type: 'integer',
  description,
  minimum,
  maximum,
})
export const number = (description: string): Schema => ({ type: 'number', description })
export const flag = (description: string): Schema => ({ type: 'boolean', description })
export const oneOf = (values: readonly string[], description: string): Schema => ({
  type: 'string',
  enum: values,
  description,
})
export const listOf = (items: Schema, description = ''): Schema => ({
  type: 'array',
  items,
  ...(description === '' ? {} : { description }),
})
export const nullable = (schema: Schema): Schema => ({
  ...schema,
  type: [String(schema.type), 'null'],
})
/** Any JSON object. */
export const anyObject = (description: string): Schema => ({
  type: 'object',
  description,
  additionalProperties: true,
})
/** Members that end with `?` may be left out. */
export function object(members: Readonly<Record<string, Schema>>): Schema {
  const named = Object.entries(members).map(([name, schema]) => ({
    name: name.replace(/\?$/, ''),
    schema,
    isRequired: !name.endsWith('?'),
  }))
  return {
    type: 'object',
    properties: Object.fromEntries(named.map(({ name, schema }) => [name, schema])),
    required: named.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    additionalProperties: false,
  }
}

/** `['email: is required']`; empty when `value` is as `schema` says. */
export function checkSchema(schema: Schema, value: unknown, path = ''): string[] {
  const at = path === '' ? 'the body' : path
  const types = schema.type === undefined ? [] : [schema.type].flat()
  if (types.length > 0 && !types.some((type) => isOfType(type, value)))
    return [`${at}: expected ${types.join(' or ')}`]
  if (typeof value === 'string')
    return checkText(schema, value).map((message) => `${at}: ${message}`)
  if (typeof value === 'number') {
    const { minimum = -Infinity, maximum = Infinity } = schema
    return value < minimum || value > maximum ? [`${at}: expected ${minimum} to ${maximum}`] : []
  }
  if (Array.isArray(value)) {
    if (value.length > (schema.maxItems ?? Infinity)) return [`${at}: at most ${schema.maxItems}`]
    const { items } = schema
    return items === undefined
      ? []
      : value.flatMap((item, i) => checkSchema(items, item, `${path}[${i}]`))
  }
  return isJsonObject(value) ? checkMembers(schema, value, path) : []
}

function checkMembers(schema: Schema, value: object, path: string): string[] {
  const { properties = {}, required = [], additionalProperties = true } = schema
  const join = (name: string): string => (path === '' ? name : `${path}.${name}`)
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${join(name)}: is required`)
  const wrong = Object.entries(value).flatMap(([name, member]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
    if (known === true || known === undefined) return []
    if (known === false) return [`${join(name.slice(0, 80))}: there is no such member`]
    return checkSchema(known, member, join(name))
  })
  return [...missing, ...wrong]
}

/** A surrogate without the other one, which JSON may have and Postgres does not take. */
const halfCharacter = /\p{Surrogate}/u

function checkText(schema: Schema, value: string): string[] {
  if (value.includes('\0')) return ['a NUL character is in it']
  if (halfCharacter.test(value)) return ['half a character is in it']
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return [`expected ${schema.enum.join(', ')}`]
  if (value.length < (schema.minLength ?? 0)) return [`at least ${schema.minLength} characters`]
  if (value.length > (schema.maxLength ?? Infinity))
    return [`at most ${schema.maxLength} characters`]
  return []
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isJsonObject(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}
