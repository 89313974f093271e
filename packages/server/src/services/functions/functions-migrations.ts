/** What is deployed, in the schema `basalt`. */
import { readMigrations } from '#base/db'

/** Service `functions`; needs the schema `basalt` of the migrations' history. */
export const functionsMigrations = readMigrations(
  'functions',
  new URL('./migrations/', import.meta.url),
)

/** Whose statements those of the registry are. The project's owner may not become it. */
export const functionsLogin = 'basalt_functions'
