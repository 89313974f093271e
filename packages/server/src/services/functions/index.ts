/** functions: a project's own code, called over HTTP, in a sandbox. */
export type { FunctionSource, RunnableFunction } from '#services/functions/core'
