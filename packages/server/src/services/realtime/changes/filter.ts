/** The filter of a subscription: `name=eq.x,age=not.in.(1,2)` → conditions, all of which must hold. */

export interface Condition {
  readonly column: string
  readonly op: string
  /** Of `in` an array literal. */
  readonly value: string
  readonly negate: boolean
}

/** The same for the same condition. */
export function conditionKey({ column, op, value, negate }: Condition): string {
  return JSON.stringify([column, op, value, negate])
}

/** What is wrong, behind ``Error parsing `filter` params: ``. */
export class FilterError extends Error {}

const operators = new Set([
  'eq',
  'neq',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'like',
  'ilike',
  'is',
  'match',
  'imatch',
  'isdistinct',
])

/** @throws FilterError */
export function parseFilter(text: string): Condition[] {
  if (text.trim() === '') return []
  const segments = splitSegments(text)
  if (segments.some((segment) => segment.trim() === ''))
    throw new FilterError('filter must not contain empty segments (check for extra commas)')
  return segments.map(parseSegment)
}

/** At commas that stand in no quotes and no parentheses. */
function splitSegments(text: string): string[] {
  const segments: string[] = []
  let start = 0
  let depth = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (isQuoted) {
      if (character === '\\') at++
      else if (character === '"') isQuoted = false
    } else if (character === '"' && /[=.,(]$/.test(text.slice(0, at))) isQuoted = true
    else if (character === '(') depth++
    else if (character === ')') depth = Math.max(0, depth - 1)
    else if (character === ',' && depth === 0) {
      segments.push(text.slice(start, at))
      start = at + 1
    }
  }
  // what is never closed held nothing together
  if ((depth > 0 || isQuoted) && segments.length === 0) return [text]
  return [...segments, text.slice(start)]
}

const segmentPattern = /^([^=]+)=(not\.)?([a-z]+)\.(.*)$/s

function parseSegment(segment: string): Condition {
  const [, column = '', not, op = '', value = ''] = segmentPattern.exec(segment) ?? []
  if (!operators.has(op)) throw new FilterError(JSON.stringify(segment.split('.')))
  const condition = { column: column.trim(), op, negate: not !== undefined }
  if (op.endsWith('match') && !isRegular(unquote(value)))
    throw new FilterError(
      `\`${op}\` filter must not refer back (\\1) or look around ((?=, (?!, (?<)`,
    )
  if (op === 'in') return { ...condition, value: parseList(value) }
  return { ...condition, value: op === 'is' ? unquote(value).toLowerCase() : unquote(value) }
}

/** Others may take any time: Postgres tries all ways. */
function isRegular(pattern: string): boolean {
  return !/\\[1-9]|\(\?[=!<]/.test(pattern.replaceAll(/\\[^1-9]/gs, ''))
}

/** `(a,"b,c")` → `{"a","b,c"}` */
function parseList(value: string): string {
  const inner = /^\((.*)\)\s*$/s.exec(value)?.[1]
  if (inner === undefined) throw new FilterError('`in` filter value must be wrapped by parentheses')
  const items = inner === '' ? [] : splitSegments(inner).map((item) => unquote(item.trim()))
  const quoted = items.map((item) => `"${item.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)
  return `{${quoted.join(',')}}`
}

function unquote(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value
  return value.slice(1, -1).replaceAll(/\\(.)/gs, '$1')
}
