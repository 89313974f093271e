/** platform: createPlatform(config) → { fetch, handle, start, close }; the supabase/ folder on a database. */
export { createPlatform } from './create-platform.ts'
export type { Platform, PlatformOptions } from './create-platform.ts'
export { applyPending, applyWorkspace, migrationStates } from './apply-workspace.ts'
export type { MigrationState, WorkspaceOptions } from './apply-workspace.ts'
export { checkGivenDatabase, setRolePassword } from './given-database.ts'
export type { Requirement } from '#control'
export { SqlFileError } from '#workspace'
export type { Jwk } from '#token'
