/** The supabase/ folder on a project's database: what `basalt start`, `db reset` and `migration` do with it. */
import { join } from 'node:path'
import type { Config } from '#base/config'
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import {
  appliedVersions,
  applyMigrations,
  applyRoles,
  applySeeds,
  listMigrations,
  listSeeds,
  pendingMigrations,
} from '#host/workspace'
import type { LocalMigration } from '#host/workspace'

export interface WorkspaceOptions {
  /** Of the user migrations run as: what they create belongs to it. */
  readonly databaseUrl: string
  /** Holds `supabase/`. */
  readonly workdir: string
  /** Called before each file, in the words of the Supabase CLI. */
  readonly onProgress?: (message: string) => void
  /** Files that are left out, patterns without files. */
  readonly onWarning?: (message: string) => void
}

/** Roles, migrations and seeds of a project on a new database. `version` stops after that migration. */
export async function applyWorkspace(
  options: WorkspaceOptions & { readonly config: Config; readonly version?: string },
): Promise<void> {
  const { config, workdir, version } = options
  await withDatabase(options.databaseUrl, async (db) => {
    await applyRoles(db, workdir, options)
    if (config['db.migrations.enabled']) {
      const wanted = localMigrations(options).filter(
        (migration) => version === undefined || migration.version <= version,
      )
      await applyMigrations(db, wanted, options)
    }
    if (config['db.seed.enabled']) {
      const seeds = listSeeds(workdir, config['db.seed.sql_paths'], (pattern) => {
        // the default; most projects have none
        if (pattern !== './seed.sql') options.onWarning?.(`no files matched pattern: ${pattern}`)
      })
      await applySeeds(db, seeds, options)
    }
  })
}

export interface MigrationState {
  /** In order of version; null where only the other side has it. */
  readonly local: string | null
  readonly remote: string | null
}

/** The local and the applied migrations, side by side. */
export async function migrationStates(options: WorkspaceOptions): Promise<MigrationState[]> {
  const applied = await withDatabase(options.databaseUrl, appliedVersions)
  const local = localMigrations(options).map(({ version }) => version)
  return [...new Set([...local, ...applied])].toSorted().map((version) => ({
    local: local.includes(version) ? version : null,
    remote: applied.includes(version) ? version : null,
  }))
}

/** Applies the local migrations the database lacks; returns their file names. Throws where the histories do not fit. */
export async function applyPending(
  options: WorkspaceOptions & { readonly includeAll?: boolean },
): Promise<string[]> {
  return withDatabase(options.databaseUrl, async (db) => {
    const applied = await appliedVersions(db)
    const pending = pendingMigrations(localMigrations(options), applied, options.includeAll)
    await applyMigrations(db, pending, options)
    return pending.map(({ file }) => file)
  })
}

function localMigrations(options: WorkspaceOptions): LocalMigration[] {
  return listMigrations(join(options.workdir, 'supabase', 'migrations'), options.onWarning)
}

/** A connection of its own: migrations change its settings. */
async function withDatabase<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}
