/** The services of a project, and what becomes of them when its configuration changes. */
import { createAdmin } from '#services/admin'
import { createAuth, createOutgoing, createSmtpMailer } from '#services/auth'
import type { MailQueue } from '#services/auth'
import type { Config } from '#base/config'
import type { ProjectConfig } from '#host/control'
import { createDataApi, dataApi } from '#services/data-api'
import type { DataApiOptions } from '#services/data-api'
import type { ProjectRuntime } from '#host/gateway'
import { meta } from '#services/meta'
import type { ServiceDefinition } from '#base/service'
import type { PlatformOptions } from './platform-options.ts'

/** The services this configuration turns on. */
export function definitionsOf(
  { config, operatorToken, mail = { inbox: null, workdir: '.' }, fetch }: PlatformOptions,
  configuration: ProjectConfig,
  mailQueue: MailQueue,
): readonly ServiceDefinition[] {
  const reach = fetch === undefined ? {} : { outgoing: createOutgoing({ fetch }) }
  const mailer = createSmtpMailer(mail)
  return [
    ...(config['api.enabled'] ? [rest] : []),
    ...(config['auth.enabled'] ? [createAuth({ mailer, mailQueue, ...reach })] : []),
    meta,
    createAdmin({ configuration, operatorToken: operatorToken ?? null }),
  ]
}

/** The data API with the options of the project's configuration. */
const rest: ServiceDefinition = {
  ...dataApi,
  open: (project) => createDataApi(dataApiOptions(project.config)).open(project),
}

function dataApiOptions(config: Config): Partial<DataApiOptions> {
  return {
    aggregates: config['basalt.rest.db_aggregates_enabled'],
    explain: config['basalt.rest.db_plan_enabled'],
    maxBodyBytes: config['basalt.max_body_size'],
    safeUpdate: config['basalt.rest.safe_update'],
  }
}

/** What the data API reads once, because its catalog is made of it. */
const readAtOpen = [
  'api.schemas',
  'api.extra_search_path',
  'api.max_rows',
  'basalt.rest.db_aggregates_enabled',
  'basalt.rest.db_plan_enabled',
  'basalt.rest.safe_update',
] as const

/** The data API begins anew where it must. */
export async function reopenChanged(
  runtime: ProjectRuntime,
  before: Config,
  after: Config,
): Promise<void> {
  const isSame = readAtOpen.every((key) => String(before[key]) === String(after[key]))
  if (!isSame) await runtime.reopen(rest.name)
}
