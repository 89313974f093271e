/** The database that tests of extensions ask. */
export { openSqlDatabase as openExtensionDatabase } from '#testing'
export type { SqlDatabase as ExtensionDatabase } from '#testing'
