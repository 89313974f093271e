/** The server of a whole test run, and the database of one test file. */
import { inject } from 'vitest'
import { provision } from '#control'
import { openDatabase, parseConnectionUrl } from '#db'
import { auth } from '#auth'
import { cloneDatabase, executeDirectly, startTestPostgres, withDatabase } from './test-postgres.ts'
import type { TestPostgres } from './test-postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Set by test/global-setup.ts. */
    testServer: {
      readonly url: string
      readonly socketDir: string | null
      /** A database with everything a new project has. */
      readonly template: string
    }
  }
}

const template = 'provisioned'

/** Starts the server and provisions the template; 1 s. */
export async function prepareTestServer(): Promise<TestPostgres & { readonly template: string }> {
  const postgres = await startTestPostgres()
  await executeDirectly(postgres.url, `create database ${template}`)
  const db = openDatabase({ connection: parseConnectionUrl(withDatabase(postgres.url, template)) })
  await provision(db, [auth])
  await db.close()
  return { ...postgres, template }
}

/** A provisioned database of the calling file's own: `const database = await createTestDatabase()` in beforeAll, `drop` in afterAll. */
export function createTestDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const server = inject('testServer')
  return cloneDatabase(server.url, server.template)
}
