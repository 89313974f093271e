/** The rows of symbols with these names, of the caller's repositories and by the filters of the search: one statement. */
import { versionsSql } from '#names'
import type { FoundName, OpenNames } from '#names'
import type { Asking } from './asking.ts'
import { escapeLike, globToLike } from './patterns.ts'
import { behindSimilar } from './similar-page.ts'
import type { Similar } from './similar-page.ts'
import { symbolTextOf } from './symbol-search.ts'
import type { SymbolSearch } from './symbol-search.ts'
import type { TextRows } from './text-rows.ts'

export interface NameRows {
  readonly names: readonly (FoundName & { readonly similarity?: number | null })[]
  /** The name and the id that were the last of the page before. */
  readonly cursor?: readonly (string | number)[] | null
  /** Of a fuzzy search. */
  readonly after?: Similar | null
  /** Whether the names only may fit. */
  readonly isChecked: boolean
}

type Bind = Asking['bind']

const filters = ['kind', 'language', 'path'] as const

export function isFiltered(search: SymbolSearch): boolean {
  return filters.some((filter) => search[filter] !== undefined)
}

/** Rows that are read and sorted for one page at most, where others wait for it: 10 ms. */
const fewRows = 10_000

/**
 * Whether more than a few rows may be read for a page: others should not wait for them. A name of many repositories, in each
 * of them many times, 200 on a page, took 0.7 s; 14 such searches in one statement took 10 s.
 */
export function isLong(search: SymbolSearch, { names, after }: NameRows): boolean {
  if (isFiltered(search)) return true
  // in order, as far as the page goes
  if (search.match !== 'fuzzy' && oneOf(names) !== undefined) return false
  return names.length * (search.limit + 1 + (after?.place ?? 0)) > fewRows
}

export interface NamedRow extends TextRows {
  /** False where the versions are others than those of the names; there is nothing else then. */
  readonly current: boolean
}

/** A statement of one `NamedRow`, and its name: one for each text. */
export function nameRows(
  userId: string,
  opened: OpenNames,
  search: SymbolSearch,
  rows: NameRows,
  bind: Bind,
): { readonly name: string; readonly text: string } {
  const [user, versions] = [bind(userId, 'uuid'), bind(opened.versions, 'text')]
  const limit = bind(search.limit + 1, 'int')
  const own =
    search.repository_id === undefined
      ? `repositories.user_id = ${user}`
      : `repositories.user_id = ${user} and repositories.id = ${bind(search.repository_id, 'uuid')}`
  const isFuzzy = search.match === 'fuzzy'
  const one = oneOf(rows.names)
  const from =
    one === undefined
      ? `symbols.repository_id = wanted.repository_id and wanted.repository_id in (select repositories.id from public.repositories where ${own})`
      : `symbols.repository_id = (select repositories.id from public.repositories where ${own} and repositories.id = ${bind(one, 'uuid')})`
  const page = isFuzzy
    ? similarPage(opened, search, rows, { from, limit, bind })
    : fittingPage(search, rows, { from, limit, bind })
  const text = `
select known.versions = ${versions} as current, found.count, found.rows
from (${versionsSql(own)} offset 0) known
left join lateral (${symbolTextOf(page)}) found on known.versions = ${versions}`
  const given = [...filters, 'repository_id', 'cursor'] as const
  const parts = given.filter((part) => search[part] !== undefined)
  const kinds = [isFuzzy ? 'fuzzy' : 'fit', one === undefined ? 'some' : 'one']
  if (rows.isChecked) kinds.push('checked')
  return { name: ['code.named', ...kinds, ...parts].join('_'), text }
}

interface Paging {
  /** The condition of a repository. */
  readonly from: string
  readonly limit: string
  readonly bind: Bind
}

const inOrder = 'symbols.name collate "C", symbols.id'

/** The repository of all of them; null of no names. */
function oneOf(names: readonly FoundName[]): string | null | undefined {
  const first = names[0]?.repository ?? null
  return names.every(({ repository }) => repository === first) ? first : undefined
}

/** Of one repository, as nearly always, the index is read once, in order; else name by name. */
function fittingPage(
  search: SymbolSearch,
  { names, cursor, isChecked }: NameRows,
  { from, limit, bind }: Paging,
): string {
  const wanted = bind(
    names.map(({ name }) => name),
    'text[]',
  )
  const conditions = [from, ...filterConditions(search, bind)]
  if (cursor !== null && cursor !== undefined)
    conditions.push(`(${inOrder}) > (${bind(cursor[0], 'text')}, ${bind(cursor[1], 'bigint')})`)
  if (isChecked)
    conditions.push(`symbols.name ilike ${bind(`%${escapeLike(search.pattern)}%`, 'text')}`)
  if (oneOf(names) !== undefined)
    return `
  select symbols.* from ${tablesOf(search)}
  where ${conditions.join(' and ')} and symbols.name collate "C" = any (${wanted})
  order by ${inOrder} limit ${limit}`
  const repositories = bind(
    names.map(({ repository }) => repository),
    'uuid[]',
  )
  return `
  select symbols.* from unnest(${repositories}, ${wanted}) as wanted (repository_id, name)
  ${rowsOfName(search, conditions, limit)}
  order by ${inOrder} limit ${limit}`
}

function similarPage(
  { dialect }: OpenNames,
  search: SymbolSearch,
  { names, after = null, isChecked }: NameRows,
  { from, limit, bind }: Paging,
): string {
  const columns = [
    bind(
      names.map(({ repository }) => repository),
      'uuid[]',
    ),
    bind(
      names.map(({ name }) => name),
      'text[]',
    ),
    bind(
      names.map(({ similarity }) => similarity),
      'float4[]',
    ),
  ]
  const similarity = isChecked
    ? `coalesce(similarity, ${dialect.trigramSchema}.similarity(name, ${bind(search.pattern, 'text')}))`
    : 'similarity'
  const likeness = `${dialect.trigramSchema}.similarity`
  const behind =
    after === null ? [] : [behindSimilar('wanted.similarity', search, after, likeness, bind)]
  const least = isChecked ? `where ${similarity} >= ${bind(dialect.threshold, 'float8')}` : ''
  return `
    select symbols.* from (
      select repository_id, name, ${similarity} as similarity
      from unnest(${columns.join(', ')}) as given (repository_id, name, similarity) ${least}) wanted
    ${rowsOfName(search, [from, ...filterConditions(search, bind), ...behind], limit)}
    order by wanted.similarity desc, ${inOrder} limit ${limit}`
}

/** Of each of `wanted`; a name that is everywhere gives no more than so many. */
function rowsOfName(search: SymbolSearch, conditions: readonly string[], limit: string): string {
  return `cross join lateral (
    select symbols.* from ${tablesOf(search)}
    where ${conditions.join(' and ')} and symbols.name collate "C" = wanted.name
    order by symbols.id limit ${limit}) symbols`
}

function tablesOf({ path }: SymbolSearch): string {
  const files = 'join public.indexed_files files on files.id = symbols.file_id'
  return `public.symbols ${path === undefined ? '' : files}`
}

function filterConditions(search: SymbolSearch, bind: Bind): string[] {
  const conditions: string[] = []
  if (search.kind !== undefined) conditions.push(`symbols.kind = ${bind(search.kind, 'text')}`)
  if (search.language !== undefined)
    conditions.push(`symbols.language = ${bind(search.language, 'text')}`)
  if (search.path !== undefined)
    conditions.push(`files.path like ${bind(globToLike(search.path), 'text')}`)
  return conditions
}
