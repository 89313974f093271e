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

export interface FailureContext {
  /** Another text was run in the statement's place: a position in it says nothing. */
  readonly isAdapted: boolean
  /** Index of the last statement that stays applied; -1 for none. */
  readonly kept: number
}

/** What Postgres said about statement `index` (from 0) of `file`. */
export function fileError(
  file: string,
  statements: readonly FileStatement[],
  index: number,
  error: DatabaseError,
  { isAdapted, kept }: FailureContext = { isAdapted: false, kept: -1 },
): SqlFileError {
  const statement = statements[index]
  const spot = statement === undefined ? null : locate(statement, isAdapted ? null : error.position)
  const where = spot === null ? file : `${file}, line ${spot.line} (statement ${index + 1})`
  const notes = [
    `${where}: ${error.message} (SQLSTATE ${error.code})`,
    error.detail,
    adviceFor(error, statement) ?? error.hint,
    spot?.excerpt,
    kept < 0 ? null : keptAdvice(statements, kept),
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

/** A statement that cannot be run here: why, and what to do. */
export function refusalAt(
  file: string,
  statements: readonly FileStatement[],
  index: number,
  why: string,
): SqlFileError {
  const line = statements[index]?.line ?? null
  const place = { file, line, statement: index + 1, excerpt: null }
  return new SqlFileError(`${file}, line ${line} (statement ${index + 1}): ${why}`, place)
}

function keptAdvice(statements: readonly FileStatement[], kept: number): string {
  const which =
    kept === 0
      ? 'Statement 1 is'
      : `Statements 1 to ${kept + 1} (line ${statements[kept]?.line}) are`
  return `${which} applied and stay applied, for the file is not one transaction; that it ran is not recorded. Undo them, or make them bear repeating (if not exists; drop an index that was left invalid), and run it again.`
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
  const text = statement?.text ?? ''
  const found = advice.find(
    ({ code, message, text: about }) =>
      (code === undefined || code === error.code) &&
      (message === undefined || message.test(error.message)) &&
      (about === undefined || about.test(text)),
  )
  return found?.say ?? null
}

interface Advice {
  readonly code?: string
  /** Of the error. */
  readonly message?: RegExp
  /** Of the statement. */
  readonly text?: RegExp
  readonly say: string
}

const threeWays =
  'Three ways out: run on an installed Postgres that has it (basalt.db.binaries), use a database that has it (--db-url), or leave the statement out.'

const advice: readonly Advice[] = [
  {
    code: '25001',
    message: /transaction isolation|SET TRANSACTION/i,
    say: 'Put it before every other statement of the transaction.',
  },
  {
    code: '25001',
    say: 'This statement allows no transaction, and stands in one that the file begins. Put it before the BEGIN or behind the COMMIT, or leave the option out (for example CONCURRENTLY).',
  },
  {
    message: /within a pipeline/,
    say: 'A file runs as one transaction, which this statement does not allow. Leave the option out (for example CONCURRENTLY), or run it by hand.',
  },
  {
    code: '53200',
    message: /shared memory/,
    say: 'A file is one transaction, and this one locks more tables and indexes than there is room for. Split it, or raise max_locks_per_transaction in [db.settings] of supabase/config.toml (of a Postgres of your own in its own configuration).',
  },
  {
    code: '55P04',
    say: 'A value added to an enum can be used when the transaction that added it has ended. Put the ALTER TYPE into a migration of its own, before this one.',
  },
  {
    code: '58P01',
    message: /could not (load library|access file)/,
    say: `The extension's files are here, and a library that they need is not. ${threeWays}`,
  },
  {
    text: /\balter\s+system\b/i,
    code: '42501',
    say: 'Settings of the embedded Postgres stand in [db.settings] of supabase/config.toml; alter database and alter role work as well.',
  },
  {
    text: /\bcreate\s+extension\b/i,
    code: '42501',
    say: `Only a superuser may create it, also on Supabase. ${threeWays}`,
  },
  {
    text: /\b(event\s+trigger|foreign\s+data\s+wrapper|publication)\b/i,
    code: '42501',
    message: /superuser|permission denied to/i,
    say: 'Postgres keeps this for superusers. On a Postgres that Basalt runs a migration may do it as a statement of its own, not inside a function or DO (event triggers from Postgres 17 on); on a database of your own its superuser has to.',
  },
  {
    message: /permission denied for table secrets/,
    say: 'A foreign key to vault.secrets is made by a statement of its own: alter table … add constraint … foreign key (one uuid column) references vault.secrets (id).',
  },
  {
    text: /supabase_admin/i,
    code: '42501',
    say: "The role supabase_admin is the platform's, on Supabase as well: leave the statement out (supabase db dump does).",
  },
  {
    text: /^\s*security\s+label\b/i,
    say: 'Security labels belong to an extension with a library, such as pgsodium. Nothing here would encrypt the column: leave the statement out, and keep secrets in the vault.',
  },
]
