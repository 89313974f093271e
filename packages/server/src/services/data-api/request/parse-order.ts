/** The `order` parameter: `name.desc.nullslast,clients(name)`. */
import { BoundedCache } from '#base/kernel'
import type { OrderTerm } from './api-request.ts'
import { parseField } from './parse-field.ts'
import { Scanner } from './scanner.ts'

const seen = new BoundedCache<string, readonly OrderTerm[]>(512)

export function parseOrder(text: string): readonly OrderTerm[] {
  const cached = seen.get(text)
  if (cached !== undefined) return cached
  const scanner = new Scanner(text, 'order')
  const terms = [parseTerm(scanner)]
  while (scanner.take(',')) terms.push(parseTerm(scanner))
  if (text.length <= 512) seen.set(text, terms)
  return terms
}

function parseTerm(scanner: Scanner): OrderTerm {
  const { relation, field } = parseTarget(scanner)
  const direction = scanner.take('.asc') ? 'asc' : scanner.take('.desc') ? 'desc' : null
  const nulls = scanner.take('.nullsfirst') ? 'first' : scanner.take('.nullslast') ? 'last' : null
  scanner.skipBlanks()
  const next = scanner.peek()
  if (next !== '' && next !== ',') {
    scanner.fail(
      nulls !== null
        ? '"," or end of input'
        : direction !== null
          ? '"nullsfirst", "nullslast", "," or end of input'
          : 'delimiter (.), "," or end of input',
      "'",
    )
  }
  return { relation, field, direction, nulls }
}

function parseTarget(scanner: Scanner): Pick<OrderTerm, 'relation' | 'field'> {
  scanner.skipBlanks()
  const start = scanner.at
  const relation = scanner.name()
  if (relation === null || !scanner.take('(')) {
    scanner.at = start
    return { relation: null, field: parseField(scanner) }
  }
  const field = parseField(scanner)
  scanner.expect(')')
  return { relation, field }
}
