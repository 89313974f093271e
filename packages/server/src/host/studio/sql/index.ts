/** sql: SQL of operators with its results, snippets, migrations. */
export { sqlRoutes } from './sql-routes.ts'
export { sqlErrors } from './errors.ts'
