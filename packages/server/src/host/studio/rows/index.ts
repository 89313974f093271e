/** rows: of a relation, page by page, and changes of them. */
export { relationOf, rowsRoutes } from './rows-routes.ts'
export { rowsErrors } from './errors.ts'
export { renderFilters } from './render-filter.ts'
export { renderOrder, termsOf } from './render-order.ts'
export { columnsOf, keyOf } from './row-query.ts'
export type { Filter, RowQuery, Sort } from './row-query.ts'
export { columnsSchema, filtersSchema, identitySchema, sortSchema } from './schemas.ts'
