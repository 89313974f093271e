/** The rows of symbols with these names, of the caller's repositories and by the filters of the search: one statement. */
import { versionsSql } from '#names'
import type { FoundName, OpenNames } from '#names'
import { escapeLike, globToLike } from './patterns.ts'
import { symbolsOf } from './symbol-search.ts'
import type { FoundSymbol, SymbolSearch } from './symbol-search.ts'

export interface NameRows {
  readonly names: readonly (FoundName & { readonly similarity?: number | null })[]
  /** The name and the id that were the last of the page before. */
  readonly cursor?: readonly (string | number)[] | null
  /** Of a fuzzy search. */
  readonly offset?: number
  /** Whether the names only may fit. */
  readonly isChecked: boolean
}

export interface Statement {
  /** One for each text. */
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

type Bind = (value: unknown) => string

const filters = ['kind', 'language', 'path'] as const

export function isFiltered(search: SymbolSearch): boolean {
  return filters.some((filter) => search[filter] !== undefined)
}

export interface NamedRow extends Omit<FoundSymbol, 'id'> {
  /** Null where they are those of the names; otherwise there is nothing else. */
  readonly versions: string | null
  /** Null in the only row of none. */
  readonly id: string | null
}

/** A statement of one `NamedRow` at least. */
export function nameRows(
  userId: string,
  opened: OpenNames,
  search: SymbolSearch,
  rows: NameRows,
): Statement {
  const values: unknown[] = [userId, opened.versions, search.limit + 1]
  const bind: Bind = (value) => `$${values.push(value)}`
  const own =
    search.repository_id === undefined
      ? 'repositories.user_id = $1'
      : `repositories.user_id = $1 and repositories.id = ${bind(search.repository_id)}`
  const isFuzzy = search.match === 'fuzzy'
  const one = oneOf(rows.names)
  const from =
    one === undefined
      ? `symbols.repository_id = wanted.repository_id and wanted.repository_id in (select repositories.id from public.repositories where ${own})`
      : `symbols.repository_id = (select repositories.id from public.repositories where ${own} and repositories.id = ${bind(one)}::uuid)`
  const page = isFuzzy
    ? similarPage(opened, search, rows, from, bind)
    : fittingPage(search, rows, from, bind)
  const text = `
select nullif(known.versions, $2) as versions, found.*
from (${versionsSql(own)}) known
left join (${symbolsOf(page)}) found on known.versions = $2`
  const given = [...filters, 'repository_id', 'cursor'] as const
  const parts = given.filter((part) => search[part] !== undefined)
  const kinds = [isFuzzy ? 'fuzzy' : 'fit', one === undefined ? 'some' : 'one']
  if (rows.isChecked) kinds.push('checked')
  return { name: ['code.named', ...kinds, ...parts].join('_'), text, values }
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
  from: string,
  bind: Bind,
): string {
  const wanted = bind(names.map(({ name }) => name))
  const conditions = [from, ...filterConditions(search, bind)]
  if (cursor !== null && cursor !== undefined)
    conditions.push(`(${inOrder}) > (${bind(cursor[0])}::text, ${bind(cursor[1])}::bigint)`)
  if (isChecked) conditions.push(`symbols.name ilike ${bind(`%${escapeLike(search.pattern)}%`)}`)
  if (oneOf(names) !== undefined)
    return `
  select symbols.* from ${tablesOf(search)}
  where ${conditions.join(' and ')} and symbols.name collate "C" = any (${wanted}::text[])
  order by ${inOrder} limit $3`
  const repositories = bind(names.map(({ repository }) => repository))
  return `
  select symbols.* from unnest(${repositories}::uuid[], ${wanted}::text[]) as wanted (repository_id, name)
  ${rowsOfName(search, conditions, '$3')}
  order by ${inOrder} limit $3`
}

function similarPage(
  { dialect }: OpenNames,
  search: SymbolSearch,
  { names, offset = 0, isChecked }: NameRows,
  from: string,
  bind: Bind,
): string {
  const columns = [
    `${bind(names.map(({ repository }) => repository))}::uuid[]`,
    `${bind(names.map(({ name }) => name))}::text[]`,
    `${bind(names.map(({ similarity }) => similarity))}::float4[]`,
  ]
  const skipped = `${bind(offset)}::int`
  const similarity = isChecked
    ? `coalesce(similarity, ${dialect.trigramSchema}.similarity(name, ${bind(search.pattern)}))`
    : 'similarity'
  const least = isChecked ? `where ${similarity} >= ${bind(dialect.threshold)}::float8` : ''
  return `
    select symbols.* from (
      select repository_id, name, ${similarity} as similarity
      from unnest(${columns.join(', ')}) as given (repository_id, name, similarity) ${least}) wanted
    ${rowsOfName(search, [from, ...filterConditions(search, bind)], `$3 + ${skipped}`)}
    order by wanted.similarity desc, ${inOrder} limit $3 offset ${skipped}`
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
  if (search.kind !== undefined) conditions.push(`symbols.kind = ${bind(search.kind)}`)
  if (search.language !== undefined) conditions.push(`symbols.language = ${bind(search.language)}`)
  if (search.path !== undefined) conditions.push(`files.path like ${bind(globToLike(search.path))}`)
  return conditions
}
