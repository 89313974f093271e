/** admin: a project's configuration at run time, at /admin/v1. */
export { createAdmin } from './admin-service.ts'
export type { AdminOptions, AdminRoute } from './admin-service.ts'
export { createManagementApi } from './management-api.ts'
export { adminErrors } from './errors.ts'
