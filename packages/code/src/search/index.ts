/** search: symbols, lines of code, references, files. */
export { searchRoutes } from './search-routes.ts'
export { readBounded } from './bounded.ts'
