/** Files as rows: what was there of them goes, what is found comes, in one transaction under the job's lease. */
import { arrayOf, idColumn } from '#postgres'
import type { Database, Queryable } from '#postgres'
import { holdLease } from '#queue'
import type { Job } from '#queue'
import type { Found, Parsed } from '#parse'

export interface ReadFile {
  readonly path: string
  readonly hash: string
  readonly language: string | null
  readonly sizeBytes: number
  readonly status: string
  readonly lines: number
  /** Its text, in pieces; null where it is none, or too large. */
  readonly chunks: Found | null
  readonly parsed: Parsed | null
}

/** The repository first, as who deletes it takes it: held files that wait for it would be what he waits for. */
const replace = `
with gone as (
  delete from public.indexed_files
  where repository_id = (select id from public.repositories where id = $1 for key share) and path = any ($2))
select 1`
const insertFiles = `
insert into public.indexed_files (repository_id, path, language, content_hash, size_bytes, line_count, status)
select $1, file.* from unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::text[]) file
returning id, path`
const insertSymbols = `
insert into public.symbols (repository_id, file_id, language, ordinal, name, kind, signature, container, start_line, start_column, end_line, end_column)
select $1, symbol.* from unnest($2::bigint[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::int[], $11::int[], $12::int[]) symbol`
const insertReferences = `
insert into public.symbol_references (repository_id, file_id, name, kind, line, "column", container_ordinal)
select $1, reference.* from unnest($2::bigint[], $3::text[], $4::text[], $5::int[], $6::int[], $7::int[]) reference`
const insertChunks = `
insert into public.file_chunks (repository_id, file_id, first_line, content)
select $1, chunk.* from unnest($2::bigint[], $3::int[], $4::text[]) chunk`

/** A batch that a crash of the database loses is one that its job is not through with: the end of a job is synchronous.
 * Trigrams are merged into their index by so much memory at once: with the usual 4 MB it is the slowest part of all. */
const relaxed = `set local synchronous_commit = off; set local work_mem = '64MB'`

/** `gone`: paths that are no more. @throws LeaseLost, Cancelled */
export function writeFiles(
  db: Database,
  job: Job,
  files: readonly ReadFile[],
  gone: readonly string[],
): Promise<void> {
  const repository = job.repository_id
  return db.transaction(
    async (transaction) => {
      const paths = [...gone, ...files.map(({ path }) => path)]
      await transaction.query('code.replaceFiles', replace, [repository, paths])
      if (files.length > 0) await insertAll(transaction, repository, files)
      await holdLease(transaction, job)
    },
    { settings: relaxed, isLong: true },
  )
}

async function insertAll(
  transaction: Queryable,
  repository: string,
  files: readonly ReadFile[],
): Promise<void> {
  const rows = await transaction.query<{ id: string; path: string }>(
    'code.insertFiles',
    insertFiles,
    [
      repository,
      files.map(({ path }) => path),
      files.map(({ language }) => language),
      files.map(({ hash }) => hash),
      files.map(({ sizeBytes }) => sizeBytes),
      files.map(({ lines }) => lines),
      files.map(({ status }) => status),
    ],
  )
  const ids = new Map(rows.map(({ id, path }) => [path, id]))
  const found = (of: (file: ReadFile) => Found | null | undefined, types: readonly ArrayType[]) =>
    arraysOf(
      files.flatMap((file) => {
        const ofFile = of(file) ?? null
        return ofFile === null ? [] : [{ id: ids.get(file.path) ?? '', ...ofFile }]
      }),
      types,
    )
  await transaction.query('code.insertChunks', insertChunks, [
    repository,
    ...found(({ chunks }) => chunks, chunkTypes),
  ])
  await transaction.query('code.insertReferences', insertReferences, [
    repository,
    ...found(({ parsed }) => parsed?.references, referenceTypes),
  ])
  // ids in the order of commits, or readers of names begin anew; all the rest is written beside another batch
  await transaction.query(
    'code.lockSymbols',
    'select pg_advisory_xact_lock(hashtextextended($1, 0))',
    [repository],
  )
  await transaction.query('code.insertSymbols', insertSymbols, [
    repository,
    ...found(({ parsed }) => parsed?.symbols, symbolTypes),
  ])
}

interface FoundInFile extends Found {
  /** Of the file. */
  readonly id: string
}

type ArrayType = Parameters<typeof arrayOf>[0]
const chunkTypes: readonly ArrayType[] = ['int4', 'text']
const symbolTypes: readonly ArrayType[] = [
  ...(['text', 'int4', 'text', 'text', 'text', 'text'] as const),
  ...(['int4', 'int4', 'int4', 'int4'] as const),
]
const referenceTypes: readonly ArrayType[] = ['text', 'text', 'int4', 'int4', 'int4']

/** The ids of files, then each column. */
function arraysOf(found: readonly FoundInFile[], types: readonly ArrayType[]): Buffer[] {
  const count = found.reduce((sum, one) => sum + one.count, 0)
  const ids = found.map(({ id, count: times }) => idColumn(id, times))
  return [
    arrayOf('int8', count, ids),
    ...types.map((type, index) =>
      arrayOf(
        type,
        count,
        found.flatMap(({ columns }) => columns[index] ?? []),
      ),
    ),
  ]
}
