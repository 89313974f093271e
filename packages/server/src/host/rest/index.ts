/** rest: the data API alone, configured and answering as PostgREST does; for `basalt rest`. */
export { createRestPlatform } from './rest-platform.ts'
export type { RestPlatform, RestPlatformOptions } from './rest-platform.ts'
export { restErrors } from './errors.ts'
export { loadWithDatabase } from './load-with-database.ts'
