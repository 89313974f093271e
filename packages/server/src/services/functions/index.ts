/** functions: a project's own code, called over HTTP, in a sandbox. */
export type {
  FunctionLogs,
  FunctionSource,
  LogEntry,
  Prepare,
  RunnableFunction,
} from '#services/functions/core'
export { firstOf } from '#services/functions/core'
export { MissingRuntime } from '#services/functions/core'
export { findDeno, installDeno, removeFolder } from '#services/functions/deno'
export type { DenoHost } from '#services/functions/deno'
export { durationBuckets, FunctionStats } from '#services/functions/invoke'
export { MemoryLogs } from '#services/functions/logs'
export { createPreparer } from '#services/functions/prepare'
export { FolderSource, readEnvFile } from '#services/functions/source'
export { createFunctions } from './functions-service.ts'
export type { FunctionsRuntime } from './functions-runtime.ts'
export { functionsLogin, functionsMigrations } from './functions-migrations.ts'
export { openDeployments } from './open-deployments.ts'
export type { Deployments, DeploymentsOptions } from './open-deployments.ts'
export { readArtifactBlobs } from './read-artifact-blobs.ts'
export { functionErrorTables } from './error-tables.ts'
