/** transfer: whole tables in and out. */
export { transferRoutes } from './transfer-routes.ts'
export { transferErrors } from './errors.ts'
