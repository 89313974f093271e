/** A project of a fleet, opened from its record. */
import type { ProjectRecord } from '#host/control-plane'
import type { Metrics } from '#host/gateway'
import { busOfProject, openProjectStack } from '#host/platform'
import { mapSecrets } from '#base/config'
import type { Config } from '#base/config'
import { parseConnectionUrl } from '#base/db'
import { isReference, secretsOfProject } from '#base/secret'
import type { FleetOptions, ProjectApi } from './fleet-options.ts'
import type { OpenedProject } from './opened-project.ts'
import { configOf, createRecordConfig, needsReopening } from './record-config.ts'
import { createRecordKeys } from './record-keys.ts'

export interface FleetParts {
  readonly metrics: Metrics
  /** The project as its functions call it. */
  readonly apiOf: (ref: string, externalUrl: string) => ProjectApi
}

/** Rejects with why it cannot be opened; nothing is left open. */
export async function openFleetProject(
  options: FleetOptions,
  { metrics, apiOf }: FleetParts,
  given: ProjectRecord,
  refresh: () => Promise<void>,
): Promise<OpenedProject> {
  const { clock, random, directory, resolveSecret } = options
  const { ref } = given
  const externalUrl = options.externalUrl(ref)
  const log = options.log
  const level = options.config['basalt.secrets.project_level']
  const ownSecrets = secretsOfProject(ref, level, resolveSecret)
  const resolve = (record: ProjectRecord): Promise<Config> =>
    mapSecrets(configOf(options.config, record, externalUrl, log), ownSecrets)
  const config = await resolve(given)
  let record = given
  let databaseUrl = await resolveSecret(given.databaseUrl)
  const configuration = createRecordConfig({ ref, start: config, directory, refresh })
  let forgetKeys = (): void => {}
  const signing = createRecordKeys(given.keys, clock, () => forgetKeys())
  const functions = options.functionsOf(ref, config, () => apiOf(ref, externalUrl))
  const stack = await openProjectStack({
    ref,
    config,
    databaseUrl,
    externalUrl,
    log,
    clock,
    random,
    metrics,
    observer: options.observer ?? null,
    blobs: options.blobsOf(ref, config),
    privateNetworks: options.config['basalt.fleet.private_networks'],
    ...(functions === null ? {} : { functions }),
    settings: { configuration, signing },
    // by what never changes and is nobody's to know
    busOf: (db) => busOfProject(options.bus, ref, given.keys.encryptionKey, db),
  })
  forgetKeys = () => stack.runtime.admittedKeys.clear()
  return {
    stack,
    hasReferences: () => refersElsewhere(record),
    staysWith: async (latest) =>
      isSameDatabase(databaseUrl, await resolveSecret(latest.databaseUrl)),
    take: async (latest) => {
      // whatever becomes of the rest: who rotates keys may be in a hurry
      signing.take(latest.keys)
      const [next, nextUrl] = await Promise.all([
        resolve(latest),
        resolveSecret(latest.databaseUrl),
      ])
      if (nextUrl !== databaseUrl || needsReopening(configuration.current(), next)) return false
      databaseUrl = nextUrl
      record = latest
      await configuration.take(next)
      return true
    },
  }
}

/** Whoever connects there. */
function isSameDatabase(one: string, other: string): boolean {
  const [of, by] = [parseConnectionUrl(one), parseConnectionUrl(other)]
  return of.host === by.host && of.port === by.port && of.database === by.database
}

function refersElsewhere({ databaseUrl, config }: ProjectRecord): boolean {
  return isReference(databaseUrl) || /"(?:vault|aws):\/\//.test(JSON.stringify(config))
}
