/** inspect: what operators ask of a project's own database. */
export { createInspector } from './inspector.ts'
export type { Inspector, Probe, SqlAnswer } from './inspector.ts'
export { openProjectDatabases } from './project-databases.ts'
export type { ProjectDatabases } from './project-databases.ts'
export type { Identity, OwnSession, ProjectDatabase } from './project-database.ts'
export { beginAs } from './begin-as.ts'
export { translate } from './translate.ts'
export { inspectErrors } from './errors.ts'
