/** The supabase/ folder on a project's database: what `basalt start`, `db reset` and `migration` do with it. */
import { join } from 'node:path'
import type { Config } from '#base/config'
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import {
  appliedSeeds,
  appliedVersions,
  applyBuckets,
  applyMigrations,
  applyRoles,
  applySeeds,
  applyVault,
  applyWebhooks,
  listMigrations,
  listRoles,
  listSeeds,
  pendingMigrations,
} from '#host/workspace'
import type { ApplyOptions, LocalMigration, SeedFile } from '#host/workspace'

export interface WorkspaceOptions {
  /** Of the user migrations run as: what they create belongs to it. */
  readonly databaseUrl: string
  /** Holds `supabase/`. */
  readonly workdir: string
  /** Called before each file, in the words of the Supabase CLI. */
  readonly onProgress?: (message: string) => void
  /** Files that are left out, patterns without files, statements that are run otherwise, extensions that are there by name. */
  readonly onWarning?: (message: string) => void
}

/** What of the supabase/ folder is applied. */
export interface WorkspaceParts {
  /** Also the secrets of `[db.vault]`, and roles.sql where no migration was applied before. */
  readonly migrations: boolean
  /** Also the buckets of `[storage.buckets]`. */
  readonly seed: boolean
}

interface ProjectOptions extends WorkspaceOptions {
  readonly config: Config
}

/**
 * Roles, migrations and seeds of a project, as far as the database's history lacks them. `version` stops after that migration.
 * Throws where the histories do not fit.
 */
export async function applyWorkspace(
  options: ProjectOptions & { readonly version?: string; readonly parts: WorkspaceParts },
): Promise<void> {
  const { config, workdir, version, parts } = options
  const apply = applyOptions(options)
  await withDatabase(options, async (db) => {
    if (parts.migrations) {
      const applied = await appliedVersions(db)
      await applyVault(db, config['db.vault'], apply)
      if (applied.length === 0) {
        await applyRoles(db, workdir, apply)
        if (config['experimental.webhooks.enabled']) await applyWebhooks(db)
      }
      const wanted = localMigrations(options).filter(
        (migration) => version === undefined || migration.version <= version,
      )
      if (config['db.migrations.enabled']) {
        await applyMigrations(db, pendingMigrations(wanted, applied), apply)
      }
    }
    if (!parts.seed) return
    await applySeeds(db, localSeeds(options), apply)
    if (config['storage.enabled']) await applyBuckets(db, config['storage.buckets'], apply)
  })
}

/** What `applyWorkspace` would apply: files of migrations, paths of seeds. */
export interface PendingFiles {
  readonly migrations: readonly string[]
  readonly seeds: readonly string[]
}

export async function pendingFiles(options: ProjectOptions): Promise<PendingFiles> {
  return withDatabase(options, async (db) => {
    const applied = new Set(await appliedVersions(db))
    const seeded = await appliedSeeds(db)
    const local = options.config['db.migrations.enabled'] ? localMigrations(options) : []
    return {
      migrations: local.flatMap(({ version, file }) => (applied.has(version) ? [] : [file])),
      seeds: localSeeds(options).flatMap(({ path }) => (seeded.has(path) ? [] : [path])),
    }
  })
}

function localSeeds({ config, workdir, onWarning }: ProjectOptions): SeedFile[] {
  if (!config['db.seed.enabled']) return []
  return listSeeds(workdir, config['db.seed.sql_paths'], (pattern) => {
    // the default; most projects have none
    if (pattern !== './seed.sql') onWarning?.(`no files matched pattern: ${pattern}`)
  })
}

export interface MigrationState {
  /** In order of version; null where only the other side has it. */
  readonly local: string | null
  readonly remote: string | null
}

/** The local and the applied migrations, side by side. */
export async function migrationStates(options: WorkspaceOptions): Promise<MigrationState[]> {
  const applied = await withDatabase(options, appliedVersions)
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
  return withDatabase(options, async (db) => {
    const applied = await appliedVersions(db)
    const pending = pendingMigrations(localMigrations(options), applied, options.includeAll)
    await applyMigrations(db, pending, applyOptions(options))
    return pending.map(({ file }) => file)
  })
}

/** What a push applies, in this order. */
export interface PushedFiles extends PendingFiles {
  readonly roles: readonly string[]
}

export interface PushOptions extends ProjectOptions {
  /** Also migrations that are older than the newest applied. */
  readonly includeAll: boolean
  readonly includeRoles: boolean
  readonly includeSeed: boolean
  /** Asked before anything is changed. */
  readonly confirm: (pending: PushedFiles) => Promise<boolean>
}

/** Applies what the database lacks, and the secrets of `[db.vault]`; null where there is nothing. Throws where the histories do not fit. */
export async function pushWorkspace(options: PushOptions): Promise<PushedFiles | null> {
  const { config, workdir } = options
  const apply = applyOptions(options)
  return withDatabase(options, async (db) => {
    const local = config['db.migrations.enabled'] ? localMigrations(options) : []
    const migrations = pendingMigrations(local, await appliedVersions(db), options.includeAll)
    const seeded = options.includeSeed ? await appliedSeeds(db) : new Map<string, string>()
    const seeds = options.includeSeed
      ? localSeeds(options).filter(({ path, hash }) => seeded.get(path) !== hash)
      : []
    const roles = options.includeRoles ? listRoles(workdir) : []
    const pending = {
      roles,
      migrations: migrations.map(({ file }) => file),
      seeds: seeds.map(({ path }) => path),
    }
    if (Object.values(pending).every((files) => files.length === 0)) return null
    if (!(await options.confirm(pending))) return pending
    if (roles.length > 0) await applyRoles(db, workdir, apply)
    await applyVault(db, config['db.vault'], apply)
    await applyMigrations(db, migrations, apply)
    await applySeeds(db, seeds, apply)
    return pending
  })
}

function localMigrations(options: WorkspaceOptions): LocalMigration[] {
  return listMigrations(join(options.workdir, 'supabase', 'migrations'), options.onWarning)
}

function applyOptions({ onProgress, onWarning }: WorkspaceOptions): ApplyOptions {
  return {
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(onWarning === undefined ? {} : { onNotice: onWarning }),
  }
}

/** A connection of its own: migrations change its settings. */
async function withDatabase<T>(
  { databaseUrl, onWarning }: Pick<WorkspaceOptions, 'databaseUrl' | 'onWarning'>,
  work: (db: Database) => Promise<T>,
): Promise<T> {
  const db = openDatabase({
    connection: parseConnectionUrl(databaseUrl),
    maxConnections: 1,
    onNotice: (_severity, message) => {
      // what our extensions say when they are made; of Postgres's own ("already exists, skipping") there is no end
      if (/^\w+: by name only/.test(message)) onWarning?.(message)
    },
  })
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}
