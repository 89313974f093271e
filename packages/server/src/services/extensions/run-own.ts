/** The worker's own statements: in the system's session, leaving nothing behind in the connection. */
import { systemSession } from '#base/db'
import type { Database, Result } from '#base/db'
import type { Statement } from '#base/sql'

/** One transaction, one round trip. */
export function runOwn(db: Database, ...statements: Statement[]): Promise<readonly Result[]> {
  return db.transaction(systemSession, statements, { leaves: 'nothing' })
}
