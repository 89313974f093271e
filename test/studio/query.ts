/** SQL of a journey, beside the page. */
import { openDatabase, parseConnectionUrl, systemSession } from '#base/db'
import { inject } from 'vitest'

/** As `postgres`, or whom the URL names. */
export async function query<Row extends object = Record<string, unknown>>(
  text: string,
  url = inject('databaseUrl'),
): Promise<Row[]> {
  const db = openDatabase({
    connection: parseConnectionUrl(url),
    maxConnections: 1,
  })
  try {
    return await db.begin(systemSession, (transaction) =>
      transaction.rows<Row>({ name: 'journey', text, values: [] }),
    )
  } finally {
    await db.close()
  }
}
