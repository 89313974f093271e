/** storage-commands: `basalt storage`, with the paths and flags of the Supabase CLI: `ss:///bucket/folder/name`. */
export { copyObjects } from './copy-objects.ts'
export { listObjects } from './list-objects.ts'
export { removeObjects } from './remove-objects.ts'
export { sweepStorage } from './sweep-storage.ts'
export { moveObjects } from './transfer-objects.ts'
