/** Runs the statements of one file together with the note that it ran: all or nothing. */
import type { Database } from '#base/db'
import { ConnectionError, DatabaseError } from '#base/db'
import type { Statement } from '#base/sql'
import { fileError } from './file-error.ts'
import { ofItsOwn, resetAll, workspaceSession } from './history.ts'
import type { FileStatement } from './split-statements.ts'

/**
 * One pipeline, one implicit transaction; a file may hold its own BEGIN and COMMIT. Settings of an earlier file are reset before.
 * Throws a `SqlFileError` that names the statement and its line.
 */
export async function runFile(
  db: Database,
  file: string,
  statements: readonly FileStatement[],
  note: Statement | null,
): Promise<void> {
  await db.transaction(workspaceSession, [resetAll], ofItsOwn)
  // numbered, so that an error tells which one it was
  const numbered = statements.map(({ text }, index) => ({
    name: `${file}#${index}`,
    text,
    values: [],
  }))
  const runnable = numbered.filter((_, index) => statements[index]?.isEmpty === false)
  const batch = note === null ? runnable : [...runnable, note]
  if (batch.length === 0) return
  try {
    await db.transaction(workspaceSession, batch, ofItsOwn)
  } catch (error) {
    const failed = error instanceof ConnectionError ? error.cause : error
    if (!(failed instanceof DatabaseError)) throw error
    throw fileError(file, statements, indexOf(failed.statement), failed)
  }
}

function indexOf(statement: string | null): number {
  return Number(/#(\d+)$/.exec(statement ?? '')?.[1] ?? -1)
}
