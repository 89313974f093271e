/** What the data API keeps in a project's database: answers by Idempotency-Key. */
import { readMigrations } from '#base/db'

/** Service `data-api`; needs the roles of the `database` migrations. */
export const dataApiMigrations = readMigrations(
  'data-api',
  new URL('./migrations/', import.meta.url),
)
