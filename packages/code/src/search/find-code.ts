/** Lines of code by a substring or a regular expression: pieces of files by their trigrams, then the lines in them. */
import type { Context } from '#caller'
import { searchBounded } from './bounded.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import type { Page } from './symbol-search.ts'
import { escapeLike, globToLike } from './patterns.ts'

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

/** A piece is read as a whole or not at all: what it holds beyond this is not shown. */
const linesAPiece = 50

/** In no particular order. @throws search_too_expensive, invalid_pattern */
export async function findCode(
  { db, config, caller }: Context,
  search: CodeSearch,
): Promise<Page<FoundLine>> {
  const found = await searchBounded<LineRow>(
    db,
    config.searchTimeoutMs,
    'code.searchCode',
    shapeOf(search, caller.userId),
  )
  // each piece has a line at least: as many pieces as lines were asked for means there may be more
  const pieces = new Set(found.map(({ piece }) => piece)).size
  const rows = found.map(lineOf)
  const end = found.at(-1)
  const hasMore = end !== undefined && pieces >= search.limit
  return { rows, next_cursor: hasMore ? encodeCursor([end.piece]) : null }
}

function lineOf({ file_id, path, language, repository_id, line, text }: LineRow): FoundLine {
  return { file_id, path, language, repository_id, line, text }
}

function shapeOf(search: CodeSearch, userId: string) {
  const values: unknown[] = [userId, search.limit]
  const bind = (value: unknown): string => `$${values.push(value)}`
  const operator = search.regex
    ? `${search.ignore_case ? '~*' : '~'}`
    : search.ignore_case
      ? 'ilike'
      : 'like'
  // ^ and $ are those of lines, . is none of their ends
  const pattern = bind(search.regex ? `(?n)${search.pattern}` : `%${escapeLike(search.pattern)}%`)
  const conditions = [`chunks.content ${operator} ${pattern}`]
  const cursor = decodeCursor(search.cursor, /^\(\d+,\d+\)$/)
  if (cursor !== null) conditions.push(`chunks.ctid > ${bind(cursor[0])}::tid`)
  if (search.language !== undefined) conditions.push(`files.language = ${bind(search.language)}`)
  if (search.path !== undefined) conditions.push(`files.path like ${bind(globToLike(search.path))}`)
  const repository =
    search.repository_id === undefined ? '' : `and id = ${bind(search.repository_id)}`
  const text = `
with pieces as materialized (
  select chunks.ctid as piece, chunks.file_id, chunks.repository_id, chunks.first_line, chunks.content, files.path, files.language
  from public.file_chunks chunks join public.indexed_files files on files.id = chunks.file_id
  where chunks.repository_id = any (array(select id from public.repositories where user_id = $1 ${repository}))
    and ${conditions.join(' and ')}
  limit $2)
select pieces.piece::text, pieces.file_id, pieces.path, pieces.language, pieces.repository_id,
  (pieces.first_line + lines.number - 1)::int as line, left(lines.text, 500) as text
from pieces cross join lateral (
  select number, text from unnest(string_to_array(pieces.content, E'\\n')) with ordinality as line (text, number)
  where text ${operator} ${pattern} limit ${linesAPiece}) lines
order by pieces.piece, lines.number`
  return { text, values }
}
