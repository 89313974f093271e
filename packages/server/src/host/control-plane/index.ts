/** control-plane: the projects of a fleet and who may do what with them, in the control database. */
export type { ProjectRecord, ProjectStatus, RecordKeys, RetiredKeys } from './project-record.ts'
export type { ProjectDirectory, ProjectUsage } from './project-directory.ts'
