/** Where a symbol is referred to by its name, and what calls it. */
import { CodeError } from '#core'
import type { Context } from '#caller'
import type { FoundSymbol, Page } from './symbol-search.ts'
import { symbolColumns } from './symbol-search.ts'
import { readBounded } from './bounded.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

export interface FoundReference {
  readonly kind: string
  readonly path: string
  readonly line: number
  readonly column: number
  /** What it stands in. */
  readonly symbol_id: string | null
  readonly symbol_name: string | null
}

export interface FoundCaller extends FoundSymbol {
  readonly lines: readonly number[]
}

/** @throws not_found */
export async function readSymbol({ db, caller }: Context, id: string): Promise<FoundSymbol> {
  const [row] = await db.query<FoundSymbol>(
    'code.readSymbol',
    `select ${symbolColumns} from public.symbols join public.indexed_files files on files.id = symbols.file_id
     join public.repositories on repositories.id = symbols.repository_id
     where symbols.id = $1 and repositories.user_id = $2`,
    [id, caller.userId],
  )
  if (row === undefined) throw new CodeError('not_found')
  return row
}

export interface PageOf {
  readonly limit: number
  readonly cursor?: string
}

/** In its repository, by name: another thing of the same name is among them. @throws not_found */
export async function findReferences(
  context: Context,
  id: string,
  { limit, cursor }: PageOf,
): Promise<Page<FoundReference>> {
  const symbol = await readSymbol(context, id)
  const offset = offsetOf(cursor)
  const rows = await readBounded<FoundReference>(context, {
    name: 'code.findReferences',
    text: `select refs.kind, files.path, refs.line, refs."column", symbols.id as symbol_id, symbols.name as symbol_name
     from public.symbol_references refs join public.indexed_files files on files.id = refs.file_id
     left join public.symbols on symbols.file_id = refs.file_id and symbols.ordinal = refs.container_ordinal
     where refs.repository_id = $1 and refs.name collate "C" = $2
     order by files.path, refs.line, refs."column" limit $3 offset $4`,
    values: [symbol.repository_id, symbol.name, limit + 1, offset],
    isKept: true,
  })
  return pageOf(rows, limit, offset)
}

/** Symbols that have a call of that name in them. @throws not_found */
export async function findCallers(
  context: Context,
  id: string,
  { limit, cursor }: PageOf,
): Promise<Page<FoundCaller>> {
  const symbol = await readSymbol(context, id)
  const offset = offsetOf(cursor)
  const rows = await readBounded<FoundCaller>(context, {
    name: 'code.findCallers',
    text: `select ${symbolColumns}, calls.lines
     from (select file_id, container_ordinal, array_agg(line order by line) as lines from public.symbol_references
       where repository_id = $1 and name collate "C" = $2 and kind in ('call', 'class') and container_ordinal is not null
       group by 1, 2) calls
     join public.symbols on symbols.file_id = calls.file_id and symbols.ordinal = calls.container_ordinal
     join public.indexed_files files on files.id = symbols.file_id
     order by files.path, symbols.ordinal limit $3 offset $4`,
    values: [symbol.repository_id, symbol.name, limit + 1, offset],
    isKept: true,
  })
  return pageOf(rows, limit, offset)
}

function offsetOf(cursor: string | undefined): number {
  return Number(decodeCursor(cursor, /^\d{1,6}$/)?.[0] ?? 0)
}

function pageOf<Row>(rows: readonly Row[], limit: number, offset: number): Page<Row> {
  const next_cursor = rows.length > limit ? encodeCursor([offset + limit]) : null
  return { rows: rows.slice(0, limit), next_cursor }
}
