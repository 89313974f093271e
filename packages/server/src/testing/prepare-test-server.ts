/** The server of a whole test run, for vitest's globalSetup: nothing here needs a test to be running. */
import { auth } from '#auth'
import { provision } from '#control'
import { dataApi } from '#data-api'
import { openDatabase, parseConnectionUrl } from '#db'
import { executeDirectly, startTestPostgres, withDatabase } from './test-postgres.ts'
import type { TestPostgres } from './test-postgres.ts'

const template = 'provisioned'

/** Starts the server and provisions the template; 1 s. */
export async function prepareTestServer(): Promise<TestPostgres & { readonly template: string }> {
  const postgres = await startTestPostgres()
  await executeDirectly(postgres.url, `create database ${template}`)
  const db = openDatabase({ connection: parseConnectionUrl(withDatabase(postgres.url, template)) })
  await provision(db, [dataApi, auth])
  await db.close()
  return { ...postgres, template }
}
