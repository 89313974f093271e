import { afterAll, beforeAll, describe } from 'vitest'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import type { ConnectionOptions, Database, DatabaseOptions } from '#base/db'
import { cloneDatabase, findPgbouncer, startPgbouncer, startTestPostgres } from '#testing'
import { describeSessions } from '#testing/suites'
import type { Pgbouncer, TestPostgres } from '#testing'

const program = findPgbouncer()

/** Behind a pooler the next transaction may have any server connection, also the one somebody else has just used. */
describe.skipIf(program === null)('db driver behind pgbouncer in transaction mode', () => {
  let postgres: TestPostgres
  let pooler: Pgbouncer
  let connection: ConnectionOptions
  const opened: Database[] = []
  const open = (options: Partial<DatabaseOptions> = {}): Database => {
    const db = openDatabase({ connection, preparedStatements: false, ...options })
    opened.push(db)
    return db
  }

  beforeAll(async () => {
    postgres = await startTestPostgres()
    const clone = await cloneDatabase(postgres.url, 'template0')
    const direct = parseConnectionUrl(clone.url)
    pooler = await startPgbouncer(program as string, direct, { logins: 'one' })
    connection = { ...direct, host: '127.0.0.1', port: pooler.port }
    await open().begin(ownSession, (transaction) =>
      transaction.script('test.role', 'create role suite_reader nologin'),
    )
  })
  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close()))
    await pooler?.stop()
    await postgres?.stop()
  })

  describeSessions(
    { db: () => opened[0] as Database, open, connection: () => connection },
    { preparedStatements: false },
  )
})
