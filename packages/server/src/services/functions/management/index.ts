/** functions/management: deploying, listing, secrets and logs over HTTP. */
export { openManagement } from './management.ts'
export type { Management, ManagementOptions } from './management.ts'
export { managementErrors } from './errors.ts'
export { managementRoutes } from './routes.ts'
export type { ManagementRoute } from './routes.ts'
