/** A SQL file that failed: which one, which statement, which line, and what Postgres said. */
import type { DatabaseError } from '#base/db'
import type { FileStatement } from './split-statements.ts'

export interface FileErrorPlace {
  /** As shown to the user: `supabase/migrations/20240101000000_init.sql`. */
  readonly file: string
  /** 1-based; null when the file as a whole is meant. */
  readonly line: number | null
  /** 1-based number of the statement in the file. */
  readonly statement: number | null
  /** The failing line with a mark under the place, when known. */
  readonly excerpt: string | null
}

/** The message is one sentence with file, line and SQLSTATE, followed by Postgres's detail, hint and the excerpt. */
export class SqlFileError extends Error {
  override readonly name = 'SqlFileError'
  readonly place: FileErrorPlace

  constructor(message: string, place: FileErrorPlace, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.place = place
  }
}

/** What Postgres said about statement `index` (from 0) of `file`. */
export function fileError(
  file: string,
  statements: readonly FileStatement[],
  index: number,
  error: DatabaseError,
): SqlFileError {
  const statement = statements[index]
  const spot = statement === undefined ? null : locate(statement, error.position)
  const where = spot === null ? file : `${file}, line ${spot.line} (statement ${index + 1})`
  const notes = [
    `${where}: ${error.message} (SQLSTATE ${error.code})`,
    error.detail,
    adviceFor(error, statement) ?? error.hint,
    spot?.excerpt,
  ]
  const message = notes.filter((note) => note !== null && note !== undefined).join('\n')
  return new SqlFileError(
    message,
    {
      file,
      line: spot?.line ?? null,
      statement: statement === undefined ? null : index + 1,
      excerpt: spot?.excerpt ?? null,
    },
    error,
  )
}

/** The error's line; without a position the statement's first. `position` counts characters (not UTF-16 units) from 1. */
function locate(
  statement: FileStatement,
  position: number | null,
): { line: number; excerpt: string | null } {
  if (position === null) return { line: statement.line, excerpt: null }
  const before = Array.from(statement.text)
    .slice(0, position - 1)
    .join('')
  const lineBegin = before.lastIndexOf('\n') + 1
  const lineEnd = statement.text.indexOf('\n', before.length)
  const text = statement.text.slice(lineBegin, lineEnd === -1 ? undefined : lineEnd).trimEnd()
  const line = statement.textLine + before.split('\n').length - 1
  const label = `${line} | `
  const mark = ' '.repeat(label.length) + before.slice(lineBegin).replaceAll(/[^\t]/g, ' ')
  return { line, excerpt: `${label}${text}\n${mark}^` }
}

/** Remedies for what people stumble over. */
function adviceFor(error: DatabaseError, statement: FileStatement | undefined): string | null {
  if (error.code === '25001' || /within a pipeline/.test(error.message)) {
    return 'A file runs as one transaction, which this statement does not allow. Leave the option out (for example CONCURRENTLY), or run it by hand.'
  }
  if (error.code === '53200' && /shared memory/.test(error.message)) {
    return 'A file is one transaction, and this one locks more tables and indexes than there is room for. Split it, or raise max_locks_per_transaction in [db.settings] of supabase/config.toml (of a Postgres of your own in its own configuration).'
  }
  if (statement !== undefined && /^\s*\\/.test(statement.text)) {
    return 'Commands that begin with a backslash belong to psql. Remove the line.'
  }
  if (statement !== undefined && /^copy\b.*\bfrom\s+stdin/is.test(statement.text)) {
    return 'COPY … FROM STDIN needs psql. Use INSERT (pg_dump --inserts).'
  }
  return null
}
