/** The services of a project, opened on its databases, and what follows the changes of its configuration. */
import { ApiKeys, apiKeyRoutes } from '#services/api-keys'
import { createMailQueue } from '#services/auth'
import type { MailQueue } from '#services/auth'
import type { CacheCounts } from '#services/data-api'
import type { Bus } from '#base/bus'
import { createMessagesPublication, publishTables } from '#host/control'
import { openProject } from '#host/gateway'
import { parseStatements } from '#host/workspace'
import type { ProjectRuntime } from '#host/gateway'
import type { RealtimeStats } from '#services/realtime'
import type { Project } from '#base/service'
import { countBytes, createMemoryStore } from '#base/blob'
import type { BlobCounts } from '#base/blob'
import { createSealer } from '#base/token'
import type { ProjectKeys } from '#base/token'
import type { Databases } from './open-databases.ts'
import { openDeployed } from './open-deployed.ts'
import type { ProjectOptions, ProjectSettings } from './project-options.ts'
import { definitionsOf, followDatabaseSettings, reopenChanged } from './project-services.ts'
import { openStoredSettings } from './stored-settings.ts'

export interface ProjectServices {
  readonly runtime: ProjectRuntime
  readonly mailQueue: MailQueue
  readonly apiKeys: ApiKeys
  keys(): ProjectKeys
  close(): Promise<void>
}

/** Besides: how it is told of, and where it counts. */
interface Shared {
  readonly bus: Bus
  readonly stored: BlobCounts
  readonly cached: CacheCounts
}

export async function openProjectServices(
  options: ProjectOptions & Shared,
  databases: Databases,
  realtimeStats: RealtimeStats,
): Promise<ProjectServices> {
  const { db, apiDb } = databases
  const { config, ref, log, clock, random, externalUrl } = options
  const seal = createSealer(
    config['basalt.encryption_key'] ?? config['auth.jwt_secret'],
    config['basalt.previous_encryption_key'],
  )
  const settings = options.settings ?? (await openStoredSettings(options, databases, seal))
  const { configuration, signing } = settings
  const mailQueue = createMailQueue()
  const project: Project = {
    ref,
    // these change while we run: read where they are used
    get config() {
      return configuration.current()
    },
    get keys() {
      return signing.current()
    },
    get verifier() {
      return apiKeys.beside(signing.verifier())
    },
    db: apiDb,
    apiDb,
    readRouting: databases.replicas,
    log,
    clock,
    random,
    externalUrl,
  }
  const apiKeys = new ApiKeys({ project, db, bus: options.bus })
  const given = options.blobs ?? createMemoryStore()
  const blobs = options.observer?.blobs(given) ?? given
  const deployed = await openDeployed({ ...options, blobs }, project, databases, seal)
  const realtime = {
    connectReplication: databases.connectReplication,
    createMessagesPublication: () => createMessagesPublication(db),
    parseStatements,
    stats: realtimeStats,
    bus: options.bus,
  }
  const runtime = await openProject(
    project,
    definitionsOf(
      { ...options, blobs: countBytes(blobs, options.stored) },
      configuration,
      mailQueue,
      realtime,
      {
        deployed,
        cache: {
          connect: databases.connectReplication,
          publish: (publication, tables) => publishTables(db, publication, tables),
          counts: options.cached,
        },
        routes: [...(deployed?.routes ?? []), ...apiKeyRoutes({ db, apiDb, configuration })],
      },
    ),
    databases.of,
    apiKeys,
  )
  followChanges(settings, runtime, apiKeys)
  const stopListening = await followDatabaseSettings(runtime)
  await apiKeys.use(configuration.current())
  const close = async (): Promise<void> => {
    configuration.close()
    stopListening()
    await runtime.close()
    await apiKeys.close()
    await deployed?.close()
    // also where Storage, which closes it too, is turned off
    await blobs.close()
  }
  return { runtime, mailQueue, apiKeys, keys: () => signing.current(), close }
}

function followChanges(
  { configuration, signing }: ProjectSettings,
  runtime: ProjectRuntime,
  apiKeys: ApiKeys,
): void {
  configuration.onChange(async (before, after) => {
    await signing.use(after)
    // API keys of a key that is gone are none any more
    runtime.admittedKeys.clear()
    await apiKeys.use(after)
    await reopenChanged(runtime, before, after)
  })
}
