/** What runs behind the ports of a local project: its database and its platform. */
import type { Config } from '#base/config'
import { checkBlobs } from '#host/node/blobs'
import { StartError } from '#host/node/core'
import type { Jwk, Platform, WorkspaceParts } from '#host/platform'
import type { LocalDatabase, LocalDatabaseOptions } from './local-database.ts'
import { openLocalDatabase } from './local-database.ts'
import type { StatusEntry, StatusSource } from './status-entries.ts'

export interface LocalStackOptions extends LocalDatabaseOptions {
  readonly config: Config
  /** Lets its holder use `/admin/v1`. */
  readonly operatorToken?: string
  /** The SMTP port of the local inbox; null without one. */
  readonly inboxPort?: number | null
  /**
   * What of the project is applied to a database that was there before, as far as its history lacks it. Default: nothing.
   * A new embedded one gets everything.
   */
  readonly apply?: WorkspaceParts
  /** A new database that only part of the project could be applied to is kept and served: `LocalStack.failure`. */
  readonly keepsPart?: boolean
  /** Migrations up to this one only. */
  readonly version?: string
}

export interface LocalStack {
  /** Holds `supabase/`. */
  readonly workdir: string
  readonly platform: Platform
  readonly database: LocalDatabase
  /** Why not all of the project was applied (`SqlFileError`); null when it was. */
  readonly failure: Error | null
  /** What `basalt status` prints, of these pages too. */
  status(pages: Pick<StatusSource, 'inboxUrl' | 'studio'>): StatusEntry[]
  /** Answers what is running, then stops everything. */
  close(): Promise<void>
}

/**
 * Database, services' migrations, and on a new embedded database the project's own. Rejects with nothing left running.
 * What runs on the database is 1 MB of code, loaded while Postgres starts.
 */
export async function openLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const signingKeys = await readKeys(options)
  await checkBlobs(options.config)
  const [database, { runStack }] = await Promise.all([
    openLocalDatabase(options),
    import('./run-stack.ts'),
  ])
  try {
    return await runStack(options, database, signingKeys)
  } catch (error) {
    await database.stop()
    throw error
  }
}

/** @throws StartError */
async function readKeys({ workdir, config }: LocalStackOptions): Promise<readonly Jwk[]> {
  const path = config['auth.signing_keys_path']
  if (path === null) return []
  const { readSigningKeys } = await import('#host/platform')
  try {
    return await readSigningKeys(workdir, path)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StartError('config', `auth.signing_keys_path: ${why}`, error)
  }
}
