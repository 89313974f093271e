/** search: symbols, lines of code, references, files. */
export { searchRoutes } from './search-routes.ts'
