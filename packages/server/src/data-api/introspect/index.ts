/** data-api/introspect: fills the catalog from a database. */
export { loadCatalog } from './load-catalog.ts'
export type { LoadOptions } from './load-catalog.ts'
