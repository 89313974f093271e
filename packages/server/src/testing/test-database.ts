/** The database of one test file. */
import { inject } from 'vitest'
import { cloneDatabase } from './test-postgres.ts'

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

/** A provisioned database of the calling file's own: `const database = await createTestDatabase()` in beforeAll, `drop` in afterAll. */
export function createTestDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const server = inject('testServer')
  return cloneDatabase(server.url, server.template)
}
