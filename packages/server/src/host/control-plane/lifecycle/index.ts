/** lifecycle: what becomes of a project, from its making to its end. */
export { createProjects } from './projects.ts'
export type { Projects } from './projects.ts'
export type { NewProjectInput, ProjectUpdate, Taken } from './project-input.ts'
export type { Rotation, SigningAlgorithm } from './mint-keys.ts'
export { checkOwnPatch, checkProjectConfig } from './project-config.ts'
export { connectionOf, identityOf } from './project-database.ts'
