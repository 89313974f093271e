/** What stands right of a filter's `=`: `not.eq.5`, `in.(1,2)`, `fts(english).cat`, `like(any).{a*,b*}`. */
import type { CompareOperator, IsValue, Operation, SearchOperator } from './api-request.ts'
import type { Literals } from './literals.ts'
import type { Scanner } from './scanner.ts'

export interface NegatableOperation {
  readonly negated: boolean
  readonly operation: Operation
}

const quantifiable = new Set<string>([
  'eq',
  'gt',
  'gte',
  'lt',
  'lte',
  'like',
  'ilike',
  'match',
  'imatch',
])
const comparing = new Set<string>([
  ...quantifiable,
  'neq',
  'cs',
  'cd',
  'ov',
  'sl',
  'sr',
  'nxr',
  'nxl',
  'adj',
])
const searching = new Set<string>(['fts', 'plfts', 'phfts', 'wfts'])
const isValues: readonly IsValue[] = ['null', 'not_null', 'true', 'false', 'unknown']

const operatorPattern = /([a-z]+)(?:\(([^()]*)\))?\./y
const languagePattern = /^[\p{L}0-9_ $]+$/u

/** Reads the single value an operator compares with: the rest of a parameter, or up to the next `,`/`)` in a tree. */
export type ReadValue = (scanner: Scanner) => string

/** At the cursor; adds its literals and its shape to `literals`. */
export function parseOperation(
  scanner: Scanner,
  literals: Literals,
  readValue: ReadValue,
): NegatableOperation {
  const start = scanner.at
  const negated = scanner.take('not.')
  operatorPattern.lastIndex = scanner.at
  const match = operatorPattern.exec(scanner.text)
  const [, name = '', argument] = match ?? []
  const kind = kindOf(name, argument)
  if (match === null || kind === null) {
    return scanner.fail(negated ? 'operator (eq, gt, ...)' : '"not" or operator (eq, gt, ...)')
  }
  scanner.at += match[0].length
  const operation = parseOperand(kind, name, argument, scanner, literals, readValue, start)
  return { negated, operation }
}

type Kind = Operation['kind']

function kindOf(name: string, argument: string | undefined): Kind | null {
  if (argument === undefined) {
    if (name === 'in' || name === 'is') return name
    if (name === 'isdistinct') return 'distinct'
    if (searching.has(name)) return 'search'
    return comparing.has(name) ? 'compare' : null
  }
  if (searching.has(name)) return languagePattern.test(argument) ? 'search' : null
  return quantifiable.has(name) && (argument === 'any' || argument === 'all') ? 'compare' : null
}

function parseOperand(
  kind: Kind,
  name: string,
  argument: string | undefined,
  scanner: Scanner,
  literals: Literals,
  readValue: ReadValue,
  start: number,
): Operation {
  const before = (): void => {
    literals.shape += `${scanner.text.slice(start, scanner.at)}?`
  }
  switch (kind) {
    case 'is': {
      const value = parseIs(scanner)
      literals.shape += scanner.text.slice(start, scanner.at).toLowerCase()
      return { kind, value }
    }
    case 'in':
      before()
      return { kind, values: literals.add(parseList(scanner)) }
    case 'distinct':
      before()
      return { kind, value: literals.add(readValue(scanner)) }
    case 'search': {
      before()
      const language = argument?.trim() ?? null
      const value = literals.add(readValue(scanner))
      return { kind, operator: name as SearchOperator, language, value }
    }
    case 'compare': {
      before()
      const quantifier = (argument ?? null) as 'any' | 'all' | null
      const value = literals.add(readValue(scanner))
      return { kind, operator: name as CompareOperator, quantifier, value }
    }
  }
}

function parseIs(scanner: Scanner): IsValue {
  const rest = scanner.text.slice(scanner.at, scanner.at + 'not_null'.length).toLowerCase()
  const value = isValues.find((candidate) => rest.startsWith(candidate))
  if (value === undefined) return scanner.fail('isVal: (null, not_null, true, false, unknown)')
  scanner.at += value.length
  return value
}

/** `(a,"b,c",)` → `['a', 'b,c', '']` */
export function parseList(scanner: Scanner): string[] {
  scanner.skipBlanks()
  scanner.expect('(')
  scanner.skipBlanks()
  const items = [parseElement(scanner)]
  while (scanner.take(',')) items.push(parseElement(scanner))
  if (!scanner.take(')')) scanner.fail('"," or ")"')
  scanner.skipBlanks()
  return items
}

/** A quoted text directly followed by `,`, `)` or the end, else everything up to one of them. */
export function parseElement(scanner: Scanner): string {
  return readQuoted(scanner) ?? scanner.until(',)')
}

function readQuoted(scanner: Scanner): string | null {
  if (scanner.peek() !== '"') return null
  const start = scanner.at
  const end = endOfQuoted(scanner.text, start)
  const next = scanner.text[end]
  if (end === -1 || (next !== undefined && next !== ',' && next !== ')')) return null
  return scanner.quoted()
}

/** The position behind the closing quote, or -1. */
function endOfQuoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return -1
}
