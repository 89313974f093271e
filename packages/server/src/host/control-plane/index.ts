/** control-plane: the projects of a fleet and who may do what with them, in the control database. */
export type {
  ProjectDirectory,
  ProjectRecord,
  ProjectStatus,
  ProjectUsage,
  RecordKeys,
  RetiredKeys,
} from '#host/control-plane/core'
export type { Actor } from '#host/control-plane/core'
export { parseMasterKey } from '#host/control-plane/store'
export { openControlDatabase } from './open-control-database.ts'
export type { ControlDatabase, ControlOptions } from './open-control-database.ts'
export { adminDocument, createControlApi } from '#host/control-plane/api'
export type { ControlApi, ControlApiOptions } from '#host/control-plane/api'
export { guardStream } from '#host/control-plane/route'
export type { ControlParts, ProjectAccess } from '#host/control-plane/route'
export { singleProject } from '#host/control-plane/single'
export type { SingleProject } from '#host/control-plane/single'
export { controlErrorTables } from './control-error-tables.ts'
export { callControl } from './call-control.ts'
