/** Prepares a project's database: the common migrations, then each service's own. */
import { migrate } from '#base/db'
import type { Database } from '#base/db'
import type { ServiceDefinition } from '#base/service'
import { databaseMigrations } from './database-migrations.ts'

/**
 * Applies what is missing, all or nothing; may be called at every start, and by several processes at once.
 * Returns what it applied (`auth/0001_users`), telling `onApply` before each.
 * @throws PlatformError `migration_changed`, see `migrate`.
 */
export async function provision(
  db: Database,
  services: readonly Pick<ServiceDefinition, 'migrations'>[],
  onApply?: (name: string) => void,
): Promise<string[]> {
  const migrations = [...databaseMigrations, ...services.flatMap((service) => service.migrations)]
  return migrate(db, migrations, onApply)
}
