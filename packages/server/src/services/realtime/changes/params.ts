/** What a client asks to be told of: `{ event, schema, table, filter, select }`, checked. */
import type { JsonObject } from '#base/kernel'
import { FilterError, parseFilter } from './filter.ts'
import type { Condition } from './filter.ts'

export interface ChangeParams {
  readonly event: '*' | 'INSERT' | 'UPDATE' | 'DELETE'
  /** Patterns of LIKE. */
  readonly schema: string
  readonly table: string
  readonly conditions: readonly Condition[]
  readonly select: readonly string[] | null
}

/** The message a client gets. */
export class ParamsError extends Error {}

const maxFilterLength = 8_000
/** Names of Postgres end at 63 bytes, and its tables at 1,600 columns. */
const most = { patternLength: 1_000, columns: 1_600 }

/** @throws ParamsError */
export function parseParams(params: JsonObject): ChangeParams {
  const { schema, table, filter, select } = params
  const isNamed = typeof schema === 'string' || typeof table === 'string'
  const isUnusable = ['table', 'filter'].some(
    (key) => Object.hasOwn(params, key) && typeof params[key] !== 'string',
  )
  if (!isNamed || isUnusable)
    throw new ParamsError(
      `No subscription params provided. Please provide at least a \`schema\` or \`table\` to subscribe to: ${JSON.stringify(params).slice(0, 10_000)}`,
    )
  if (typeof filter === 'string' && filter.length > maxFilterLength)
    throw new ParamsError(
      `Error parsing \`filter\` params: longer than ${maxFilterLength} characters`,
    )
  for (const pattern of [schema, table])
    if (typeof pattern === 'string' && pattern.length > most.patternLength)
      throw new ParamsError(
        `Unable to subscribe to changes: \`schema\` and \`table\` have at most ${most.patternLength} characters`,
      )
  const parsed = {
    event: parseEvent(params['event']),
    schema: typeof schema === 'string' ? schema : 'public',
    table: typeof table === 'string' ? table : '*',
    conditions: typeof filter === 'string' ? parseConditions(filter) : [],
    select: parseSelect(select),
  }
  if (parsed.select !== null && (parsed.schema === '*' || parsed.table === '*'))
    throw new ParamsError(
      'Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.',
    )
  return parsed
}

function parseEvent(event: unknown): ChangeParams['event'] {
  const name = typeof event === 'string' ? event.toUpperCase() : ''
  return name === 'INSERT' || name === 'UPDATE' || name === 'DELETE' ? name : '*'
}

function parseConditions(filter: string): Condition[] {
  try {
    return parseFilter(filter)
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    throw new ParamsError(`Error parsing \`filter\` params: ${error.message}`)
  }
}

function parseSelect(select: unknown): readonly string[] | null {
  if (select === undefined || select === null) return null
  if (
    Array.isArray(select) &&
    select.length <= most.columns &&
    select.every((column) => typeof column === 'string')
  )
    return select.length === 0 ? null : (select as string[])
  throw new ParamsError(
    `Error parsing \`select\` params: expected a list of column name strings, got: ${JSON.stringify(select).slice(0, 1_000)}`,
  )
}

/** As upstream prints it, for messages: `[event: INSERT, schema: public, table: *, filters: [], select: nil]` */
export function describeParams({ event, schema, table, conditions, select }: ChangeParams): string {
  const filters = conditions.map(
    ({ column, op, value, negate }) =>
      `{${[column, op, value].map((part) => JSON.stringify(part)).join(', ')}${negate ? ', true' : ''}}`,
  )
  const chosen = select === null ? 'nil' : JSON.stringify(select)
  return `[event: ${event}, schema: ${schema}, table: ${table}, filters: [${filters.join(', ')}], select: ${chosen}]`
}

/** A pattern of LIKE (`%`, `_`, a backslash before what is meant as it is); `*` is everything. */
export function matcherOf(pattern: string): (name: string) => boolean {
  if (pattern === '*') return () => true
  if (!/[%_\\]/.test(pattern)) return (name) => name === pattern
  const parts = partsOf(pattern)
  return (name) => isLike(parts, name)
}

/** A character, or what stands for any one (`one`) or for any number of them (`many`). */
type Part = { readonly character: string } | 'one' | 'many'

function partsOf(pattern: string): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string
    if (character === '%') parts.push('many')
    else if (character === '_') parts.push('one')
    else if (character === '\\' && at + 1 < pattern.length)
      parts.push({ character: pattern[++at] as string })
    else parts.push({ character })
  }
  return parts
}

/** Goes back to the last `many` alone, so that no pattern takes longer than pattern × name. */
function isLike(parts: readonly Part[], name: string): boolean {
  let part = 0
  let at = 0
  let many = -1
  let from = 0
  while (at < name.length) {
    const wanted = parts[part]
    if (wanted === 'many') {
      many = part++
      from = at
    } else if (wanted === 'one' || (wanted !== undefined && wanted.character === name[at])) {
      part++
      at++
    } else if (many >= 0) {
      part = many + 1
      at = ++from
    } else return false
  }
  return parts.slice(part).every((rest) => rest === 'many')
}
