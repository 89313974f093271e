/** The supabase/ folder on a project's database: what `basalt start`, `db reset` and `migration` do with it. */
import { join } from 'node:path'
import type { Config } from '#base/config'
import { changingSession, openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { sql } from '#base/sql'
import {
  appliedSeeds,
  appliedVersions,
  applyBuckets,
  applyMigrations,
  applyRoles,
  applySeeds,
  applyVault,
  applyWebhooks,
  checkReadable,
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
  await alone(options, async (db) => {
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
      if (config['db.migrations.enabled'])
        await applyMigrations(db, readablePending(wanted, applied), apply)
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
  return alone(options, async (db) => {
    const applied = await appliedVersions(db)
    const pending = readablePending(localMigrations(options), applied, options.includeAll)
    await applyMigrations(db, pending, applyOptions(options))
    return pending.map(({ file }) => file)
  })
}

/** Nothing is applied before each of them can be. @throws where one cannot be read, or the histories do not fit */
function readablePending(...given: Parameters<typeof pendingMigrations>): LocalMigration[] {
  const pending = pendingMigrations(...given)
  checkReadable(pending)
  return pending
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
  const { files } = await withDatabase(options, (db) => findPending(db, options))
  if (Object.values(files).every((names) => names.length === 0)) return null
  if (!(await options.confirm(files))) return files
  return alone(options, async (db) => {
    // others may have applied some of them meanwhile
    const { migrations, seeds, files: left } = await findPending(db, options)
    if (left.roles.length > 0) await applyRoles(db, workdir, apply)
    await applyVault(db, config['db.vault'], apply)
    await applyMigrations(db, migrations, apply)
    await applySeeds(db, seeds, apply)
    return files
  })
}

async function findPending(db: Database, options: PushOptions) {
  const { config, workdir } = options
  const local = config['db.migrations.enabled'] ? localMigrations(options) : []
  const migrations = readablePending(local, await appliedVersions(db), options.includeAll)
  const seeded = options.includeSeed ? await appliedSeeds(db) : new Map<string, string>()
  const seeds = options.includeSeed
    ? localSeeds(options).filter(({ path, hash }) => seeded.get(path) !== hash)
    : []
  const files: PushedFiles = {
    roles: options.includeRoles ? listRoles(workdir) : [],
    migrations: migrations.map(({ file }) => file),
    seeds: seeds.map(({ path }) => path),
  }
  return { migrations, seeds, files }
}

const applyLock = 8_121_977

/**
 * With a database that nobody else applies files to meanwhile: what a file commits itself is applied before it is noted. The lock
 * is a transaction's, on a connection of its own, so that a pooler in transaction mode keeps it, and it ends with the process.
 */
async function alone<T>(options: WorkspaceOptions, work: (db: Database) => Promise<T>): Promise<T> {
  return withDatabase(options, (db) =>
    db.begin(
      changingSession,
      async (transaction) => {
        await transaction.script(
          'workspace.keepLock',
          'set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 0',
        )
        const [lock] = await transaction.rows<{ taken: boolean }>(
          sql`/* workspace.tryLock */ select pg_try_advisory_xact_lock(${applyLock}) as taken`,
        )
        if (lock?.taken !== true) {
          options.onProgress?.('Waiting for another command that applies files to this database...')
          await transaction.rows(
            sql`/* workspace.lock */ select pg_advisory_xact_lock(${applyLock})::text`,
          )
        }
        return withDatabase(options, work)
      },
      { prepare: false },
    ),
  )
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
