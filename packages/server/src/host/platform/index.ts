/** platform: createPlatform(config) → { fetch, handle, start, close }; the supabase/ folder on a database. */
export { createPlatform } from './create-platform.ts'
export { provisioned } from './open-databases.ts'
export type { Platform } from './create-platform.ts'
export type { PlatformOptions } from './platform-options.ts'
export {
  applyPending,
  applyWorkspace,
  migrationStates,
  pendingFiles,
  pushWorkspace,
} from './apply-workspace.ts'
export type {
  MigrationState,
  PushedFiles,
  WorkspaceOptions,
  WorkspaceParts,
} from './apply-workspace.ts'
export { readSigningKeys } from './read-signing-keys.ts'
export {
  checkGivenDatabase,
  prepareBackups,
  setRolePassword,
  silenceEventTriggers,
  silenceLoginTriggers,
} from './given-database.ts'
export { scramVerifier } from './find-login.ts'
export { manageApiKeys } from './manage-api-keys.ts'
export type { ManageApiKeysOptions } from './manage-api-keys.ts'
export { checkAdoption } from './check-adoption.ts'
export type { AdoptionReport } from './check-adoption.ts'
export type { Requirement } from '#host/control'
export { SqlFileError } from '#host/workspace'
export type { Jwk } from '#base/token'
export { openProjectStack } from './open-project-stack.ts'
export type { ProjectStack } from './open-project-stack.ts'
export type { ProjectOptions } from './project-options.ts'
export type { SigningKeys } from './signing-keys.ts'
export { busOfProject, openBus } from './open-bus.ts'
