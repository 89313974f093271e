/** The database of one test file: of the run's server, or of one started for this process alone. */
import { prepareTestServer } from './prepare-test-server.ts'
import { cloneDatabase } from './test-postgres.ts'

export interface TestServer {
  readonly url: string
  /** A database with everything a new project has. */
  readonly template: string
}

export interface TestDatabase {
  readonly url: string
  drop(): Promise<void>
}

let given: TestServer | null = null
/** One of our own, for as long as it has databases. */
let own: ReturnType<typeof prepareTestServer> | null = null
let databases = 0

/** Databases are cloned on this server, which a runner's global set-up has started for all files. */
export function useTestServer(server: TestServer): void {
  given = server
}

/**
 * A database of the calling file's own, provisioned unless it is copied from another `template`:
 * `const database = await createTestDatabase()` before its tests, `drop` after them.
 */
export async function createTestDatabase(template?: string): Promise<TestDatabase> {
  if (given !== null) return cloneDatabase(given.url, template ?? given.template)
  databases++
  own ??= prepareTestServer()
  const server = await own
  const database = await cloneDatabase(server.url, template ?? server.template)
  const drop = async (): Promise<void> => {
    await database.drop()
    if (--databases > 0) return
    own = null
    await server.stop()
  }
  return { url: database.url, drop }
}
