/** A search for symbols, and what it finds. */
import { rowsOfText, textRowsSql } from './text-rows.ts'
import type { TextRows } from './text-rows.ts'

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
  readonly file_id: string
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
  symbols.file_id, files.path, symbols.repository_id, symbols.start_line, symbols.start_column, symbols.end_line, symbols.end_column`

/**
 * The symbols of `page`, a select of them in order. Paths are looked up for those of the page only: as a join they cost Postgres
 * as much as all the rest.
 */
export function symbolsOf(page: string): string {
  return `
select page.id, page.name, page.kind, page.signature, page.container, page.language, page.file_id,
  (select files.path from public.indexed_files files where files.id = page.file_id) as path, page.repository_id,
  page.start_line, page.start_column, page.end_line, page.end_column
from (${page}) page`
}

const columns =
  "id, name, kind, signature, coalesce(container, ''), language, file_id, path, repository_id, start_line, start_column, end_line, end_column"
const columnCount = 13

/** For `symbolsOfText`. */
export function symbolTextOf(page: string): string {
  return textRowsSql(columns, symbolsOf(page))
}

export function symbolsOfText(text: TextRows): FoundSymbol[] | null {
  return rowsOfText(text, columnCount, symbolOf)
}

function symbolOf(texts: readonly string[]): FoundSymbol {
  const textAt = (index: number): string => texts[index] as string
  return {
    id: textAt(0),
    name: textAt(1),
    kind: textAt(2),
    signature: textAt(3),
    container: textAt(4) === '' ? null : textAt(4),
    language: textAt(5),
    file_id: textAt(6),
    path: textAt(7),
    repository_id: textAt(8),
    start_line: Number(textAt(9)),
    start_column: Number(textAt(10)),
    end_line: Number(textAt(11)),
    end_column: Number(textAt(12)),
  }
}
