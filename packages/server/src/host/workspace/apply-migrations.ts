/** Applies supabase/migrations to a database, in order, once each. */
import { readFileSync } from 'node:fs'
import type { Database } from '#base/db'
import { decodeRows, mayWriteRestorePoint, restorePointBefore, writeRestorePoint } from '#base/db'
import { SqlFileError } from './file-error.ts'
import { appliedVersions, createMigrationHistory, ofItsOwn, recordMigration } from './history.ts'
import type { LocalMigration } from './local-files.ts'
import { runFile } from './run-file.ts'
import { splitStatements } from './split-statements.ts'

export interface ApplyOptions {
  /** Called before each file: `Applying migration 20240101000000_init.sql...` */
  readonly onProgress?: (message: string) => void
  /** Statements that are run otherwise than they are written, with file and line. */
  readonly onNotice?: (message: string) => void
}

/**
 * The local migrations that are not yet in the database's history.
 * Throws, like the CLI, when the histories do not fit: a version only the database has, or (unless `includeAll`)
 * a local one older than the newest applied.
 */
export function pendingMigrations(
  local: readonly LocalMigration[],
  applied: readonly string[],
  includeAll = false,
): LocalMigration[] {
  const known = new Set(local.map(({ version }) => version))
  const missing = applied.filter((version) => !known.has(version))
  if (missing.length > 0) {
    throw new Error(
      `Remote migration versions not found in local migrations directory.\n` +
        `The database has ${missing.join(', ')}. Bring the files back, or remove the rows from supabase_migrations.schema_migrations.`,
    )
  }
  const pending = local.filter(({ version }) => !applied.includes(version))
  const newest = applied.at(-1)
  const late = pending.filter(({ version }) => newest !== undefined && version < newest)
  if (late.length > 0 && !includeAll) {
    throw new Error(
      `Found local migration files to be inserted before the last migration on remote database.\n` +
        `Rerun with --include-all to apply ${late.map(({ file }) => file).join(', ')}.`,
    )
  }
  return pending
}

/** Runs each file (see `runFile`) and records it. Throws a `SqlFileError`; earlier files stay applied. */
export async function applyMigrations(
  db: Database,
  migrations: readonly LocalMigration[],
  options: ApplyOptions = {},
): Promise<void> {
  if (migrations.length === 0) return
  await createMigrationHistory(db)
  const marks = await mayMark(db)
  for (const { version, name, file, path } of migrations) {
    options.onProgress?.(`Applying migration ${file}...`)
    const statements = splitStatements(readFileSync(path, 'utf8'))
    const texts = statements.map(({ text, data }) =>
      data === undefined ? text : `${text};\n${data}\\.`,
    )
    const shown = `supabase/migrations/${file}`
    // where a restore to before it stops
    if (marks) await db.execute(writeRestorePoint(restorePointBefore(version)), ofItsOwn)
    await runFile(db, shown, statements, recordMigration(version, name, texts), options)
    if ((await appliedVersions(db)).includes(version)) continue
    throw new SqlFileError(
      `${shown}: the file leaves a transaction open, so nothing of it was kept. Close its BEGIN with a COMMIT.`,
      { file: shown, line: null, statement: null, excerpt: null },
    )
  }
}

async function mayMark(db: Database): Promise<boolean> {
  const [row] = decodeRows<{ may: boolean }>(await db.execute(mayWriteRestorePoint, ofItsOwn))
  return row?.may === true
}
