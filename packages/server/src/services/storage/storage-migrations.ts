/** The `storage` schema. */
import { readMigrations } from '#base/db'

/** Service `storage`; needs the roles and schemas of the `database` migrations. */
export const storageMigrations = readMigrations(
  'storage',
  new URL('./migrations/', import.meta.url),
)
