/** single: the one project of `basalt start` in the place of a fleet. */
export { singleProject } from './single-project.ts'
export type { SingleProject } from './single-project.ts'
