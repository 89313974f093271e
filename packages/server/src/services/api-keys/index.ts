/** api-keys: keys of the project's own customers, their limits, and what they were used for. */
export { apiKeyErrors } from './errors.ts'
export { describeApiKeys, disableApiKeys, enableApiKeys } from './manage.ts'
export type { ApiKeysStatus, ManageApiKeys } from './manage.ts'
export { apiKeyMigrations } from './migrations.ts'
export { ApiKeys } from './open-api-keys.ts'
export type { ApiKeysOptions } from './open-api-keys.ts'
export { apiKeyRoutes } from './routes.ts'
