/** functions/source: the functions of a `supabase/` folder. */
export { FolderSource } from './folder-source.ts'
export { readEnvFile } from './read-env-file.ts'
