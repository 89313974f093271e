/** Places of the log with a name, which a restore can stop at. */
import type { Statement } from '#base/sql'
import { sql } from '#base/sql'

/** The one before a migration of the project. */
export function restorePointBefore(version: string): string {
  return `basalt before ${version}`.slice(0, 63)
}

/** Whether this login may write one, as `may`. */
export const mayWriteRestorePoint: Statement = sql`/* db.mayWriteRestorePoint */
  select pg_catalog.has_function_privilege('pg_catalog.pg_create_restore_point(text)', 'execute')
    and pg_catalog.current_setting('wal_level') <> 'minimal'
    and not pg_catalog.pg_is_in_recovery() as may`

export function writeRestorePoint(name: string): Statement {
  return sql`/* db.writeRestorePoint */ select pg_catalog.pg_create_restore_point(${name})::text`
}
