/** core: what all rooms of the control plane speak of. */
export type { ProjectRecord, ProjectStatus, RecordKeys, RetiredKeys } from './project-record.ts'
export type { ProjectDirectory, ProjectUsage } from './project-directory.ts'
export { controlErrors } from './errors.ts'
export { requireRef } from './project-ref.ts'
export type { Actor } from './actor.ts'
export { isAtLeast, lesserRole, operatorRoles } from './roles.ts'
export type { OperatorRole } from './roles.ts'
