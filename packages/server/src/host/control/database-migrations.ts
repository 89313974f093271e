/** The migrations every project's database begins with: roles, schemas, extensions, helper functions, triggers. */
import { readMigrations } from '#base/db'

/** Service `database`; run before those of any service. */
export const databaseMigrations = readMigrations(
  'database',
  new URL('./migrations/', import.meta.url),
)
