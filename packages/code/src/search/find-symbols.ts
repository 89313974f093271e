/** Symbols by name: exact and prefix by the order of the names, the others by their trigrams. */
import type { Context } from '#caller'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { searchBounded } from './bounded.ts'
import { escapeLike, globToLike } from './patterns.ts'

export const matches = ['exact', 'prefix', 'substring', 'glob', 'fuzzy'] as const
export type Match = (typeof matches)[number]

export interface SymbolSearch {
  readonly pattern: string
  readonly match: Match
  readonly kind?: string
  readonly language?: string
  readonly path?: string
  readonly repository_id?: string
  readonly limit: number
  readonly cursor?: string
}

export interface FoundSymbol {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly signature: string
  readonly container: string | null
  readonly language: string
  readonly path: string
  readonly repository_id: string
  readonly start_line: number
  readonly start_column: number
  readonly end_line: number
  readonly end_column: number
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** Null: there is no more. */
  readonly next_cursor: string | null
}

export const symbolColumns = `symbols.id, symbols.name, symbols.kind, symbols.signature, symbols.container, symbols.language,
  files.path, symbols.repository_id, symbols.start_line, symbols.start_column, symbols.end_line, symbols.end_column`

/** What is beyond all characters: the end of a range of names that begin alike. */
const last = '\u{10FFFF}'

interface Shape {
  readonly text: string
  readonly values: readonly unknown[]
}

function shapeOf(search: SymbolSearch, userId: string, offset: number): Shape {
  const values: unknown[] = [userId, search.limit + 1]
  const bind = (value: unknown): string => `$${values.push(value)}`
  const conditions = [nameCondition(search, bind)]
  if (search.kind !== undefined) conditions.push(`symbols.kind = ${bind(search.kind)}`)
  if (search.language !== undefined) conditions.push(`symbols.language = ${bind(search.language)}`)
  if (search.path !== undefined) conditions.push(`files.path like ${bind(globToLike(search.path))}`)
  const isFuzzy = search.match === 'fuzzy'
  const cursor = isFuzzy ? null : decodeCursor(search.cursor, /^\d{1,18}$/)
  if (cursor !== null)
    conditions.push(
      `(symbols.name collate "C", symbols.id) > (${bind(cursor[0])}::text, ${bind(cursor[1])}::bigint)`,
    )
  const repository =
    search.repository_id === undefined ? '' : `and id = ${bind(search.repository_id)}`
  const byName = 'symbols.name collate "C", symbols.id'
  const order = isFuzzy
    ? `similarity(symbols.name, ${bind(search.pattern)}) desc, ${byName}`
    : byName
  const limit = isFuzzy ? `limit $2 + ${bind(offset)}::int` : 'limit $2'
  const files = 'join public.indexed_files files on files.id = symbols.file_id'
  const text = `
select ${symbolColumns} from (select id from public.repositories where user_id = $1 ${repository}) repositories
cross join lateral (
  select symbols.* from public.symbols ${search.path === undefined ? '' : files}
  where symbols.repository_id = repositories.id and ${conditions.join(' and ')}
  order by ${order} ${limit}) symbols
${files}
order by ${order} ${limit}${isFuzzy ? ` offset ${bind(offset)}` : ''}`
  return { text, values }
}

function nameCondition({ match, pattern }: SymbolSearch, bind: (value: unknown) => string): string {
  const name = 'symbols.name collate "C"'
  switch (match) {
    case 'exact':
      return `${name} = ${bind(pattern)}`
    case 'prefix':
      return `${name} >= ${bind(pattern)} and ${name} < ${bind(pattern + last)}`
    case 'substring':
      return `symbols.name ilike ${bind(`%${escapeLike(pattern)}%`)}`
    case 'glob':
      return `symbols.name like ${bind(globToLike(pattern))}`
    case 'fuzzy':
      return `symbols.name % ${bind(pattern)}`
  }
}

const isOrdered = new Set<Match>(['exact', 'prefix'])

/** @throws search_too_expensive, invalid_request */
export async function findSymbols(
  { db, config, caller }: Context,
  search: SymbolSearch,
): Promise<Page<FoundSymbol>> {
  const offset =
    search.match === 'fuzzy' ? Number(decodeCursor(search.cursor, /^\d{1,4}$/)?.[0] ?? 0) : 0
  const shape = shapeOf(search, caller.userId, offset)
  const rows = isOrdered.has(search.match)
    ? // a few rows of an index: nothing that could take long; a shape of text is a statement
      await db.query<FoundSymbol>(nameOf(search), shape.text, shape.values)
    : await searchBounded<FoundSymbol>(db, config.searchTimeoutMs, 'code.searchSymbols', shape)
  const page = rows.slice(0, search.limit)
  const end = page.at(-1)
  if (rows.length <= search.limit || end === undefined) return { rows: page, next_cursor: null }
  const next = search.match === 'fuzzy' ? [offset + search.limit] : [end.name, end.id]
  return { rows: page, next_cursor: encodeCursor(next) }
}

/** One for each text. */
function nameOf(search: SymbolSearch): string {
  const parts = ['kind', 'language', 'path', 'repository_id', 'cursor'] as const
  const given = parts.filter((part) => search[part] !== undefined)
  return ['code.symbols', search.match, ...given].join('_').slice(0, 63)
}
