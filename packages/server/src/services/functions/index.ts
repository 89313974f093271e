/** functions: a project's own code, called over HTTP, in a sandbox. */
export type {
  FunctionLogs,
  FunctionSource,
  LogEntry,
  RunnableFunction,
} from '#services/functions/core'
export { findDeno, installDeno } from '#services/functions/deno'
export type { DenoHost } from '#services/functions/deno'
export { durationBuckets, FunctionStats } from '#services/functions/invoke'
export { MemoryLogs } from '#services/functions/logs'
export { createPreparer } from '#services/functions/prepare'
export { FolderSource } from '#services/functions/source'
export { createFunctions } from './functions-service.ts'
export type { FunctionsRuntime } from './functions-runtime.ts'
