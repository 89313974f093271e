/** What of the extensions every project's database has from the beginning. */
import { readMigrations } from '#base/db'
import type { Migration } from '#base/db'

/** Service `extensions`; run behind the common ones. */
export const extensionMigrations: readonly Migration[] = readMigrations(
  'extensions',
  new URL('./migrations/', import.meta.url),
)
