/** A database of one test file, asked in SQL as a role: several statements, the rows of the last. */
import { randomBytes } from 'node:crypto'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import type { ConnectionOptions } from '#base/db'
import { decodeRows } from '#base/db'
import type { Result } from '#base/db'
import { createTestDatabase } from './test-database.ts'

export interface SqlDatabase {
  readonly url: string
  readonly connection: ConnectionOptions
  /** Rows as `postgres`, the role migrations run as. */
  rows<T = Record<string, unknown>>(text: string, role?: string): Promise<T[]>
  /** Statements as `postgres`. */
  script(text: string, role?: string): Promise<void>
  /** What Postgres said when it refused `text`: `42501 permission denied for …`. */
  refusal(text: string, role?: string): Promise<string>
  /** Notices so far. */
  readonly notices: readonly string[]
  close(): Promise<void>
}

export async function openSqlDatabase(): Promise<SqlDatabase> {
  const database = await createTestDatabase()
  const connection = parseConnectionUrl(database.url)
  const notices: string[] = []
  const db = openDatabase({
    connection,
    maxConnections: 4,
    preparedStatements: false,
    onNotice: (_severity, message) => notices.push(message),
  })
  // a clone's owner is who cloned it
  await db.begin(ownSession, (transaction) =>
    transaction.script(
      'test.owner',
      `do $$ begin execute format('alter database %I owner to postgres', current_database()); end $$`,
    ),
  )
  const as = (role: string): typeof ownSession => ({
    role,
    settings: [['search_path', '"$user", public, extensions']],
  })
  const rows = async <T>(text: string, role = 'postgres'): Promise<T[]> => {
    const statement = { name: `test.${randomBytes(4).toString('hex')}`, text, values: [] }
    const results = await db.transaction(as(role), [statement], { prepare: false })
    return decodeRows<T>(results[0] as Result)
  }
  return {
    url: database.url,
    connection,
    notices,
    rows,
    script: (text, role = 'postgres') =>
      db.begin(as(role), (transaction) => transaction.script('test.script', text)),
    refusal: async (text, role = 'postgres') => {
      try {
        await rows(text, role)
        return 'not refused'
      } catch (error) {
        const { code, message } = error as { code: string; message: string }
        return `${code} ${message}`
      }
    },
    close: async () => {
      await db.close()
      await database.drop()
    },
  }
}
