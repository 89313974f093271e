/** data-api/introspect: fills the catalog from a database. */
export { loadCatalog, loadFingerprint, loadLeavings } from './load-catalog.ts'
export type { LoadedCatalog, LoadOptions } from './load-catalog.ts'
export { readDocuments } from './read-documents.ts'
