/** inspect: what operators ask of a project's own database. */
export { createInspector } from './inspector.ts'
export type { Inspector, Probe, SqlAnswer } from './inspector.ts'
export { inspectErrors } from './errors.ts'
