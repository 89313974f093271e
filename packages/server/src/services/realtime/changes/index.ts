/** changes: from the log of Postgres to those who may see it. */
export { openChanges } from './open-changes.ts'
export type { Changes, ChangesOptions } from './open-changes.ts'
