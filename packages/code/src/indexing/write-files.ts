/** Files as rows: what was there of them goes, what is found comes, in one transaction under the job's lease. */
import type { Database } from '#postgres'
import { holdLease } from '#queue'
import type { Job } from '#queue'
import type { Parsed } from '#parse'

export interface ReadFile {
  readonly path: string
  readonly hash: string
  readonly language: string | null
  readonly sizeBytes: number
  readonly status: string
  /** Null where it is not text, or too large. */
  readonly text: string | null
  readonly parsed: Parsed | null
}

interface Chunk {
  readonly firstLine: number
  readonly content: string
}

const chunkLength = 16_384
const maxLine = 8_192

/** Pieces of whole lines; a line that is longer than a piece is cut. */
export function chunksOf(text: string): Chunk[] {
  const chunks: Chunk[] = []
  let lines: string[] = []
  let length = 0
  let firstLine = 1
  let number = 1
  for (const line of text.split('\n')) {
    if (length > 0 && length + line.length > chunkLength) {
      chunks.push({ firstLine, content: lines.join('\n') })
      lines = []
      length = 0
      firstLine = number
    }
    lines.push(line.length > maxLine ? line.slice(0, maxLine) : line)
    length += Math.min(line.length, maxLine) + 1
    number++
  }
  if (lines.length > 0) chunks.push({ firstLine, content: lines.join('\n') })
  return chunks
}

const replace = `
with gone as (delete from public.indexed_files where repository_id = $1 and path = any ($2))
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

/** `gone`: paths that are no more. @throws LeaseLost */
export function writeFiles(
  db: Database,
  job: Job,
  files: readonly ReadFile[],
  gone: readonly string[],
): Promise<void> {
  const repository = job.repository_id
  return db.transaction(async (transaction) => {
    await holdLease(transaction, job)
    const paths = [...gone, ...files.map(({ path }) => path)]
    await transaction.query('code.replaceFiles', replace, [repository, paths])
    if (files.length === 0) return
    const chunks = files.map(({ text }) => (text === null ? [] : chunksOf(text)))
    const rows = await transaction.query<{ id: string; path: string }>(
      'code.insertFiles',
      insertFiles,
      [
        repository,
        files.map(({ path }) => path),
        files.map(({ language }) => language),
        files.map(({ hash }) => hash),
        files.map(({ sizeBytes }) => sizeBytes),
        files.map(({ text }) => (text === null ? 0 : countLines(text))),
        files.map(({ status }) => status),
      ],
    )
    const ids = new Map(rows.map(({ id, path }) => [path, id]))
    const idOf = ({ path }: ReadFile): string => ids.get(path) ?? ''
    await transaction.query('code.insertChunks', insertChunks, [
      repository,
      files.flatMap((file, index) => (chunks[index] ?? []).map(() => idOf(file))),
      chunks.flat().map(({ firstLine }) => firstLine),
      chunks.flat().map(({ content }) => content),
    ])
    await transaction.query('code.insertSymbols', insertSymbols, [
      repository,
      ...symbolColumns(files, idOf),
    ])
    await transaction.query('code.insertReferences', insertReferences, [
      repository,
      ...referenceColumns(files, idOf),
    ])
  }, relaxed)
}

function countLines(text: string): number {
  let count = 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

function symbolColumns(files: readonly ReadFile[], idOf: (file: ReadFile) => string): unknown[] {
  const of = files.flatMap((file) =>
    file.parsed === null ? [] : [{ file, ...file.parsed.symbols }],
  )
  return [
    of.flatMap(({ file, names }) => names.map(() => idOf(file))),
    of.flatMap(({ file, names }) => names.map(() => file.language)),
    of.flatMap(({ names }) => names.map((_, index) => index)),
    of.flatMap(({ names }) => names),
    of.flatMap(({ kinds }) => kinds),
    of.flatMap(({ signatures }) => signatures),
    of.flatMap(({ containers }) => containers),
    of.flatMap(({ startLines }) => startLines),
    of.flatMap(({ startColumns }) => startColumns),
    of.flatMap(({ endLines }) => endLines),
    of.flatMap(({ endColumns }) => endColumns),
  ]
}

function referenceColumns(files: readonly ReadFile[], idOf: (file: ReadFile) => string): unknown[] {
  const of = files.flatMap((file) =>
    file.parsed === null ? [] : [{ file, ...file.parsed.references }],
  )
  return [
    of.flatMap(({ file, names }) => names.map(() => idOf(file))),
    of.flatMap(({ names }) => names),
    of.flatMap(({ kinds }) => kinds),
    of.flatMap(({ lines }) => lines),
    of.flatMap(({ columns }) => columns),
    of.flatMap(({ containers }) => containers),
  ]
}
