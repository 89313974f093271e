/** The database a platform is given: whether it will do, and the passwords of its roles. */
import { readFileSync } from 'node:fs'
import { checkRequirements } from '#host/control'
import type { Requirement } from '#host/control'
import { openDatabase, systemSession, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import { scramVerifier } from './find-login.ts'

/** Everything the database at `url` lacks, asked before anything is changed. Rejects when it cannot be reached. */
export async function checkGivenDatabase(url: string): Promise<readonly Requirement[]> {
  const connection = parseConnectionUrl(url, (path) => readFileSync(path, 'utf8'))
  const db = openDatabase({ connection, maxConnections: 1, acquireTimeoutMs: 10_000 })
  try {
    return await checkRequirements(db)
  } finally {
    await db.close()
  }
}

/** Lets `role` log in with `password`; the password itself is in no statement. */
export async function setRolePassword(db: Database, role: string, password: string): Promise<void> {
  await db.begin(systemSession, (transaction) =>
    transaction.script(
      'platform.setRolePassword',
      `alter role ${quoteIdentifier(role)} with login password ${quoteLiteral(scramVerifier(password))}`,
    ),
  )
}
