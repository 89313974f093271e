/** studio: what Studio's page asks of a project, as rows of the table of `/admin/v1`. */
export { studioErrorTables } from './studio-error-tables.ts'
export { studioRoutes } from './studio-routes.ts'
