/** The one project of a platform, opened: its configuration, its keys, its services. */
import { createMailQueue } from '#services/auth'
import type { MailQueue } from '#services/auth'
import type { Bus } from '#base/bus'
import type { Config } from '#base/config'
import type { ConfigProblem } from '#base/config'
import {
  createMessagesPublication,
  openKeyStore,
  openProjectConfig,
  renewSealed,
} from '#host/control'
import type { ProjectConfig } from '#host/control'
import { openProject } from '#host/gateway'
import { parseStatements } from '#host/workspace'
import type { ProjectRuntime } from '#host/gateway'
import type { RealtimeStats } from '#services/realtime'
import type { Clock, Log, Random } from '#base/kernel'
import type { Project } from '#base/service'
import { createMemoryStore } from '#base/blob'
import { createSealer } from '#base/token'
import type { ProjectKeys } from '#base/token'
import type { Databases } from './open-databases.ts'
import { openDeployed } from './open-deployed.ts'
import type { PlatformOptions } from './platform-options.ts'
import { definitionsOf, followDatabaseSettings, reopenChanged } from './project-services.ts'
import { readSigningKeys } from './read-signing-keys.ts'
import { initialKeys, openSigningKeys } from './signing-keys.ts'
import type { SigningKeys, SigningKeysOptions } from './signing-keys.ts'

export interface OpenProject {
  readonly runtime: ProjectRuntime
  readonly mailQueue: MailQueue
  keys(): ProjectKeys
  close(): Promise<void>
}

type Options = PlatformOptions & {
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  /** Of this project alone. */
  readonly bus: Bus
}

const ref = 'default'

export async function openDefaultProject(
  options: Options,
  externalUrl: string,
  databases: Databases,
  realtimeStats: RealtimeStats,
): Promise<OpenProject> {
  const { db, apiDb } = databases
  const { config, log, clock, random } = options
  const seal = createSealer(
    config['basalt.encryption_key'] ?? config['auth.jwt_secret'],
    config['basalt.previous_encryption_key'],
  )
  if (seal.hasPrevious) await renewSealed(db, ref, seal)
  const check = (next: Config): Promise<readonly ConfigProblem[]> => checkSigningKeys(options, next)
  const base = { db, listenOn: apiDb, ref, base: config, log, seal, check }
  const configuration = await openProjectConfig(base)
  const given = keyOptions(options, externalUrl)
  const store = openKeyStore({ db, ref, seal })
  const signing = await openSigningKeys(given, store, configuration.current())
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
      return signing.verifier()
    },
    db: apiDb,
    apiDb,
    log,
    clock,
    random,
    externalUrl,
  }
  const blobs = options.blobs ?? createMemoryStore()
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
    definitionsOf({ ...options, blobs }, configuration, mailQueue, realtime, deployed),
    databases.of,
  )
  followChanges(configuration, signing, runtime)
  const stopListening = await followDatabaseSettings(runtime)
  const close = async (): Promise<void> => {
    configuration.close()
    stopListening()
    await runtime.close()
    await deployed?.close()
    // also where Storage, which closes it too, is turned off
    await blobs.close()
  }
  return { runtime, mailQueue, keys: () => signing.current(), close }
}

function followChanges(
  configuration: ProjectConfig,
  signing: SigningKeys,
  runtime: ProjectRuntime,
): void {
  configuration.onChange(async (before, after) => {
    await signing.use(after)
    // API keys of a key that is gone are none any more
    runtime.admittedKeys.clear()
    await reopenChanged(runtime, before, after)
  })
}

/** What clients are told before the database is there. */
export function keysAtStart(options: PlatformOptions, externalUrl: string): ProjectKeys {
  return initialKeys({ config: options.config, externalUrl, given: options.signingKeys ?? [] })
}

function keyOptions(options: Options, externalUrl: string): SigningKeysOptions {
  const { config, clock, log, signingKeys = [] } = options
  const read = (path: string) => readSigningKeys(options.mail?.workdir ?? '.', path)
  return { config, externalUrl, given: signingKeys, read, clock, log }
}

async function checkSigningKeys(
  { mail }: Options,
  config: Config,
): Promise<readonly ConfigProblem[]> {
  const key = 'auth.signing_keys_path'
  const path = config[key]
  if (path === null) return []
  try {
    await readSigningKeys(mail?.workdir ?? '.', path)
    return []
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [{ source: 'configuration', key, message }]
  }
}
