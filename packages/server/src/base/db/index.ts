/** db: pipelined executor, pool, transactions under a session, migrations, listen. */
export { changingSession, ownSession, systemSession } from './database.ts'
export type {
  Cell,
  Database,
  Field,
  Result,
  RowStream,
  RunOptions,
  Session,
  Transaction,
} from './database.ts'
export type { ByteStream } from './byte-stream.ts'
export { ConnectionError, DatabaseError, RowTooLarge } from './errors.ts'
export type { ConnectionFailure, DatabaseErrorFields } from './errors.ts'
export { isLoginRefused, refusalCode, remedyOfServer } from './refusal.ts'
export { sessionStatement } from './session-statement.ts'
export { openSession } from './open-session.ts'
export type { DedicatedSession, RowLimits } from './open-session.ts'
export type { ScriptEnd } from './pipeline.ts'
export type { Migration } from './migration.ts'
export { Replication } from './replication.ts'
export type { ReplicationEvents } from './replication.ts'
export { PhysicalReplication } from './physical-replication.ts'
export type {
  BaseBackupOptions,
  BasePlace,
  PhysicalEvents,
  SystemIdentity,
} from './physical-replication.ts'
export { exportSnapshot } from './exported-snapshot.ts'
export type { ExportedSnapshot } from './exported-snapshot.ts'
export { parseLsn, printLsn } from './replication-link.ts'
export { mayWriteRestorePoint, restorePointBefore, writeRestorePoint } from './restore-point.ts'
export { readMigrations } from './read-migrations.ts'
export { httpStatusOf } from './pg-errors.ts'
export { parseConnectionUrl, parsePrimaryUrl, withOneHost } from './connection-options.ts'
export type { ConnectionOptions, SslMode } from './connection-options.ts'
export { decodeRows } from './decode-rows.ts'
export { migrate, rehearseMigrations } from './migrate.ts'
export { openDatabase } from './open-database.ts'
export type { DatabaseOptions } from './open-database.ts'
export type { OutageEvents } from './outage.ts'
