/** log: the log of Postgres on every node of a project: one reads it, the others get it from there. */
export { LogSource } from './log-source.ts'
export { readPast } from './read-past.ts'
export type { PastOptions } from './read-past.ts'
export { noAnswer } from './refusals.ts'
export type { LogSink } from './sink.ts'
export { publication, readEnd } from './slot.ts'
export type { ConnectReplication } from './slot.ts'
