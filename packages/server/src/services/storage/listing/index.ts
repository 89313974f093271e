/** storage/listing: which objects a bucket has, of what the caller sees. */
export { listFolder, listKeys } from './list-endpoints.ts'
export { searchKeys } from './search-keys.ts'
export type { ListedKey } from './search-keys.ts'
