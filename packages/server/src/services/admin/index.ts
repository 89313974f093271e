/** admin: a project's configuration at run time, at /admin/v1. */
export { createAdmin } from './admin-service.ts'
export type { AdminOptions } from './admin-service.ts'
export { adminErrors } from './errors.ts'
