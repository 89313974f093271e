/** What runs behind the ports of a local project: its database and its platform. */
import { availableParallelism } from 'node:os'
import type { Config } from '#base/config'
import {
  applyWorkspace,
  createPlatform,
  prepareBackups,
  readSigningKeys,
  setRolePassword,
  silenceEventTriggers,
  silenceLoginTriggers,
} from '#host/platform'
import { discardAddress } from '#services/inbox'
import type { Jwk, Platform, WorkspaceParts } from '#host/platform'
import { localBackups } from './local-backups.ts'
import type { LocalBackups } from './local-backups.ts'
import type { LocalDatabase, LocalDatabaseOptions } from './local-database.ts'
import { openLocalDatabase } from './local-database.ts'
import { openObserver } from '#host/observe'
import type { RequestObserver } from '#host/observe'
import { openFunctions } from '#host/node/functions'
import { checkBlobs, openBlobs } from '#host/node/blobs'
import { certificateExpiry } from '#host/node/http'
import { StepSequence, StartError } from '#host/node/core'
import { remindOfPending } from './remind-of-pending.ts'
import { seedObjects } from './seed-objects.ts'

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
  /** Answers what is running, then stops everything. */
  close(): Promise<void>
}

/** Database, services' migrations, and on a new embedded database the project's own. Rejects with nothing left running. */
export async function openLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const signingKeys = await readKeys(options)
  await checkBlobs(options.config)
  const observer = await openObserver(options.config, options.log)
  const database = await openLocalDatabase(options)
  const backups = localBackups({ ...options, database })
  try {
    const { platform, failure } = await startPlatform(
      { ...options, observer },
      database,
      signingKeys,
      backups,
    )
    database.settle()
    await startBackups(backups, platform)
    return {
      workdir: options.workdir,
      platform,
      database,
      failure,
      close: async () => {
        await platform.close()
        await backups.stop()
        await observer?.close()
        await database.stop()
      },
    }
  } catch (error) {
    await database.stop()
    throw error
  }
}

async function startBackups(backups: LocalBackups, platform: Platform): Promise<void> {
  try {
    await backups.start()
  } catch (error) {
    await platform.close()
    throw error
  }
}

async function startPlatform(
  options: LocalStackOptions & { readonly observer: RequestObserver | null },
  database: LocalDatabase,
  signingKeys: readonly Jwk[],
  { gauges }: LocalBackups,
): Promise<{ readonly platform: Platform; readonly failure: Error | null }> {
  const { config, log, onProgress } = options
  const steps = new StepSequence(onProgress)
  let failure: Error | null = null
  const platform: Platform = createPlatform({
    config,
    signingKeys,
    databaseUrl: database.platformUrl,
    ...(database.isEmbedded ? { jobsUrl: database.userUrl } : {}),
    ...(database.isEmbedded ? { processors: availableParallelism() } : {}),
    log,
    gauges,
    observer: options.observer,
    certificates: certificateExpiry(config, options.workdir),
    blobs: openBlobs(options.workdir, config),
    functions: openFunctions({
      workdir: options.workdir,
      config,
      log,
      // a given one may be of somebody who may more than the project's owner
      databaseUrl: database.isEmbedded ? database.userUrl : config['basalt.functions.db_url'],
      platform: () => platform,
    }),
    mail: {
      inbox:
        typeof options.inboxPort === 'number'
          ? { host: '127.0.0.1', port: options.inboxPort, discardAddress }
          : null,
      workdir: options.workdir,
    },
    ...(options.operatorToken === undefined ? {} : { operatorToken: options.operatorToken }),
    onProgress: () => steps.begin('preparing the database'),
    prepare: async (db) => {
      if (database.isEmbedded) {
        await setRolePassword(db, 'postgres', config['basalt.db_password'])
        await silenceEventTriggers(db)
        await prepareBackups(db, config['basalt.backup.enabled'])
      } else await silenceLoginTriggers(db)
      try {
        await applyProject(options, database, steps)
      } catch (error) {
        if (options.keepsPart !== true || !(error instanceof Error)) throw error
        failure = error
      }
    },
  })
  await platform.start()
  const isSeeded = database.isNew ? config['db.seed.enabled'] : options.apply?.seed === true
  if (isSeeded && config['storage.enabled'])
    await seedObjects({
      platform,
      workdir: options.workdir,
      config,
      onProgress: (message) => steps.begin(message),
      onWarning: options.onWarning,
    })
  steps.end()
  if (!database.isNew) await remindOfPending(options, database)
  return { platform, failure }
}

/** @throws StartError */
async function readKeys({ workdir, config }: LocalStackOptions): Promise<readonly Jwk[]> {
  const path = config['auth.signing_keys_path']
  if (path === null) return []
  try {
    return await readSigningKeys(workdir, path)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StartError('config', `auth.signing_keys_path: ${why}`, error)
  }
}

const everything: WorkspaceParts = { migrations: true, seed: true }

async function applyProject(
  options: LocalStackOptions,
  database: LocalDatabase,
  steps: StepSequence,
): Promise<void> {
  const { workdir, config, onWarning, version } = options
  const parts = database.isNew ? everything : options.apply
  if (parts === undefined) return
  await applyWorkspace({
    databaseUrl: database.userUrl,
    workdir,
    config,
    parts,
    onProgress: (message) => steps.begin(message),
    onWarning,
    ...(version === undefined ? {} : { version }),
  })
}
