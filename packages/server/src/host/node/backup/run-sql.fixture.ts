/** SQL of a test, as the project's own user. */
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'

export async function runSql<T>(databaseUrl: string, text: string): Promise<T[]> {
  const db = openDatabase({ connection: parseConnectionUrl(databaseUrl), maxConnections: 1 })
  try {
    return await db.begin(ownSession, (transaction) =>
      transaction.rows<T>({ name: 'test', text, values: [] }),
    )
  } finally {
    await db.close()
  }
}
