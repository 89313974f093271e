/** Runs one file of tests as psql would, within the transaction of the whole run. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { DedicatedSession } from '#base/db'
import { DatabaseError } from '#base/db'
import { leadingBlank, putVariablesIn, readPsql, wordsOf } from './read-psql.ts'
import type { PsqlStep } from './read-psql.ts'

/** What the file wrote: the values of all rows, as text. Rejects with a `FileFailure`. */
export async function runTestFile(session: DedicatedSession, path: string): Promise<string[]> {
  const run = new FileRun(session)
  await session.script('sqlTests.beginFile', 'savepoint basalt_file')
  try {
    await run.file(path, 0)
    await run.end()
  } catch (error) {
    await session.script('sqlTests.abandonFile', 'rollback to savepoint basalt_file')
    throw error
  } finally {
    await session.script('sqlTests.endFile', tidy)
  }
  return run.output
}

/** What a session's end would take with it: what one file sets and leaves is not there for the next. */
const tidy = `release savepoint basalt_file; reset role; reset session authorization; reset all;
  discard temp; discard sequences; deallocate all; close all; unlisten *; select pg_advisory_unlock_all()`

/** Why a file ended before its end: what, and where. */
export class FileFailure extends Error {
  override readonly name = 'FileFailure'
}

/** Settings of psql's output, which is not shown: nothing to do. */
const ignored = new Set([
  'pset',
  'unset',
  'timing',
  'x',
  'a',
  't',
  'f',
  'H',
  'C',
  'encoding',
  'errverbose',
  'o',
  'warn',
  'qecho',
])
const maxDepth = 16

class FileRun {
  readonly output: string[] = []
  readonly #session: DedicatedSession
  readonly #variables = new Map<string, string>()
  /** Within the file's own `begin`. */
  #isOpen = false
  #hasQuit = false

  constructor(session: DedicatedSession) {
    this.#session = session
  }

  async file(path: string, depth: number): Promise<void> {
    for (const step of readPsql(readFileSync(path, 'utf8'))) {
      if (this.#hasQuit) return
      try {
        if (step.kind === 'statement') await this.#statement(step.text)
        else await this.#command(step, path, depth)
      } catch (error) {
        throw error instanceof FileFailure ? error : describe(error, path, step)
      }
    }
  }

  /** A transaction the file has left open is rolled back, as when psql ends. */
  async end(): Promise<void> {
    if (this.#isOpen) await this.#control('rollback')
  }

  async #statement(raw: string): Promise<void> {
    const text = putVariablesIn(raw, this.#variables)
    const control = controlOf(text)
    if (control !== null) return this.#control(control)
    if (
      /^create\s+extension\s+(if\s+not\s+exists\s+)?"?pgtap"?\b/i.test(
        text.slice(leadingBlank(text)),
      )
    )
      return
    for (const row of await this.#rows(text))
      this.output.push(Object.values(row).map(asText).join('|'))
  }

  #rows(text: string): Promise<Record<string, unknown>[]> {
    return this.#session.rows({ name: 'sqlTests.statement', text, values: [] })
  }

  /** A transaction of the file is a savepoint in that of the run. */
  async #control(control: Control): Promise<void> {
    if ((control === 'begin') === this.#isOpen) return
    this.#isOpen = control === 'begin'
    const texts = {
      begin: 'savepoint basalt_own',
      commit: 'release savepoint basalt_own',
      rollback: 'rollback to savepoint basalt_own; release savepoint basalt_own',
    }
    await this.#session.script('sqlTests.transaction', texts[control])
  }

  async #command(step: PsqlStep & { kind: 'command' }, path: string, depth: number): Promise<void> {
    const { name, query } = step
    const argument = putVariablesIn(step.argument, this.#variables)
    const [first = '', ...more] = wordsOf(argument)
    if (name === 'gset') {
      const [row] = await this.#rows(putVariablesIn(query, this.#variables))
      for (const [column, value] of Object.entries(row ?? {}))
        this.#variables.set(`${first}${column}`, asText(value))
    } else if (query !== '' && leadingBlank(query) < query.length) {
      throw new FileFailure(`${path}, line ${step.line}: a semicolon is missing before \\${name}.`)
    } else if (name === 'set') this.#variables.set(first, more.join(''))
    else if (name === 'unset') this.#variables.delete(first)
    else if (name === 'echo') this.output.push(wordsOf(argument).join(' '))
    else if (name === 'q' || name === 'quit') this.#hasQuit = true
    else if (['i', 'ir', 'include', 'include_relative'].includes(name)) {
      if (depth >= maxDepth)
        throw new FileFailure(
          `${path}, line ${step.line}: files include each other more than ${maxDepth} deep.`,
        )
      await this.file(resolve(dirname(path), first), depth + 1)
    } else if (!ignored.has(name)) {
      throw new FileFailure(
        `${path}, line ${step.line}: \\${name} is psql's, and basalt test db does not know it. Write it in SQL, or run the file with pg_prove.`,
      )
    }
  }
}

type Control = 'begin' | 'commit' | 'rollback'

/** `rollback to savepoint` and `commit prepared` are ordinary statements. */
function controlOf(text: string): Control | null {
  const words = text.slice(leadingBlank(text)).toLowerCase()
  if (/^(begin|start\s+transaction)\b/.test(words)) return 'begin'
  if (/^(commit|end)\b(?!\s+prepared)/.test(words)) return 'commit'
  return /^(rollback|abort)\b(?!\s+((work|transaction)\s+)?to\b|\s+prepared)/.test(words)
    ? 'rollback'
    : null
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object'
    ? JSON.stringify(value)
    : String(value as string | number | boolean)
}

function describe(error: unknown, path: string, step: PsqlStep): FileFailure {
  const where = `${path}, line ${step.line}`
  if (!(error instanceof DatabaseError))
    return new FileFailure(`${where}: ${(error as Error).message}`)
  const notes = [`${where}: ${error.message} (SQLSTATE ${error.code})`, error.detail, error.hint]
  return new FileFailure(notes.filter((note) => note !== null && note !== undefined).join('\n'))
}
