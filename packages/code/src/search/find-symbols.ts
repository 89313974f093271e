/** Symbols by name: from the names in memory where they are there, else by Postgres alone, which answers the same. */
import type { Context } from '#caller'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { searchBounded } from './bounded.ts'
import { findByNames } from './find-by-names.ts'
import { escapeLike, globToLike } from './patterns.ts'
import { symbolsOf } from './symbol-search.ts'
import type { FoundSymbol, Match, Page, SymbolSearch } from './symbol-search.ts'

interface Shape {
  readonly text: string
  readonly values: readonly unknown[]
}

/** What is beyond all characters: the end of a range of names that begin alike. */
const last = '\u{10FFFF}'

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
  const files =
    search.path === undefined ? '' : 'join public.indexed_files files on files.id = symbols.file_id'
  const page = `
    select symbols.* from (select id from public.repositories where user_id = $1 ${repository}) repositories
    cross join lateral (
      select symbols.* from public.symbols ${files}
      where symbols.repository_id = repositories.id and ${conditions.join(' and ')}
      order by ${order} ${limit}) symbols
    order by ${order} ${limit}${isFuzzy ? ` offset ${bind(offset)}` : ''}`
  return { text: symbolsOf(page), values }
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
  context: Context,
  search: SymbolSearch,
): Promise<Page<FoundSymbol>> {
  const { match, limit } = search
  const offset = match === 'fuzzy' ? Number(decodeCursor(search.cursor, /^\d{1,4}$/)?.[0] ?? 0) : 0
  const rows =
    (await findByNames(context, search, offset)) ?? (await findInPostgres(context, search, offset))
  const page = rows.slice(0, limit)
  const end = page.at(-1)
  if (rows.length <= limit || end === undefined) return { rows: page, next_cursor: null }
  if (match === 'fuzzy') return { rows: page, next_cursor: encodeCursor([offset + limit]) }
  return { rows: page, next_cursor: encodeCursor([end.name, end.id]) }
}

function findInPostgres(
  { db, config, caller }: Context,
  search: SymbolSearch,
  offset: number,
): Promise<FoundSymbol[]> {
  const shape = shapeOf(search, caller.userId, offset)
  // a few rows of an index: nothing that could take long; a shape of text is a statement
  return isOrdered.has(search.match)
    ? db.query(nameOf(search), shape.text, shape.values)
    : searchBounded(db, config.searchTimeoutMs, 'code.searchSymbols', shape)
}

/** One for each text. */
function nameOf(search: SymbolSearch): string {
  const parts = ['kind', 'language', 'path', 'repository_id', 'cursor'] as const
  const given = parts.filter((part) => search[part] !== undefined)
  return ['code.symbols', search.match, ...given].join('_').slice(0, 63)
}
