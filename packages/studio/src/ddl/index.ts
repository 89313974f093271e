/** ddl: changes of the schema, their SQL shown first. */
export { SqlDialog } from './sql-dialog.tsx'
