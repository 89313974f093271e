/** The history the Supabase CLI keeps: `supabase_migrations.schema_migrations` and `seed_files`, in its exact shape. */
import type { Database, RunOptions } from '#base/db'
import { DatabaseError, decodeRows } from '#base/db'
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'

/**
 * Before what is one transaction: Postgres knows a pipeline for one from the second message on, and this takes no snapshot.
 * Migrations run as the connection's user, with its own settings: what a migration SETs lasts until the next file. So the
 * database given to this module must be a connection of its own, never the pool of the API.
 */
export const opening: Statement = {
  name: 'workspace.open',
  text: 'show server_version',
  values: [],
}

/** What is set outlives a transaction here: nobody else uses the connection. */
export const ofItsOwn: RunOptions = { prepare: false, leaves: 'nothing' }

export const resetAll: Statement = { name: 'workspace.reset', text: 'reset all', values: [] }

/** Creates the table of migrations, or completes one made by an old CLI. */
export async function createMigrationHistory(db: Database): Promise<void> {
  await run(db, [
    sql`/* workspace.limitLockWait */ set local lock_timeout = '4s'`,
    sql`/* workspace.createSchema */ create schema if not exists supabase_migrations`,
    sql`/* workspace.createHistory */ create table if not exists supabase_migrations.schema_migrations (version text not null primary key)`,
    sql`/* workspace.addStatements */ alter table supabase_migrations.schema_migrations add column if not exists statements text[]`,
    sql`/* workspace.addName */ alter table supabase_migrations.schema_migrations add column if not exists name text`,
  ])
}

export async function createSeedHistory(db: Database): Promise<void> {
  await run(db, [
    sql`/* workspace.limitLockWait */ set local lock_timeout = '4s'`,
    sql`/* workspace.createSchema */ create schema if not exists supabase_migrations`,
    sql`/* workspace.createSeedHistory */ create table if not exists supabase_migrations.seed_files (path text not null primary key, hash text not null)`,
  ])
}

/** Versions applied to this database, in order; none where there is no history. */
export async function appliedVersions(db: Database): Promise<string[]> {
  const rows = await readOrNone<{ version: string }>(
    db,
    sql`/* workspace.listApplied */ select version from supabase_migrations.schema_migrations order by version`,
  )
  return rows.map(({ version }) => version)
}

/** Hashes of the seed files that were run, by path. */
export async function appliedSeeds(db: Database): Promise<Map<string, string>> {
  const rows = await readOrNone<{ path: string; hash: string }>(
    db,
    sql`/* workspace.listSeeds */ select path, hash from supabase_migrations.seed_files`,
  )
  return new Map(rows.map(({ path, hash }) => [path, hash]))
}

export function recordMigration(
  version: string,
  name: string,
  statements: readonly string[],
): Statement {
  return sql`/* workspace.recordMigration */ insert into supabase_migrations.schema_migrations (version, name, statements)
    values (${version}, ${name}, ${arrayLiteral(statements)}::text[])`
}

export function recordSeed(path: string, hash: string): Statement {
  return sql`/* workspace.recordSeed */ insert into supabase_migrations.seed_files (path, hash)
    values (${path}, ${hash}) on conflict (path) do update set hash = excluded.hash`
}

async function run(db: Database, statements: readonly Statement[]): Promise<void> {
  await db.executeAll([opening, ...statements], ofItsOwn)
}

async function readOrNone<T>(db: Database, statement: Statement): Promise<T[]> {
  try {
    return decodeRows<T>(await db.execute(statement, ofItsOwn))
  } catch (error) {
    // 42P01 undefined_table, 3F000 invalid_schema_name: nothing was ever applied
    if (error instanceof DatabaseError && ['42P01', '3F000'].includes(error.code)) return []
    throw error
  }
}
