/** db: pipelined executor, pool, transactions under a session, migrations, listen. */
export { ownSession } from './database.ts'
export type { Cell, Database, Field, Result, RunOptions, Session, Transaction } from './database.ts'
export { ConnectionError, DatabaseError } from './errors.ts'
export type { ConnectionFailure, DatabaseErrorFields } from './errors.ts'
export type { Migration } from './migration.ts'
