/** project: the folder a command is about, its configuration, and what runs of it. */
export { binariesFlag, loadProject, runningProject, warn, workdirOf } from './project-folder.ts'
export { studioFolder } from './studio-folder.ts'
export type { CommonOptions } from './project-folder.ts'
