/** postgres: a Postgres of our own, from npm or from an installation, with its extensions. */
export { lockDataFolder, startEmbeddedPostgres } from './embedded-postgres.ts'
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.ts'
export { freePort } from './free-port.ts'
export { keepPostgres } from './keep-postgres.ts'
export type { PostgresExit, StopMode } from './postmaster.ts'
export { isPostgresOf, stopOrphan } from './running-postmaster.ts'
export { canReach } from './postgres-account.ts'
