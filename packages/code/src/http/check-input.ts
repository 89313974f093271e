/** Query and body against the fields of a route. Text of a query becomes what the field says. */
import { CodeError } from '#core'
import { isUuid } from './path-id.ts'
import type { Field, Fields } from './route.ts'

const maxText = 10_000

/** @throws invalid_request, with all that is wrong in `details` */
export function checkInput(
  fields: Fields,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const problems: Record<string, string> = {}
  const input: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined || (value === null && field.ignoresNull === true)) {
      if (field.default !== undefined) input[name] = field.default
      if (field.required === true) problems[name] = 'is missing'
      continue
    }
    if (value === null && field.nullable === true) {
      input[name] = null
      continue
    }
    const converted = convert(field, value)
    const problem = problemOf(field, converted)
    if (problem === null) input[name] = converted
    else problems[name] = problem
  }
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(fields, name))
  for (const name of unknown.slice(0, 10)) problems[name] = 'is not known'
  if (Object.keys(problems).length > 0)
    throw new CodeError('invalid_request', { details: { fields: problems } })
  return input
}

function convert(field: Field, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (field.type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (field.type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}

function problemOf(field: Field, value: unknown): string | null {
  switch (field.type) {
    case 'string':
      return textProblem(field, value)
    case 'integer':
      if (!Number.isInteger(value)) return 'is not a whole number'
      if ((value as number) < (field.minimum ?? 0)) return `is less than ${field.minimum ?? 0}`
      return (value as number) > (field.maximum ?? Number.MAX_SAFE_INTEGER)
        ? `is more than ${field.maximum}`
        : null
    case 'boolean':
      return typeof value === 'boolean' ? null : 'is not true or false'
    case 'array': {
      const isTexts = Array.isArray(value) && value.every((item) => textProblem({}, item) === null)
      return isTexts && value.length <= (field.maximum ?? 100) ? null : 'is not an array of texts'
    }
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? null
        : 'is not an object'
  }
}

function textProblem(field: Partial<Field>, value: unknown): string | null {
  if (typeof value !== 'string') return 'is not text'
  if (value.length > (field.maximum ?? maxText))
    return `has more than ${field.maximum ?? maxText} characters`
  if (value.includes('\0')) return 'has a character that PostgreSQL does not store'
  if (value === '' && (field.required === true || field.minimum === 1)) return 'is empty'
  if (field.format === 'uuid' && !isUuid(value)) return 'is not a UUID'
  if (field.enum !== undefined && !field.enum.includes(value))
    return `is none of ${field.enum.join(', ')}`
  return null
}
