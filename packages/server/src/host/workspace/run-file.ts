/** Runs the statements of one file together with the note that it ran: all or nothing, but for what allows no transaction. */
import type { Database } from '#base/db'
import { ConnectionError, DatabaseError } from '#base/db'
import type { Statement } from '#base/sql'
import { adaptStatements } from './adapt-statement.ts'
import type { Adapted } from './adapted.ts'
import { fileError } from './file-error.ts'
import { ofItsOwn, opening, resetAll } from './history.ts'
import { leadingWords } from './leading-words.ts'
import type { FileStatement } from './split-statements.ts'
import { kindOf } from './statement-kind.ts'

export interface RunFileOptions {
  /** What is run otherwise than it is written: `supabase/migrations/1_a.sql, line 3: …` */
  readonly onNotice?: (message: string) => void
}

/**
 * One pipeline, one implicit transaction; a file may hold its own BEGIN and COMMIT. What refuses a transaction runs on its
 * own between the parts before and after it, and the note then goes with the last. Settings of an earlier file are reset before.
 * Throws a `SqlFileError` that names the statement, its line, and what stays applied.
 */
export async function runFile(
  db: Database,
  file: string,
  statements: readonly FileStatement[],
  note: Statement | null,
  { onNotice = () => {} }: RunFileOptions = {},
): Promise<void> {
  await db.execute(resetAll, ofItsOwn)
  const adapted = await adaptStatements(db, file, statements)
  for (const [index, { notice }] of adapted)
    if (notice !== undefined) onNotice(`${file}, line ${statements[index]?.line ?? 0}: ${notice}`)
  const parts = partsOf(file, statements, adapted)
  const last = parts.at(-1)
  // the note does not run with what the file set, such as its statement_timeout
  const noting = note === null ? [] : [resetAll, note]
  const all =
    last?.isAlone === false
      ? [...parts.slice(0, -1), { ...last, batch: [...last.batch, ...noting] }]
      : [...parts, { isAlone: false, batch: noting }]
  for (const [at, { batch, isAlone }] of all.entries()) {
    try {
      await db.executeAll(isAlone ? batch : [opening, ...batch], ofItsOwn)
    } catch (error) {
      const failed = error instanceof ConnectionError ? error.cause : error
      if (!(failed instanceof DatabaseError)) throw error
      const index = indexOf(failed.statement)
      const kept = lastKept(statements, all.slice(0, at), batch, index)
      throw fileError(file, statements, index, failed, { isAdapted: adapted.has(index), kept })
    }
  }
}

interface Part {
  readonly isAlone: boolean
  readonly batch: readonly Statement[]
}

/** What travels together. Inside a transaction of the file's own nothing is taken apart. */
function partsOf(
  file: string,
  statements: readonly FileStatement[],
  adapted: ReadonlyMap<number, Adapted>,
): Part[] {
  const parts: { isAlone: boolean; batch: Statement[] }[] = []
  let isOpen = false
  for (const [index, { text, isEmpty }] of statements.entries()) {
    // numbered, so that an error tells which one it was
    const name = `${file}#${index}`
    const texts = adapted.get(index)?.texts ?? (isEmpty ? [] : [text])
    if (texts.length === 0) continue
    const kind = kindOf(text)
    const isAlone = kind === 'alone' && !isOpen
    if (kind === 'begin') isOpen = true
    else if (kind === 'end') isOpen = false
    const batch = texts.map((one) => ({ name, text: one, values: [] }))
    const last = parts.at(-1)
    if (isAlone || last === undefined || last.isAlone) parts.push({ isAlone, batch })
    else last.batch.push(...batch)
  }
  return parts
}

/** Index of the last statement that stays applied although a later one failed; -1 for none. */
function lastKept(
  statements: readonly FileStatement[],
  done: readonly Part[],
  batch: readonly Statement[],
  failed: number,
): number {
  const before = done.flatMap((part) => part.batch.map(({ name }) => indexOf(name)))
  const committed = batch
    .map(({ name }) => indexOf(name))
    .filter((index) => index >= 0 && index < failed && isCommit(statements[index]))
  return Math.max(-1, ...before, ...committed)
}

function isCommit(statement: FileStatement | undefined): boolean {
  return statement !== undefined && /^(commit|end)$/.test(leadingWords(statement.text, 1)[0] ?? '')
}

function indexOf(statement: string | null): number {
  return Number(/#(\d+)$/.exec(statement ?? '')?.[1] ?? -1)
}
