/** meta/sql: what the type generator asks of the system catalogs, one JSON document a row. */
export { listSchemas } from './list-schemas.ts'
export { listRelations } from './list-relations.ts'
export type { ColumnRow, RelationRow } from './list-relations.ts'
export { listFunctions } from './list-functions.ts'
export type { ArgumentRow, FunctionRow } from './list-functions.ts'
export { listTypes } from './list-types.ts'
export type { TypeRow } from './list-types.ts'
