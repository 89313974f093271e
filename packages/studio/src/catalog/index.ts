/** catalog: what the database holds, and how names of it are written. */
export { ident, literal, qualified, useCatalog, useNames, useRelation } from './catalog.ts'
export type {
  Catalog,
  ColumnInfo,
  ForeignKey,
  PolicyInfo,
  Relation,
  RelationKind,
  RelationSummary,
  SchemaNames,
} from './catalog.ts'
