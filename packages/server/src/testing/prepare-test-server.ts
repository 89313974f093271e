/** The server of a whole test run: nothing here needs a test to be running. */
import { provision } from '#host/control'
import { provisioned } from '#host/platform'
import { openDatabase, parseConnectionUrl } from '#base/db'
import { executeDirectly, startTestPostgres, withDatabase } from './test-postgres.ts'
import type { TestPostgres, TestPostgresOptions } from './test-postgres.ts'

const template = 'provisioned'

/** Starts the server and provisions the template; 1 s. */
export async function prepareTestServer(
  options: TestPostgresOptions = {},
): Promise<TestPostgres & { readonly template: string }> {
  const postgres = await startTestPostgres(options)
  await executeDirectly(postgres.url, `create database ${template}`)
  const db = openDatabase({ connection: parseConnectionUrl(withDatabase(postgres.url, template)) })
  await provision(db, provisioned)
  // for tests that connect as the project's owner: at the same time they could not change it
  await executeDirectly(postgres.url, `alter role postgres password 'postgres'`)
  await db.close()
  return { ...postgres, template }
}
