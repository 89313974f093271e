/** What the parts of the driver suite share. */
import { decodeRows } from '#base/db'
import type { ConnectionOptions, Database, DatabaseOptions, Result, Session } from '#base/db'

export interface Suite {
  /** Shared by the tests. */
  readonly db: () => Database
  /** One of the test's own. */
  readonly open: (options?: Partial<DatabaseOptions>) => Database
  readonly connection: () => ConnectionOptions
}

export const first = (results: readonly Result[]): unknown => decodeRows(results[0] as Result)[0]

export const asReader = (sub: string): Session => ({
  role: 'suite_reader',
  settings: [['request.jwt.claims', JSON.stringify({ sub })]],
})
