/** A project's platform on its database: what `local-stack.ts` loads while Postgres starts. */
import { availableParallelism } from 'node:os'
import {
  applyWorkspace,
  createPlatform,
  prepareBackups,
  setRolePassword,
  silenceEventTriggers,
  silenceLoginTriggers,
} from '#host/platform'
import { discardAddress } from '#services/inbox'
import type { Jwk, Platform, WorkspaceParts } from '#host/platform'
import { localBackups } from './local-backups.ts'
import type { LocalBackups } from './local-backups.ts'
import type { LocalDatabase } from './local-database.ts'
import type { LocalStack, LocalStackOptions } from './local-stack.ts'
import { openObserver } from '#host/observe'
import type { RequestObserver } from '#host/observe'
import { openFunctions } from '#host/node/functions'
import { openBlobs } from '#host/node/blobs'
import { certificateExpiry } from '#host/node/http'
import { StepSequence } from '#host/node/core'
import { remindOfPending } from './remind-of-pending.ts'
import { seedObjects } from './seed-objects.ts'
import { statusEntries } from './status-entries.ts'

/** Rejects with the database still running. */
export async function runStack(
  options: LocalStackOptions,
  database: LocalDatabase,
  signingKeys: readonly Jwk[],
): Promise<LocalStack> {
  const { workdir, config } = options
  const observer = await openObserver(config, options.log)
  const backups = localBackups({ ...options, database })
  const { platform, failure } = await startPlatform(
    { ...options, observer },
    database,
    signingKeys,
    backups,
  )
  database.settle()
  await startBackups(backups, platform)
  return {
    workdir,
    platform,
    database,
    failure,
    status: (pages) =>
      statusEntries({
        config,
        url: platform.externalUrl,
        dbUrl: database.userUrl,
        keys: platform.keys,
        ...pages,
      }),
    close: async () => {
      await platform.close()
      await backups.stop()
      await observer?.close()
      await database.stop()
    },
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
  const inboxPort = options.inboxPort ?? null
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
      inbox: inboxPort === null ? null : { host: '127.0.0.1', port: inboxPort, discardAddress },
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
