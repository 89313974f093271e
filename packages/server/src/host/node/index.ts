/** node: sockets, logs, the embedded Postgres, a project on this machine. */
export { startEmbeddedPostgres, freePort } from '#host/node/postgres'
export type {
  EmbeddedPostgres,
  EmbeddedPostgresOptions,
  PostgresExit,
  StopMode,
} from '#host/node/postgres'
export { reportStep, StartError, createLogger } from '#host/node/core'
export type { OnProgress, ProgressStep, StartFailure, LogLevel } from '#host/node/core'
export { serve, nodeErrors } from '#host/node/http'
export type { Listening, ServeOptions } from '#host/node/http'
export { openLocalPlatform } from './open-local-platform.ts'
export type { LocalPlatform, LocalPlatformOptions } from './open-local-platform.ts'
export { readEnvFile } from '#services/functions'
export { discardFunctions, openFunctions } from '#host/node/functions'
export type { FunctionsOptions } from '#host/node/functions'
export { startLocal } from './start-local.ts'
export type { LocalServer, StartLocalOptions } from './start-local.ts'
export { resetLocal } from './reset-local.ts'
export type { ResetLocalOptions } from './reset-local.ts'
export { sweepLocal } from './sweep-local.ts'
export type { SweepLocalOptions } from './sweep-local.ts'
export { discardDatabase } from './local-database.ts'
export { readRunState, runningPid } from './run-state.ts'
export type { RunState } from './run-state.ts'
export type { StatusEntry } from './status-entries.ts'
// what a program that starts projects needs besides
export { ConfigError, findWorkdir, loadConfig, printConfig } from '#base/config'
export type { Config, LoadedConfig } from '#base/config'
export { SqlTestError, findTestFiles, runSqlTests } from '#host/sql-tests'
export type { SqlTestOptions, TapResult } from '#host/sql-tests'
export { checkAdoption, manageApiKeys } from '#host/platform'
export type { ApiKeysStatus } from '#services/api-keys'
export type { AdoptionReport } from '#host/platform'
export { SqlFileError, applyPending, migrationStates } from '#host/platform'
export type { MigrationState } from '#host/platform'
