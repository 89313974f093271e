/** Lines of code by a substring or a regular expression: pieces of files by their trigrams, then the lines in them. */
import type { Context } from '#caller'
import { searchInOrder } from './bounded.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import type { Page } from './symbol-search.ts'
import { escapeLike, globToLike } from './patterns.ts'
import { literalsOf } from './regex-literals.ts'
import { rowsOfText, textRowsSql } from './text-rows.ts'
import type { TextRows } from './text-rows.ts'

export interface CodeSearch {
  readonly pattern: string
  readonly regex: boolean
  readonly ignore_case: boolean
  readonly language?: string
  readonly path?: string
  readonly repository_id?: string
  readonly limit: number
  readonly cursor?: string
}

export interface FoundLine {
  readonly file_id: string
  readonly path: string
  readonly language: string | null
  readonly repository_id: string
  readonly line: number
  readonly text: string
}

interface LineRow extends FoundLine {
  readonly piece: string
}

const columns = "piece, file_id, path, coalesce(language, ''), repository_id, line, text"
const columnCount = 7

/** The repository, the piece, the line. */
const place = /^([\da-f-]{36})\.(\(\d{1,10},\d{1,5}\))\.(\d{1,9})$/

/** By repository, in the order of the table, which is no particular one. @throws search_too_expensive, invalid_pattern */
export async function findCode(
  { db, config, caller }: Context,
  search: CodeSearch,
): Promise<Page<FoundLine>> {
  // lines have none
  if (!search.regex && search.pattern.includes('\n')) return { rows: [], next_cursor: null }
  const { name, text, values } = statementOf(search, caller.userId)
  const asText = { name: `${name}_text`, text: textRowsSql(columns, text), values }
  const [page] = await searchInOrder<TextRows>(db, config.searchTimeoutMs, asText)
  const found =
    (page === undefined ? null : rowsOfText(page, columnCount, lineRowOf)) ??
    (await searchInOrder<LineRow>(db, config.searchTimeoutMs, { name, text, values }))
  const rows = found.slice(0, search.limit)
  const end = rows.at(-1)
  const hasMore = found.length > rows.length && end !== undefined
  return {
    rows: rows.map(lineOf),
    next_cursor: hasMore ? encodeCursor([`${end.repository_id}.${end.piece}.${end.line}`]) : null,
  }
}

function lineRowOf(texts: readonly string[]): LineRow {
  const textAt = (index: number): string => texts[index] as string
  return {
    piece: textAt(0),
    file_id: textAt(1),
    path: textAt(2),
    language: textAt(3) === '' ? null : textAt(3),
    repository_id: textAt(4),
    line: Number(textAt(5)),
    text: textAt(6),
  }
}

function lineOf({ file_id, path, language, repository_id, line, text }: LineRow): FoundLine {
  return { file_id, path, language, repository_id, line, text }
}

type Bind = (value: unknown) => string

/**
 * Lines stop the reading: each repository, each piece is read, cut and left before the next one. The planner must not have
 * another idea of it, so that none of these queries is one it could turn round.
 */
function statementOf(search: CodeSearch, userId: string) {
  const values: unknown[] = [userId, search.limit + 1]
  const bind: Bind = (value) => `$${values.push(value)}`
  const { kind, pieces, whole, lines } = search.regex ? byRegex(search, bind) : byText(search, bind)
  const after = afterOf(search, bind)
  const repositories = [
    ...(search.repository_id === undefined ? [] : [`and id = ${bind(search.repository_id)}`]),
    after.repositories,
  ].join(' ')
  const files = [
    ...(search.language === undefined ? [] : [`and language = ${bind(search.language)}`]),
    ...(search.path === undefined ? [] : [`and path like ${bind(globToLike(search.path))}`]),
  ].join(' ')
  const text = `
select pieces.piece::text, pieces.file_id, files.path, files.language, repositories.id as repository_id,
  (pieces.first_line + lines.number - 1)::int as line, left(lines.text, 500) as text
from (select id from public.repositories where user_id = $1 ${repositories} order by id) repositories
cross join lateral (
  select ctid as piece, file_id, first_line, content from public.file_chunks
  where repository_id = repositories.id and ${pieces} ${after.pieces} offset 0) pieces
cross join lateral (
  select path, language from public.indexed_files where id = pieces.file_id ${files} limit 1) files
-- decompressed and cut once
cross join lateral (select pieces.content || '' as content${whole} offset 0) whole
cross join lateral (${lines}) lines
${after.lines}
limit $2`
  const given = (['repository_id', 'language', 'path', 'cursor'] as const).filter(
    (part) => search[part] !== undefined,
  )
  return { name: ['code.lines', kind, ...given].join('_'), text, values }
}

/** Conditions of what comes after a page. */
function afterOf({ cursor }: CodeSearch, bind: Bind) {
  const [, id, piece, line] = place.exec(String(decodeCursor(cursor, place)?.[0] ?? '')) ?? []
  if (id === undefined) return { repositories: '', pieces: '', lines: '' }
  const [from, at] = [`${bind(id)}::uuid`, `${bind(piece)}::tid`]
  return {
    repositories: `and id >= ${from}`,
    pieces: `and (repositories.id > ${from} or ctid >= ${at})`,
    lines: `where repositories.id > ${from} or pieces.piece > ${at} or pieces.first_line + lines.number - 1 > ${bind(line)}::int`,
  }
}

interface Shape {
  /** One for each text of a statement. */
  readonly kind: string
  /** The condition of a piece. */
  readonly pieces: string
  /** More columns of a piece, worked out once for it. */
  readonly whole: string
  /** A query of `number` and `text`. */
  readonly lines: string
}

function byText({ pattern, ignore_case }: CodeSearch, bind: Bind): Shape {
  const like = bind(`%${escapeLike(pattern)}%`)
  const text = bind(pattern)
  return ignore_case
    ? {
        kind: 'ilike',
        pieces: `content ilike ${like}`,
        whole: '',
        lines: linesWith('lower(whole.content)', `lower(${text}::text)`),
      }
    : {
        kind: 'like',
        pieces: `content like ${like}`,
        whole: '',
        lines: linesWith('whole.content', text),
      }
}

// of nothing there is one line, and not none
const cutIntoLines = `, case pieces.content when '' then array[''] else string_to_array(pieces.content, E'\\n') end as lines`

/** Of letters, so that there are trigrams of it. */
const isIndexed = /[a-z\d]{3}/i

function byRegex({ pattern, ignore_case }: CodeSearch, bind: Bind): Shape {
  // ^ and $ are those of lines, . is none of their ends
  const regex = bind(`(?n)${pattern}`)
  const literals = ignore_case ? [] : literalsOf(pattern)
  const longest = literals.toSorted((one, other) => other.length - one.length).at(0) ?? ''
  if (!literals.some((literal) => isIndexed.test(literal)) || longest.includes('\n')) {
    const operator = ignore_case ? '~*' : '~'
    return {
      kind: ignore_case ? 'iregex' : 'regex',
      pieces: `content ${operator} ${regex}`,
      whole: cutIntoLines,
      lines: `select number, text
        from unnest(whole.lines) with ordinality line (text, number)
        where text ${operator} ${regex}`,
    }
  }
  return {
    kind: 'text_regex',
    // one that is none is told even where nothing holds its texts
    pieces: `content like ${bind(`%${literals.map(escapeLike).join('%')}%`)} and ('' ~ ${regex}) is not null`,
    whole: cutIntoLines,
    lines: `
  select number, text from (
    select number, whole.lines[number] as text
    from (${numbersWith('whole.content', bind(longest))}) numbers offset 0) found
  where text ~ ${regex}`,
  }
}

/**
 * The lines with a text in them, without a look at the others: a piece is cut at that text, and the ends of lines before
 * each cut are counted. Cutting a piece into all of its lines takes three times as long.
 */
function numbersWith(content: string, text: string): string {
  return `
    select number from (
      select distinct 1 + sum(ends) over (order by part rows between unbounded preceding and 1 preceding)::int as number
      from (
        select part, octet_length(text) - octet_length(replace(text, E'\\n', '')) as ends
        from string_to_table(${content}, ${text}) with ordinality cut (text, part)) parts) numbers
    where number is not null order by number`
}

function linesWith(content: string, text: string): string {
  return `
  select number, split_part(whole.content, E'\\n', number) as text
  from (${numbersWith(content, text)}) numbers`
}
