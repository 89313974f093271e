/** The services of a project, and what becomes of them when its configuration changes. */
import { createAdmin, createManagementApi } from '#services/admin'
import type { AdminRoute } from '#services/admin'
import { createAuth, createOutgoing, createSmtpMailer } from '#services/auth'
import type { MailQueue, SmtpMailerOptions } from '#services/auth'
import type { BlobStore } from '#base/blob'
import type { Config } from '#base/config'
import type { ProjectConfig } from '#host/control'
import {
  createDataApi,
  dataApi,
  platformSettings,
  readDatabaseSettings,
  readTenantSchemas,
} from '#services/data-api'
import type { CachePorts } from '#services/data-api'
import type { ProjectRuntime } from '#host/gateway'
import { createFunctions, firstOf } from '#services/functions'
import type { Deployments, FunctionSource, FunctionsRuntime } from '#services/functions'
import { meta } from '#services/meta'
import { createRealtime } from '#services/realtime'
import type { RealtimeOptions } from '#services/realtime'
import { createStorage } from '#services/storage'
import type { Project, ServiceDefinition } from '#base/service'
import type { PlatformOptions } from './platform-options.ts'

/** Storage's and those of functions are the same. */
export interface OwnBlobs {
  readonly blobs: BlobStore
}

const noMail: SmtpMailerOptions = { inbox: null, workdir: '.' }

/** What only this project has. */
export interface OwnParts {
  readonly deployed: Deployments | null
  readonly routes: readonly AdminRoute[]
  readonly cache: CachePorts
}

/** The services this configuration turns on. */
export function definitionsOf(
  options: PlatformOptions & OwnBlobs,
  configuration: ProjectConfig,
  mailQueue: MailQueue,
  realtime: RealtimeOptions,
  { deployed, routes, cache }: OwnParts,
): readonly ServiceDefinition[] {
  const { config, mail = noMail, fetch, blobs, functions } = options
  const operatorToken = options.operatorToken ?? null
  const reach = fetch === undefined ? {} : { outgoing: createOutgoing({ fetch }) }
  const mailer = createSmtpMailer(mail)
  return [
    ...(config['api.enabled'] ? [restWith(cache)] : []),
    ...(config['auth.enabled'] ? [createAuth({ mailer, mailQueue, ...reach })] : []),
    ...(config['storage.enabled'] ? [createStorage({ blobs })] : []),
    ...(config['realtime.enabled'] ? [createRealtime(realtime)] : []),
    ...(deployed === null || functions === undefined ? [] : [serving(functions, deployed)]),
    meta,
    createAdmin({ configuration, operatorToken, routes }),
    createManagementApi({ operatorToken, routes }),
  ]
}

/** What is in the folder is served as it is there; else what was deployed. */
function serving(functions: FunctionsRuntime, deployed: Deployments): ServiceDefinition {
  const source = (project: Project): FunctionSource =>
    firstOf([functions.source(project), deployed.source])
  return createFunctions({ ...functions, source })
}

/** The data API with the options of the project's configuration, and over them what its database says. */
function restWith(cache: CachePorts): ServiceDefinition {
  return {
    ...dataApi,
    open: async (project) => {
      const inDatabase = await readDatabaseSettings(project.apiDb, null)
      const { options, config } = platformSettings(project.config, inDatabase, project.log)
      const told = { config: { value: { ...project.config, ...config } } }
      const own = Object.create(project, told) as Project
      return createDataApi({ ...options, cache }).open(own)
    },
  }
}

/** What the data API reads once, because its catalog is made of it. */
const readAtOpen = [
  'api.schemas',
  'api.extra_search_path',
  'api.max_rows',
  'basalt.rest.db_aggregates_enabled',
  'basalt.rest.db_plan_enabled',
  'basalt.rest.db_tx_end',
  'basalt.rest.safe_update',
] as const

/** The data API begins anew where it must. */
export async function reopenChanged(
  runtime: ProjectRuntime,
  before: Config,
  after: Config,
): Promise<void> {
  const isSame = readAtOpen.every((key) => String(before[key]) === String(after[key]))
  if (!isSame) await runtime.reopen(dataApi.name)
}

/** `NOTIFY pgrst, 'reload config'`: what the database says of the data API has changed. Returns what ends listening. */
export async function followDatabaseSettings(runtime: ProjectRuntime): Promise<() => void> {
  let reopening: Promise<unknown> = Promise.resolve()
  const again = (): void => {
    // what cannot be read leaves the data API as it is: without its pre-request it would let more pass
    reopening = reopening
      .then(() => runtime.reopen(dataApi.name))
      .catch((error: unknown) =>
        runtime.project.log.error('the settings of the database cannot be read', {
          error: String(error),
        }),
      )
  }
  const { apiDb, config } = runtime.project
  let tenants = String(await readTenantSchemas(apiDb, config))
  /** A schema that came or went is a tenant. */
  const reread = async (): Promise<void> => {
    const found = String(await readTenantSchemas(apiDb, config))
    if (found === tenants) return
    tenants = found
    again()
  }
  return apiDb.listen('pgrst', (payload) => {
    if (payload === 'reload config') again()
    else if (config['basalt.tenancy.mode'] === 'schema') void reread().catch(() => again())
  })
}
