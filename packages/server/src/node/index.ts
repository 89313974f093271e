/** node: sockets, signals, the embedded Postgres. */
export { startEmbeddedPostgres } from './embedded-postgres.ts'
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.ts'
export type { PostgresExit, StopMode } from './postmaster.ts'
export { freePort } from './free-port.ts'
export { reportStep } from './progress.ts'
export type { OnProgress, ProgressStep } from './progress.ts'
export { StartError } from './start-error.ts'
export type { StartFailure } from './start-error.ts'
