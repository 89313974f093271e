/** Prepares a project's database: the common migrations, then each service's own. */
import { migrate, rehearseMigrations } from '#base/db'
import type { Database } from '#base/db'
import type { ServiceDefinition } from '#base/service'
import { databaseMigrations } from './database-migrations.ts'
import { listObjects } from './list-objects.ts'

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
  return migrate(db, migrationsOf(services), onApply)
}

/** What `provision` would add (`+ column auth.users.is_anonymous`) and change (`~ function auth.uid()`): done, looked at, rolled back. */
export async function rehearseProvision(
  db: Database,
  services: readonly Pick<ServiceDefinition, 'migrations'>[],
): Promise<readonly string[]> {
  const { before, after } = await rehearseMigrations(db, migrationsOf(services), listObjects)
  const changed = [...after].filter(([name, state]) => before.get(name) !== state)
  const isNew = (name: string): boolean => after.has(name) && !before.has(name)
  const changes = changed
    .map(([name]) => name)
    .filter((name) => !isNew(`table ${tableOf(name)}`))
    .map((name) => `${before.has(name) ? '~' : '+'} ${name}`)
  const gone = [...before.keys()].filter((name) => !after.has(name)).map((name) => `- ${name}`)
  return [...changes, ...gone]
}

/** Whose it is: what a new table is made of goes without saying. */
function tableOf(name: string): string | undefined {
  return (/^column (.+)\.[^.]+$/.exec(name) ??
    /^(?:constraint|index) (\S+)/.exec(name) ??
    /^policy .* on (\S+)$/.exec(name))?.[1]
}

function migrationsOf(services: readonly Pick<ServiceDefinition, 'migrations'>[]) {
  return [...databaseMigrations, ...services.flatMap((service) => service.migrations)]
}
