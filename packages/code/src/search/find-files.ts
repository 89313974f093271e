/** Files that are known, and what is in them. */
import { CodeError } from '#core'
import type { Context } from '#caller'
import { readBounded } from './bounded.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import type { Page } from './symbol-search.ts'
import { globToLike } from './patterns.ts'

export interface FileSearch {
  readonly repository_id?: string
  readonly path?: string
  readonly language?: string
  readonly limit: number
  readonly cursor?: string
}

export interface FoundFile {
  readonly id: string
  readonly repository_id: string
  readonly path: string
  readonly language: string | null
  readonly content_hash: string
  readonly size_bytes: number
  readonly line_count: number
  readonly status: string
}

const columns = `files.id, files.repository_id, files.path, files.language, files.content_hash, files.size_bytes,
  files.line_count, files.status`

export async function findFiles(context: Context, search: FileSearch): Promise<Page<FoundFile>> {
  const cursor = decodeCursor(search.cursor, /^\d+$/)
  const rows = await readBounded<FoundFile>(context, {
    name: 'code.findFiles',
    text: `select ${columns} from public.indexed_files files join public.repositories on repositories.id = files.repository_id
     where repositories.user_id = $1 and ($2::uuid is null or repositories.id = $2)
       and ($3::text is null or files.path like $3) and ($4::text is null or files.language = $4)
       and ($5::text is null or (files.path, files.id) > ($5, $6::bigint))
     order by files.path, files.id limit $7`,
    values: [
      context.caller.userId,
      search.repository_id ?? null,
      search.path === undefined ? null : globToLike(search.path),
      search.language ?? null,
      cursor?.[0] ?? null,
      cursor?.[1] ?? null,
      search.limit + 1,
    ],
    isKept: false,
  })
  const page = rows.slice(0, search.limit)
  const end = page.at(-1)
  const hasMore = rows.length > search.limit && end !== undefined
  return { rows: page, next_cursor: hasMore ? encodeCursor([end.path, end.id]) : null }
}

/** With its text; null where it is none. @throws not_found */
export async function readFile({ db, caller }: Context, id: string) {
  const [row] = await db.query<FoundFile & { content: string | null }>(
    'code.readFile',
    `select ${columns}, (select string_agg(content, E'\\n' order by first_line) from public.file_chunks where file_id = files.id) as content
     from public.indexed_files files join public.repositories on repositories.id = files.repository_id
     where files.id = $1 and repositories.user_id = $2`,
    [id, caller.userId],
  )
  if (row === undefined) throw new CodeError('not_found')
  return row
}
