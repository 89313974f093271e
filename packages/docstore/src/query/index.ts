/** Queries: filters → plan → walk → rows. */
export { Query, type FieldOf, type WithContext } from './query-builder.ts'
export { isVisible, walk, type Counts, type Found, type ReadContext } from './walk.ts'
export type { Explanation } from './run-query.ts'
