/** The checks of one database, whoever has the way to it. */
import { PlatformError } from '#base/kernel'
import type { Statement } from '#base/sql'
import { check } from './check.ts'
import type { Check } from './check.ts'
import { databaseChecks, rightsChecks } from './database-checks.ts'
import { readFacts, readRights } from './read-facts.ts'
import type { Facts, Rights } from './read-facts.ts'

export interface ExaminedDatabase {
  /** Rejects where the database does not answer in time. */
  probe(withinMs: number): Promise<unknown>
  /** A statement on the catalog. */
  read<T>(statement: Statement): Promise<T[]>
}

export interface ExaminedProject {
  /** Of the API; empty: what callers may do is not looked at. */
  readonly schemas: readonly string[]
  readonly needsLog: boolean
  /** Of the callers' pool; null: not looked at. */
  readonly mostConnections: number | null
}

const answerMs = 2_000

/** The check `database` first; alone where nothing can be asked. */
export async function examineDatabase(
  database: ExaminedDatabase,
  { schemas, needsLog, mostConnections }: ExaminedProject,
): Promise<readonly Check[]> {
  try {
    const begun = performance.now()
    if (!(await answers(database))) return [silent]
    const ms = Math.round(performance.now() - begun)
    const asked = Date.now()
    const [facts] = await database.read<Facts>(readFacts)
    const answered = Date.now()
    const [rights] = schemas.length === 0 ? [] : await database.read<Rights>(readRights(schemas))
    if (facts === undefined) return [silent]
    return [
      check('database', true, `Postgres ${facts.version} answered in ${ms} ms`),
      ...databaseChecks(facts, { asked, answered, needsLog, mostConnections }),
      ...(rights === undefined ? [] : rightsChecks(rights)),
    ]
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    const remedy = error.hint ?? silent.remedy ?? ''
    return [check('database', false, error.message, remedy, 'error')]
  }
}

const silent: Check = {
  name: 'database',
  level: 'error',
  message: `Postgres does not answer within ${answerMs / 1000} s`,
  remedy: 'Look whether it runs, and into its log.',
}

/** Whether it does in time, wherever the question waits. @throws what it answers instead */
async function answers(database: ExaminedDatabase): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), answerMs)
  })
  const probe = database.probe(answerMs).then(() => true)
  try {
    return await Promise.race([probe, late])
  } finally {
    clearTimeout(timer)
  }
}
