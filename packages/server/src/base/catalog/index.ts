/** data-api/catalog: the schema model and its lookups. Pure. */
export { append, Catalog, groupBy, sameName } from './catalog.ts'
export type {
  Argument,
  CatalogData,
  Column,
  ColumnPairs,
  ComputedRelationship,
  JunctionRelationship,
  KeyRelationship,
  Leavings,
  MediaHandler,
  QualifiedName,
  Relation,
  Relationship,
  Representation,
  Routine,
} from './catalog.ts'
export { buildRelationships } from './build-relationships.ts'
export type { ForeignKey } from './build-relationships.ts'
export { readTargets, resolveViews } from './view-columns.ts'
export type { ShownRelation, ViewColumns, ViewSource } from './view-columns.ts'
export { similarName } from './similar-name.ts'
