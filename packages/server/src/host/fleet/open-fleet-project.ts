/** A project of a fleet, opened from its record. */
import type { ProjectRecord } from '#host/control-plane'
import type { Metrics } from '#host/gateway'
import { busOfProject, openProjectStack } from '#host/platform'
import type { Config, ConfigTree } from '#base/config'
import type { FleetOptions, ProjectApi } from './fleet-options.ts'
import type { OpenedProject } from './fleet-project.ts'
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
  const resolve = async (record: ProjectRecord): Promise<Config> =>
    configOf(options.config, await withSecrets(record, resolveSecret), externalUrl, log)
  const config = await resolve(given)
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
    blobs: options.blobsOf(ref, config),
    ...(functions === null ? {} : { functions }),
    settings: { configuration, signing },
    // by what never changes and is nobody's to know
    busOf: (db) => busOfProject(options.bus, ref, given.keys.encryptionKey, db),
  })
  forgetKeys = () => stack.runtime.admittedKeys.clear()
  return {
    stack,
    take: async (record) => {
      const [next, nextUrl] = await Promise.all([
        resolve(record),
        resolveSecret(record.databaseUrl),
      ])
      if (nextUrl !== databaseUrl || needsReopening(configuration.current(), next)) return false
      databaseUrl = nextUrl
      signing.take(record.keys)
      await configuration.take(next)
      return true
    },
  }
}

/** The record with what its references stand for. */
async function withSecrets(
  record: ProjectRecord,
  resolve: (text: string) => Promise<string>,
): Promise<ProjectRecord> {
  return { ...record, config: (await resolved(record.config, resolve)) as ConfigTree }
}

async function resolved(
  value: unknown,
  resolve: (text: string) => Promise<string>,
): Promise<unknown> {
  if (typeof value === 'string') return resolve(value)
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolved(item, resolve)))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(
    async ([name, item]) => [name, await resolved(item, resolve)] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}
