/** functions/core: what a function is, and the ports it comes through. */
export { firstOf, FunctionFault, maxSlugLength, MissingRuntime, slugPattern } from './function.ts'
export type { FunctionSource, RunnableFunction } from './function.ts'
export type { FunctionLogs, LogEntry, LogLevel } from './log-entry.ts'
export type { Prepare, PrepareOptions } from './prepare.ts'
export { functionErrors } from './errors.ts'
export { formatError } from './format-error.ts'
export { limitsOf } from './limits.ts'
export type { Limits } from './limits.ts'
