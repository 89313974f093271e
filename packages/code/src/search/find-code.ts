/** Lines of code by a substring or a regular expression: pieces of files by their trigrams, then the lines in them. */
import type { Context } from '#caller'
import { searchInOrder } from './bounded.ts'
import { cursorBehind, statementOf } from './code-statement.ts'
import type { Page } from './symbol-search.ts'
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

export interface LineRow extends FoundLine {
  readonly piece: string
}

const columns = "piece, file_id, path, coalesce(language, ''), repository_id, line, text"
const columnCount = 7

/** By repository, else in no particular order. @throws search_too_expensive, invalid_pattern */
export async function findCode(context: Context, search: CodeSearch): Promise<Page<FoundLine>> {
  // lines have none
  if (!search.regex && search.pattern.includes('\n')) return { rows: [], next_cursor: null }
  const { name, text, values } = statementOf(search, context.caller.userId)
  const asText = { name: `${name}_text`, text: textRowsSql(columns, text), values }
  const [page] = await searchInOrder<TextRows>(context, asText)
  const found =
    (page === undefined ? null : rowsOfText(page, columnCount, lineRowOf)) ??
    (await searchInOrder<LineRow>(context, { name, text, values }))
  const rows = found.slice(0, search.limit)
  const end = rows.at(-1)
  const hasMore = found.length > rows.length && end !== undefined
  return {
    rows: rows.map(lineOf),
    next_cursor: hasMore ? cursorBehind(search, end) : null,
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
  // of Windows
  return { file_id, path, language, repository_id, line, text: text.replace(/\r$/, '') }
}
