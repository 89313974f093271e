/** `supabase/tests`: files of pgTAP tests, run against a database that is as before when they are done. */
import { openSession, parseConnectionUrl } from '#base/db'
import type { DedicatedSession } from '#base/db'
import { parseTap } from './parse-tap.ts'
import type { TapResult } from './parse-tap.ts'
import { preparePgtap } from './prepare-pgtap.ts'
import { FileFailure, runTestFile } from './run-test-file.ts'

export interface SqlTestOptions {
  /** Of the role that tests run as: `postgres`. */
  readonly databaseUrl: string
  /** In this order. */
  readonly files: readonly string[]
  onFile(file: string, result: TapResult): void
}

/**
 * Runs the files one after the other and resolves to whether all passed. One session and one transaction, rolled back at the
 * end: what a file does outside `begin … rollback` (helpers that a first file makes) is there for those behind it, and never stays.
 * @throws SqlTestError without pgTAP, ConnectionError.
 */
export async function runSqlTests(options: SqlTestOptions): Promise<boolean> {
  const connection = parseConnectionUrl(options.databaseUrl)
  const session = await openSession(connection)
  try {
    await session.script('sqlTests.begin', 'begin')
    await preparePgtap(session)
    let passed = true
    for (const file of options.files) {
      const result = await resultOf(session, file)
      passed &&= result.problems.length === 0
      options.onFile(file, result)
    }
    return passed
  } finally {
    session.close()
  }
}

async function resultOf(session: DedicatedSession, file: string): Promise<TapResult> {
  try {
    return parseTap(await runTestFile(session, file))
  } catch (error) {
    if (!(error instanceof FileFailure)) throw error
    return { ran: 0, failed: 0, problems: error.message.split('\n') }
  }
}
