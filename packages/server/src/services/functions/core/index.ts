/** functions/core: what a function is, and the ports it comes through. */
export { FunctionFault, maxSlugLength, slugPattern } from './function.ts'
export type { FunctionSource, RunnableFunction } from './function.ts'
export type { FunctionLogs, LogEntry, LogLevel } from './log-entry.ts'
export type { Prepare, PrepareOptions } from './prepare.ts'
