/** Symbols by name: from the names in memory where they are there, else by Postgres alone, which answers the same. */
import type { Context } from '#caller'
import { askAlone, askTogether } from './asking.ts'
import type { Asking } from './asking.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { behindSimilar, afterSimilar } from './similar-page.ts'
import type { Similar } from './similar-page.ts'
import { searchBounded } from './bounded.ts'
import { findByNames } from './find-by-names.ts'
import { isFiltered } from './name-rows.ts'
import { escapeLike, globToLike } from './patterns.ts'
import { symbolsOf, symbolsOfText, symbolTextOf } from './symbol-search.ts'
import type { FoundSymbol, Match, Page, SymbolSearch } from './symbol-search.ts'
import type { TextRows } from './text-rows.ts'

type Bind = Asking['bind']

/** What is beyond all characters: the end of a range of names that begin alike. */
const last = '\u{10FFFF}'

/** A select of the page's symbols, in order. */
function pageOf(search: SymbolSearch, userId: string, after: Similar | null, bind: Bind): string {
  const user = bind(userId, 'uuid')
  const conditions = [nameCondition(search, bind)]
  if (search.kind !== undefined) conditions.push(`symbols.kind = ${bind(search.kind, 'text')}`)
  if (search.language !== undefined)
    conditions.push(`symbols.language = ${bind(search.language, 'text')}`)
  if (search.path !== undefined)
    conditions.push(`files.path like ${bind(globToLike(search.path), 'text')}`)
  const isFuzzy = search.match === 'fuzzy'
  const cursor = isFuzzy ? null : decodeCursor(search.cursor, /^\d{1,18}$/)
  if (after !== null)
    conditions.push(
      behindSimilar(
        `similarity(symbols.name, ${bind(search.pattern, 'text')})`,
        search,
        after,
        'similarity',
        bind,
      ),
    )
  if (cursor !== null)
    conditions.push(
      `(symbols.name collate "C", symbols.id) > (${bind(cursor[0], 'text')}, ${bind(cursor[1], 'bigint')})`,
    )
  const repository =
    search.repository_id === undefined ? '' : `and id = ${bind(search.repository_id, 'uuid')}`
  const byName = 'symbols.name collate "C", symbols.id'
  const order = isFuzzy
    ? `similarity(symbols.name, ${bind(search.pattern, 'text')}) desc, ${byName}`
    : byName
  const most = bind(search.limit + 1, 'int')
  const files =
    search.path === undefined ? '' : 'join public.indexed_files files on files.id = symbols.file_id'
  return `
    select symbols.* from (select id from public.repositories where user_id = ${user} ${repository}) repositories
    cross join lateral (
      select symbols.* from public.symbols ${files}
      where symbols.repository_id = repositories.id and ${conditions.join(' and ')}
      order by ${order} limit ${most}) symbols
    order by ${order} limit ${most}`
}

function nameCondition({ match, pattern }: SymbolSearch, bind: Bind): string {
  const name = 'symbols.name collate "C"'
  switch (match) {
    case 'exact':
      return `${name} = ${bind(pattern, 'text')}`
    case 'prefix':
      return `${name} >= ${bind(pattern, 'text')} and ${name} < ${bind(pattern + last, 'text')}`
    case 'substring':
      return `symbols.name ilike ${bind(`%${escapeLike(pattern)}%`, 'text')}`
    case 'glob':
      return `symbols.name like ${bind(globToLike(pattern), 'text')}`
    case 'fuzzy':
      return `symbols.name % ${bind(pattern, 'text')}`
  }
}

/** Of each repository: beside pages of 200 of 20 repositories another's exact name waited 1.7 s. */
const fewRows = 50
const isOrdered = new Set<Match>(['exact', 'prefix'])

/** @throws search_too_expensive, invalid_request */
export async function findSymbols(
  context: Context,
  search: SymbolSearch,
): Promise<Page<FoundSymbol>> {
  const { match, limit } = search
  const after = match === 'fuzzy' ? afterSimilar(search) : null
  const rows =
    (await findByNames(context, search, after)) ?? (await findInPostgres(context, search, after))
  const page = rows.slice(0, limit)
  const end = page.at(-1)
  if (rows.length <= limit || end === undefined) return { rows: page, next_cursor: null }
  if (match === 'fuzzy')
    return {
      rows: page,
      next_cursor: encodeCursor([(after?.place ?? 0) + limit, end.name, end.id]),
    }
  return { rows: page, next_cursor: encodeCursor([end.name, end.id]) }
}

async function findInPostgres(
  context: Context,
  search: SymbolSearch,
  after: Similar | null,
): Promise<FoundSymbol[]> {
  const { db, caller } = context
  // a few rows of an index: nothing that others could wait long for, as they could where filters leave most of them out
  if (isOrdered.has(search.match) && !isFiltered(search) && search.limit <= fewRows) {
    const { types, values, bind } = askTogether()
    const text = symbolTextOf(pageOf(search, caller.userId, after, bind))
    const ask = { name: nameOf(search), text, types, values }
    const [row] = await db.queryTogether<TextRows>(ask)
    const found = row === undefined ? null : symbolsOfText(row)
    if (found !== null) return found
  }
  const { values, bind } = askAlone()
  const text = symbolsOf(pageOf(search, caller.userId, after, bind))
  return searchBounded(context, 'code.searchSymbols', { text, values })
}

/** One for each text. */
function nameOf(search: SymbolSearch): string {
  const parts = ['repository_id', 'cursor'] as const
  const given = parts.filter((part) => search[part] !== undefined)
  return ['code.symbols', search.match, ...given].join('_')
}
