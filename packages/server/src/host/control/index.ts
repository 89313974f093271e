/** control: what a project's database must have, and how it gets it. */
export { databaseMigrations } from './database-migrations.ts'
export { provision } from './provision.ts'
export { checkRequirements } from './requirements.ts'
export type { Requirement } from './requirements.ts'
export { openKeyStore } from './key-store.ts'
export type { KeyStore, StoredKey } from './key-store.ts'
export { openProjectConfig } from './project-config.ts'
export type { ProjectConfig } from './project-config.ts'
