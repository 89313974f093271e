/** What a backup writes down of a database, so that what is restored can be compared. */
import type { ConnectionOptions, DedicatedSession } from '#base/db'
import { exportSnapshot, openSession } from '#base/db'
import { quoteIdentifier, quoteLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'

/** A restored Postgres refuses to read the log of one with larger values. */
const compared = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
]

export interface DatabaseFacts {
  /** Null: it could not be looked at as it was at one place of the log. */
  readonly at: bigint | null
  readonly rows: Readonly<Record<string, number>>
  readonly migrations: readonly string[]
}

export async function readSettings(
  session: DedicatedSession,
): Promise<{ readonly settings: Record<string, string>; readonly version: string }> {
  const rows = await session.rows<{ name: string; setting: string }>(
    sql`/* backup.readSettings */ select name, setting from pg_catalog.pg_settings
      where name in ('server_version', 'max_connections', 'max_worker_processes', 'max_wal_senders', 'max_prepared_transactions', 'max_locks_per_transaction')`,
  )
  const all = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
  const settings = Object.fromEntries(compared.map((name) => [name, all[name] ?? '0']))
  return { settings, version: (all['server_version'] ?? '').split(' ')[0] ?? '' }
}

/** What it waits for writers at most. */
const snapshotTimeoutMs = 30_000

/** Of one place of the log behind now, where Postgres can say which; writers are not held up. */
export async function readFacts(
  connection: ConnectionOptions,
  slot: string,
): Promise<DatabaseFacts> {
  const snapshot = await exportSnapshot(connection, slot, snapshotTimeoutMs).catch(() => null)
  const session = await openSession(connection)
  try {
    const sets = 'set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;'
    await restrict(session)
    await session.script('backup.begin', `${sets} begin isolation level repeatable read read only`)
    if (snapshot !== null)
      await session.script(
        'backup.snapshot',
        `set transaction snapshot ${quoteLiteral(snapshot.name)}`,
      )
    const rows = await countRows(session)
    const migrations = await readVersions(session)
    return { at: snapshot?.lsn ?? null, rows, migrations }
  } finally {
    session.close()
    snapshot?.close()
  }
}

/**
 * A view that takes the place of a table while tables are counted would run with our rights: Postgres refuses to read one
 * (CVE-2024-7348).
 */
async function restrict(session: DedicatedSession): Promise<void> {
  await session.rows(
    sql`/* backup.restrict */ select pg_catalog.set_config(name, 'view, foreign-table', false)
      from pg_catalog.pg_settings where name = 'restrict_nonsystem_relation_kind'`,
  )
}

/** Of all tables of the database but Postgres's own, and those that are gone after a crash. */
export async function countRows(session: DedicatedSession): Promise<Record<string, number>> {
  const tables = await session.rows<{ schema: string; name: string }>(
    sql`/* backup.listTables */ select n.nspname as schema, c.relname as name
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence = 'p'
        and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%'
        and pg_catalog.has_table_privilege(c.oid, 'select')
      order by 1, 2`,
  )
  const counts: Record<string, number> = {}
  for (const { schema, name } of tables) {
    const statement: Statement = {
      name: 'backup.countRows',
      text: `/* backup.countRows */ select count(*)::int8 as n from ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
      values: [],
    }
    const [row] = await session.rows<{ n: number | string }>(statement)
    counts[`${schema}.${name}`] = Number(row?.n ?? 0)
  }
  return counts
}

async function readVersions(session: DedicatedSession): Promise<readonly string[]> {
  const [found] = await session.rows<{ there: boolean }>(
    sql`/* backup.findHistory */ select exists (select from pg_catalog.pg_class
      where oid = pg_catalog.to_regclass('supabase_migrations.schema_migrations') and relkind = 'r'
        and pg_catalog.has_table_privilege(oid, 'select')) as there`,
  )
  if (found?.there !== true) return []
  const rows = await session.rows<{ version: string }>(
    sql`/* backup.listMigrations */ select version from supabase_migrations.schema_migrations order by version`,
  )
  return rows.map(({ version }) => version)
}
