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
  const [path, line, column] = afterOf(cursor, 3)
  const rows = await readBounded<FoundReference>(context, {
    name: 'code.findReferences',
    text: `select refs.kind, files.path, refs.line, refs."column", symbols.id as symbol_id, symbols.name as symbol_name
     from public.symbol_references refs join public.indexed_files files on files.id = refs.file_id
     left join public.symbols on symbols.file_id = refs.file_id and symbols.ordinal = refs.container_ordinal
     where refs.repository_id = $1 and refs.name collate "C" = $2
       and ($4::text is null or (files.path, refs.line, refs."column") > ($4, $5::int, $6::int))
     order by files.path, refs.line, refs."column" limit $3`,
    values: [symbol.repository_id, symbol.name, limit + 1, path, line, column],
    isKept: true,
  })
  return pageOf(rows, limit, (end) => [end.path, end.line, end.column])
}

/** Symbols that have a call of that name in them. @throws not_found */
export async function findCallers(
  context: Context,
  id: string,
  { limit, cursor }: PageOf,
): Promise<Page<FoundCaller>> {
  const symbol = await readSymbol(context, id)
  const [path, ordinal] = afterOf(cursor, 2)
  const rows = await readBounded<FoundCaller & Placed>(context, {
    name: 'code.findCallers',
    text: `select ${symbolColumns}, calls.lines, symbols.ordinal
     from (select file_id, container_ordinal, array_agg(line order by line) as lines from public.symbol_references
       where repository_id = $1 and name collate "C" = $2 and kind in ('call', 'class') and container_ordinal is not null
       group by 1, 2) calls
     join public.symbols on symbols.file_id = calls.file_id and symbols.ordinal = calls.container_ordinal
     join public.indexed_files files on files.id = symbols.file_id
     where $4::text is null or (files.path, symbols.ordinal) > ($4, $5::int)
     order by files.path, symbols.ordinal limit $3`,
    values: [symbol.repository_id, symbol.name, limit + 1, path, ordinal],
    isKept: true,
  })
  const page = pageOf(rows, limit, (end) => [end.path, end.ordinal])
  return { ...page, rows: page.rows.map((row) => ({ ...row, ordinal: undefined })) }
}

/** Its place among the symbols of its file. */
interface Placed {
  readonly ordinal: number
}

type Place = readonly (string | number)[]

/** Behind the last one of the page before, whatever has come or gone since; nulls: from the first one. @throws invalid_request */
function afterOf(cursor: string | undefined, length: number): readonly (string | number | null)[] {
  const place = decodeCursor(cursor, /^\d{1,9}$/, length)
  return place ?? Array.from({ length }, () => null)
}

function pageOf<Row>(rows: readonly Row[], limit: number, placeOf: (row: Row) => Place): Page<Row> {
  const page = rows.slice(0, limit)
  const end = page.at(-1)
  const hasMore = rows.length > limit && end !== undefined
  return { rows: page, next_cursor: hasMore ? encodeCursor(placeOf(end)) : null }
}
