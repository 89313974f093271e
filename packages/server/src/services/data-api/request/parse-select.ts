/** The `select` parameter: columns, casts, JSON paths, aggregates, embedded and spread resources. */
import { BoundedCache } from '#base/kernel'
import type { Aggregate, ColumnItem, EmbedItem, SelectItem } from './api-request.ts'
import { requestErrors } from './errors.ts'
import { parseField } from './parse-field.ts'
import { fieldNameExpected, Scanner } from './scanner.ts'

const star: ColumnItem = {
  kind: 'column',
  field: { name: '*', path: [] },
  alias: null,
  cast: null,
  aggregate: null,
  aggregateCast: null,
}

const everything: readonly SelectItem[] = [star]
const seen = new BoundedCache<string, readonly SelectItem[]>(512)

/** `parseSelect('id,who:users!inner(name)')`; an absent parameter is `*`. */
export function parseSelect(text: string | null): readonly SelectItem[] {
  if (text === null || text === '*') return everything
  const cached = seen.get(text)
  if (cached !== undefined) return cached
  const scanner = new Scanner(text, 'select parameter')
  const items = parseItems(scanner)
  checkEmbeds(items)
  if (text.length <= 1024) seen.set(text, items)
  return items
}

/** Postgres plans them all before it looks at its clock: 25 levels took it 7 s, 400 side by side 0.8 s. */
const maxLevels = 12
const maxEmbeds = 100

function checkEmbeds(items: readonly SelectItem[]): void {
  let count = 0
  for (
    let found = embedsOf(items);
    found.length > 0;
    found = found.flatMap(({ select }) => embedsOf(select))
  ) {
    count += found.length
    if (count > maxEmbeds) throw requestErrors.tooManyEmbeds({ what: `more than ${maxEmbeds}` })
  }
}

function tooDeep(): Error {
  return requestErrors.tooManyEmbeds({ what: `nested more than ${maxLevels} deep` })
}

function embedsOf(items: readonly SelectItem[]): EmbedItem[] {
  return items.filter((item) => item.kind === 'embed')
}

function parseItems(scanner: Scanner): SelectItem[] {
  scanner.skipBlanks()
  if (scanner.done || scanner.peek() === ')') return []
  const items = [parseItem(scanner)]
  while (scanner.take(',')) items.push(parseItem(scanner))
  return items
}

function parseItem(scanner: Scanner): SelectItem {
  scanner.skipBlanks()
  if (scanner.take('...')) return parseEmbed(scanner, scanner.requireName(), null, true)
  if (scanner.peek() === '*') {
    scanner.at++
    return endOfItem(scanner, star)
  }
  const alias = parseAlias(scanner)
  if (scanner.take('count()')) {
    const aggregateCast = scanner.cast()
    return endOfItem(scanner, { ...star, alias, aggregate: 'count', aggregateCast })
  }
  const start = scanner.at
  const name = scanner.requireName()
  if (scanner.peek() === '!' || scanner.peek() === '(') {
    return parseEmbed(scanner, name, alias, false)
  }
  scanner.at = start
  return parseColumn(scanner, alias)
}

/** `name:` but not the beginning of a cast `name::`. */
function parseAlias(scanner: Scanner): string | null {
  const start = scanner.at
  const name = scanner.name()
  if (name !== null && scanner.peek() === ':' && !scanner.startsWith('::')) {
    scanner.at++
    return name
  }
  scanner.at = start
  return null
}

function parseColumn(scanner: Scanner, alias: string | null): ColumnItem {
  const field = parseField(scanner)
  const cast = scanner.cast()
  const aggregate = parseAggregate(scanner)
  const aggregateCast = scanner.cast()
  return endOfItem(scanner, { kind: 'column', field, alias, cast, aggregate, aggregateCast })
}

const aggregates: readonly Aggregate[] = ['sum', 'avg', 'count', 'max', 'min']

function parseAggregate(scanner: Scanner): Aggregate | null {
  if (scanner.peek() !== '.') return null
  return aggregates.find((name) => scanner.take(`.${name}()`)) ?? null
}

function endOfItem(scanner: Scanner, item: ColumnItem): ColumnItem {
  scanner.skipBlanks()
  const next = scanner.peek()
  if (next !== '' && next !== ',' && next !== ')') {
    scanner.fail(
      item === star ? '")", "," or end of input' : `${fieldNameExpected}, "," or end of input`,
    )
  }
  return item
}

function parseEmbed(
  scanner: Scanner,
  name: string,
  alias: string | null,
  spread: boolean,
): EmbedItem {
  let hint: string | null = null
  let join: 'left' | 'inner' | null = null
  for (let given = 0; given < 2 && scanner.take('!'); given++) {
    const word = scanner.requireName()
    if (word === 'left' || word === 'inner') join ??= word
    else hint ??= word
  }
  scanner.expect('(')
  if (++scanner.level > maxLevels) throw tooDeep()
  const select = parseItems(scanner)
  scanner.level--
  scanner.expect(')')
  scanner.skipBlanks()
  return { kind: 'embed', name, alias, hint, join, spread, select }
}
