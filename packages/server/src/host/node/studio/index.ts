/** studio: the listener of Studio's page, who is signed in to it, and its files. */
export { serveStudio } from './serve-studio.ts'
export type { Studio, StudioOptions } from './serve-studio.ts'
export type { StudioBackend, StudioOperator } from './studio-backend.ts'
export { asksForKey } from './asks-for-key.ts'
export { OneTimeCodes } from './one-time-codes.ts'
export { studioErrors } from './errors.ts'
export { openServeBackend, openStartBackend } from './open-backend.ts'
