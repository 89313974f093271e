/** Logic trees: `and=(a.eq.1,not.or(b.is.null,c.gt.2))`. */
import type { EmbedPath, LogicNode } from './api-request.ts'
import type { Literals } from './literals.ts'
import { parseBetween } from './parse-between.ts'
import { parseField } from './parse-field.ts'
import { parseElement, parseOperation } from './parse-operation.ts'
import { Scanner } from './scanner.ts'

/** Deep enough for any real query, shallow enough not to exhaust the stack. */
const maxDepth = 256

/** `parseLogicTree('or', '(id.eq.1,id.eq.2)', …)`; `operator` is `and`, `or`, `not.and` or `not.or`. */
export function parseLogicTree(operator: string, text: string, literals: Literals): LogicNode {
  const scanner = new Scanner(`${operator}${text}`, 'logic tree', text)
  return parseGroup(scanner, literals, 0)
}

/** The embedded path and the operator of a name such as `clients.not.or`. */
export function parseLogicName(name: string): { path: EmbedPath; operator: string } {
  const scanner = new Scanner(name, 'logic path')
  const names = [scanner.requireName()]
  while (scanner.take('.')) names.push(scanner.requireName())
  const last = names.at(-1) as string
  return {
    path: names.slice(0, -1).filter((part) => part !== 'not'),
    operator: names.includes('not') ? `not.${last}` : last,
  }
}

function parseGroup(scanner: Scanner, literals: Literals, depth: number): LogicNode {
  if (depth > maxDepth) scanner.fail('fewer nested groups')
  const start = scanner.at
  const negated = scanner.take('not.')
  const operator = scanner.take('and') ? 'and' : scanner.take('or') ? 'or' : null
  if (operator === null) return scanner.fail('logic operator (and, or)')
  literals.shape += `${scanner.text.slice(start, scanner.at)}(`
  scanner.skipBlanks()
  scanner.expect('(')
  const nodes: LogicNode[] = []
  do {
    scanner.skipBlanks()
    nodes.push(parseNode(scanner, literals, depth + 1))
    literals.shape += ','
    scanner.skipBlanks()
  } while (scanner.take(','))
  if (!scanner.take(')')) scanner.fail('"," or ")"')
  literals.shape += ')'
  scanner.skipBlanks()
  return { kind: 'group', operator, negated, nodes }
}

const groupStart = /(?:not\.)?(?:and|or)[ \t]*\(/y

function parseNode(scanner: Scanner, literals: Literals, depth: number): LogicNode {
  groupStart.lastIndex = scanner.at
  if (groupStart.test(scanner.text)) return parseGroup(scanner, literals, depth)
  const next = scanner.peek()
  if (next === '' || next === ')' || next === ',') {
    scanner.fail(
      'field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)',
    )
  }
  const start = scanner.at
  const field = parseField(scanner)
  if (!scanner.take('.')) scanner.fail('delimiter (.)')
  literals.shape += scanner.text.slice(start, scanner.at)
  return (
    parseBetween(scanner, field, literals) ?? {
      kind: 'filter',
      field,
      ...parseOperation(scanner, literals, readTreeValue),
    }
  )
}

/** A value inside a tree: quoted, an array literal `{…}`, or everything up to `,` or `)`. */
function readTreeValue(scanner: Scanner): string {
  if (scanner.peek() !== '{') return parseElement(scanner)
  const close = scanner.text.slice(scanner.at + 1).search(/[{}]/)
  if (close === -1 || scanner.text[scanner.at + 1 + close] !== '}') return parseElement(scanner)
  const value = scanner.text.slice(scanner.at, scanner.at + close + 2)
  scanner.at += value.length
  return value
}
