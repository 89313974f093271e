/** The statement of a search for code, and where the next page begins. */
import { decodeCursor, encodeCursor } from './cursor.ts'
import type { CodeSearch, LineRow } from './find-code.ts'
import { shapeOf } from './line-shapes.ts'
import type { Bind, Shape } from './line-shapes.ts'
import { globToLike } from './patterns.ts'

/** The repository, the piece, the line. */
const place = /^([\da-f-]{36})\.(\(\d{1,10},\d{1,5}\))\.(\d{1,9})$/
/** Of lines that were found without the index; no place in a table. */
const probedPiece = '(0,0)'

/**
 * Lines stop the reading: each repository, each piece is read, cut and left before the next one. The planner must not have
 * another idea of it, so that none of these queries is one it could turn round.
 */
export function statementOf(search: CodeSearch, userId: string) {
  const values: unknown[] = [userId, search.limit + 1]
  const bind: Bind = (value) => `$${values.push(value)}`
  const shape = shapeOf(search, bind)
  const own =
    search.repository_id === undefined ? '' : `and id = ${bind(search.repository_id)}::uuid`
  const after = afterOf(search, bind)
  const pieces = indexedPieces(shape, own, after, filesOf(search, bind))
  const indexed = linesOf(pieces, shape, after.lines)
  const isProbed = mayBeCommon(search)
  const text = isProbed ? probedFirst(linesOf(firstPieces(own), shape, ''), indexed) : indexed
  const given = (['repository_id', 'language', 'path', 'cursor'] as const).filter(
    (part) => search[part] !== undefined,
  )
  const kinds = [shape.kind, ...(isProbed ? ['probed'] : []), ...given, ...after.kind]
  return { name: ['code.lines', ...kinds].join('_'), text, values }
}

function linesOf(pieces: string, { whole, lines }: Shape, condition: string): string {
  return `
select pieces.piece, pieces.file_id, pieces.path, pieces.language, pieces.repository_id,
  (pieces.first_line + lines.number - 1)::int as line, left(lines.text, 500) as text
from (${pieces}) pieces
-- decompressed and cut once
cross join lateral (select pieces.content || '' as content${whole} offset 0) whole
cross join lateral (${lines}) lines
${condition}
limit $2`
}

function repositoriesOf(condition: string): string {
  return `(select id from public.repositories where user_id = $1 ${condition} order by id) repositories`
}

/** Those with its trigrams, in the order of the table. */
function indexedPieces({ pieces }: Shape, own: string, after: After, files: string): string {
  return `
  select chunks.piece, chunks.file_id, files.path, files.language, repositories.id as repository_id, chunks.first_line, chunks.content
  from ${repositoriesOf(`${own} ${after.repositories}`)}
  cross join lateral (
    select ctid as piece, file_id, first_line, content from public.file_chunks
    where repository_id = repositories.id and ${pieces} ${after.pieces} offset 0) chunks
  cross join lateral (
    select path, language from public.indexed_files where id = chunks.file_id ${files} limit 1) files`
}

function filesOf({ language, path }: CodeSearch, bind: Bind): string {
  return [
    ...(language === undefined ? [] : [`and language = ${bind(language)}`]),
    ...(path === undefined ? [] : [`and path like ${bind(globToLike(path))}`]),
  ].join(' ')
}

/** A word as languages and prose have them, `function`, `return `, is often in every other piece. */
const commonWord = /^[^a-z\d]*[a-z]{1,10}[^a-z\d]*$/

function mayBeCommon({ pattern, regex, language, path, cursor }: CodeSearch): boolean {
  const isFirst = cursor === undefined && language === undefined && path === undefined
  return isFirst && !regex && commonWord.test(pattern)
}

/** By path; files without text, of which there may be any number, are not passed over for long. */
function firstPieces(own: string): string {
  return `
  select '${probedPiece}'::tid as piece, files.id as file_id, files.path, files.language, files.repository_id,
    chunks.first_line, chunks.content
  from (
    select files.*, repositories.id as repository_id from ${repositoriesOf(own)}
    cross join lateral (
      select id, path, language from public.indexed_files where repository_id = repositories.id order by path offset 0) files
    limit 32) files
  cross join lateral (
    select first_line, content from public.file_chunks where file_id = files.id order by first_line offset 0) chunks
  limit 8`
}

/**
 * The index lists every piece with a text before the first one is read: 2 ms where half of 8,000 have it. A page of what is
 * so common is in the first few, which take 0.1 ms.
 */
function probedFirst(probe: string, indexed: string): string {
  return `
with probed as materialized (${probe})
select * from probed where (select count(*) from probed) >= $2
union all
select * from (${indexed}) indexed where (select count(*) from probed) < $2`
}

interface After {
  readonly kind: readonly string[]
  readonly repositories: string
  readonly pieces: string
  readonly lines: string
}

/** Conditions of what comes after a page. */
function afterOf({ cursor }: CodeSearch, bind: Bind): After {
  const given = decodeCursor(cursor, place) ?? []
  const [, id, piece, line] = place.exec(String(given.at(-1) ?? '')) ?? []
  if (id === undefined) return { kind: [], repositories: '', pieces: '', lines: '' }
  const [from, at] = [`${bind(id)}::uuid`, `${bind(piece)}::tid`]
  const number = 'pieces.first_line + lines.number - 1'
  const behind = `(pieces.repository_id > ${from} or pieces.piece > ${at} or ${number} > ${bind(line)}::int)`
  const [repository, path, last] = given.slice(0, -1)
  const isProbed = last !== undefined
  const notProbed = isProbed
    ? `and (pieces.repository_id > ${bind(repository)}::uuid or (pieces.path, ${number}) > (${bind(path)}, ${bind(last)}::int))`
    : ''
  return {
    kind: isProbed ? ['probed'] : [],
    repositories: `and id >= ${from}`,
    pieces: `and (repositories.id > ${from} or ctid >= ${at})`,
    lines: `where ${behind} ${notProbed}`,
  }
}

/** Behind lines that were found without the index all others come by it: those until then are left out. */
export function cursorBehind({ cursor }: CodeSearch, end: LineRow): string {
  const { repository_id: repository, piece, path, line } = end
  if (piece === probedPiece)
    return encodeCursor([repository, path, line, `${repository}.${probedPiece}.0`])
  const probed = decodeCursor(cursor, place)?.slice(0, -1) ?? []
  return encodeCursor([...probed, `${repository}.${piece}.${line}`])
}
