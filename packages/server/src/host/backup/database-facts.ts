/** What a backup writes down of a database, so that what is restored can be compared. */
import type { ConnectionOptions, DedicatedSession } from '#base/db'
import { DatabaseError, exportSnapshot, openSession } from '#base/db'
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
    const migrations = await readVersions(session)
    if (snapshot === null) return { at: null, rows: {}, migrations }
    return { migrations, ...(await tryCount(session, snapshot.lsn)) }
  } finally {
    session.close()
    snapshot?.close()
  }
}

/** A table that is dropped between two statements fails one: then nothing is compared. */
async function tryCount(
  session: DedicatedSession,
  at: bigint,
): Promise<Pick<DatabaseFacts, 'at' | 'rows'>> {
  try {
    return { at, rows: await countRows(session) }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return { at: null, rows: {} }
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

interface Table {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly file: string
}

/**
 * Of all tables of the database but Postgres's own, those that are gone after a crash, and those that this login sees only
 * part of. One that was dropped or emptied meanwhile is left out: a snapshot does not see what was in it.
 */
export async function countRows(session: DedicatedSession): Promise<Record<string, number>> {
  const tables = await session.rows<Table>(
    sql`/* backup.listTables */ select c.oid::text as oid, n.nspname as schema, c.relname as name, c.relfilenode::text as file
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence = 'p'
        and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%'
        and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')
        and not pg_catalog.row_security_active(c.oid)
      order by 2, 3`,
  )
  const counts: Record<string, number> = {}
  for (const table of tables) {
    const statement: Statement = {
      name: 'backup.countRows',
      text: `/* backup.countRows */ select count(*)::int8 as n from ${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`,
      values: [],
    }
    const [row] = await session.rows<{ n: number | string }>(statement)
    if (await isSame(session, table)) counts[`${table.schema}.${table.name}`] = Number(row?.n ?? 0)
  }
  return counts
}

/** It is asked for what is now, not for what the snapshot sees. */
async function isSame(session: DedicatedSession, { oid, file }: Table): Promise<boolean> {
  const [row] = await session.rows<{ file: string | null }>(
    sql`/* backup.readFile */ select pg_catalog.pg_relation_filenode(${oid}::oid)::text as file`,
  )
  return row?.file === file
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
