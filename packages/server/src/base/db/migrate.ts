/** Applies versioned migrations once each, in order, and refuses one that was changed after it was applied. */
import { createHash } from 'node:crypto'
import { PlatformError } from '#base/kernel'
import { sql } from '#base/sql'
import { changingSession } from './database.ts'
import type { Database, Transaction } from './database.ts'
import type { Migration } from './migration.ts'

/** Any number will do as long as nobody else takes the same lock. */
const migrationLock = 7_236_501

/** Event triggers of the project would run with the rights of who applies these. Before 17 the setting is another's. */
const silenceEventTriggers = sql`/* db.silenceEventTriggers */
  select set_config(name, case name when 'event_triggers' then 'off' else 'replica' end, true)
  from pg_settings
  where name = case when current_setting('server_version_num')::int >= 170000 then 'event_triggers' else 'session_replication_role' end
    and (select rolsuper from pg_roles where rolname = current_user)`

const historyTable = `
create schema if not exists basalt;
create table if not exists basalt.migrations (
  service text not null,
  version text not null,
  checksum text not null,
  applied_at timestamptz not null default now(),
  primary key (service, version)
);`

/**
 * Applies what is not yet applied; all in one transaction, so that a failure leaves nothing behind.
 * Two processes may call it at the same time. Returns what it applied, as `service/version`.
 * @throws PlatformError `migration_changed` when an applied migration has another text now, `database_newer` when one of these
 * services has had migrations that are not known here.
 */
export async function migrate(
  db: Database,
  migrations: readonly Migration[],
  onApply: (name: string) => void = () => {},
): Promise<string[]> {
  return db.begin(
    changingSession,
    async (transaction) => {
      return applyPending(transaction, migrations, onApply)
    },
    { prepare: false },
  )
}

async function applyPending(
  transaction: Transaction,
  migrations: readonly Migration[],
  onApply: (name: string) => void,
): Promise<string[]> {
  await transaction.rows(
    sql`/* db.lockMigrations */ select pg_advisory_xact_lock(${migrationLock})::text`,
  )
  await transaction.rows(silenceEventTriggers)
  await transaction.script('db.createMigrationHistory', historyTable)
  const applied = await readHistory(transaction)
  refuseNewer(migrations, applied)
  const pending = migrations.filter((migration) => isPending(migration, applied))
  for (const migration of pending) {
    onApply(nameOf(migration))
    await apply(transaction, migration)
  }
  return pending.map(nameOf)
}

/** How long a rehearsal waits for a table somebody uses. */
const rehearsalLockMs = 2_000

/**
 * Applies what `migrate` would and rolls it back: what `look` sees before and after. Locks are held meanwhile, which takes
 * about a second. Rejects as `migrate` would.
 */
export async function rehearseMigrations<T>(
  db: Database,
  migrations: readonly Migration[],
  look: (transaction: Transaction) => Promise<T>,
): Promise<{ readonly before: T; readonly after: T }> {
  let seen: { readonly before: T; readonly after: T } | null = null
  const done = new Error('rehearsed')
  try {
    await db.begin(
      changingSession,
      async (transaction) => {
        await transaction.script('db.limitLocks', `set local lock_timeout = ${rehearsalLockMs}`)
        const before = await look(transaction)
        await applyPending(transaction, migrations, () => {})
        seen = { before, after: await look(transaction) }
        throw done
      },
      { prepare: false },
    )
  } catch (error) {
    if (error !== done || seen === null) throw error
  }
  return seen as unknown as { readonly before: T; readonly after: T }
}

const nameOf = ({ service, version }: Migration): string => `${service}/${version}`

const checksumOf = (text: string): string => createHash('sha256').update(text).digest('hex')

async function readHistory(transaction: Transaction): Promise<Map<string, string>> {
  const rows = await transaction.rows<{ service: string; version: string; checksum: string }>(
    sql`/* db.readMigrationHistory */ select service, version, checksum from basalt.migrations`,
  )
  return new Map(rows.map((row) => [`${row.service}/${row.version}`, row.checksum]))
}

/** What a newer release has made of its tables is not for this one to write to. */
function refuseNewer(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): void {
  const known = new Set(migrations.map(nameOf))
  const services = new Set(migrations.map(({ service }) => service))
  const newer = [...applied.keys()]
    .filter((name) => services.has(name.slice(0, name.indexOf('/'))) && !known.has(name))
    .sort()
  if (newer.length === 0) return
  throw new PlatformError({
    code: 'database_newer',
    status: 500,
    message: `A newer Basalt has brought this database up to date, with ${newer.slice(0, 5).join(', ')}${newer.length > 5 ? ` and ${newer.length - 5} more` : ''}, which this one does not know`,
    hint: 'Run that version or a later one. To go back to this one, restore a backup that was made before the upgrade.',
  })
}

function isPending(migration: Migration, applied: ReadonlyMap<string, string>): boolean {
  const checksum = applied.get(nameOf(migration))
  if (checksum === undefined) return true
  if (checksum === checksumOf(migration.sql)) return false
  throw new PlatformError({
    code: 'migration_changed',
    status: 500,
    message: `Migration ${nameOf(migration)} was changed after it had been applied to this database`,
    hint: 'Run the version of Basalt that applied it, or start from a new database.',
  })
}

async function apply(transaction: Transaction, migration: Migration): Promise<void> {
  await transaction.script(nameOf(migration), migration.sql)
  await transaction.rows(
    sql`/* db.recordMigration */ insert into basalt.migrations (service, version, checksum)
        values (${migration.service}, ${migration.version}, ${checksumOf(migration.sql)})`,
  )
}
