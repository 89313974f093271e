/** The data API as a service: `/rest/v1`, one catalog a project. */
import type { Catalog } from '#base/catalog'

import type { HttpRequest } from '#base/http'
import type { Project, Scope, Service, ServiceDefinition } from '#base/service'
import type { Described, ResponseCache } from '#services/data-api/cache'
import type { RunningPlan } from '#services/data-api/plan'
import { parseRequest } from '#services/data-api/request'
import { CatalogKeeper } from './catalog-keeper.ts'
import { dataApiMigrations } from './migrations.ts'
import { defaultOptions } from './options.ts'
import type { DataApiOptions } from './options.ts'
import { answerTransaction, isTransaction } from './answer-transaction.ts'
import { answer } from './pipeline.ts'
import type { PipelineContext } from './pipeline.ts'
import { asRootCall, nameOpenApi } from './root-spec.ts'
import { createSessionContext } from './session.ts'
import { formatFailure } from './step-error.ts'
import { readTenantSchemas, tenantChooser } from './tenancy.ts'
import type { TenantSchemas } from './tenancy.ts'

/** The data API with options of its own; `dataApi` is the one with the defaults. */
export function createDataApi(given: Partial<DataApiOptions> = {}): ServiceDefinition {
  const options = { ...defaultOptions, ...given }
  return {
    name: 'data-api',
    prefix: '/rest/v1',
    migrations: dataApiMigrations,
    open: (project) => openService(project, options),
  }
}

export const dataApi: ServiceDefinition = createDataApi()

/** The data API opened for one project, with what a process that serves it alone wants to know and do. */
export interface OpenDataApi extends Service {
  /** Resolves when a catalog read after this call is in use. */
  reload(): Promise<void>
  /** False while the first catalog is waited for. */
  isReady(): boolean
  /** What was read of the database, as JSON values; null before. */
  describeCatalog(): unknown
}

/** Opens it with options of its own. */
export function openDataApi(
  project: Project,
  given: Partial<DataApiOptions>,
): Promise<OpenDataApi> {
  return openService(project, { ...defaultOptions, ...given })
}

async function openService(project: Project, options: DataApiOptions): Promise<OpenDataApi> {
  const { config, apiDb, log } = project
  const shared = config['api.schemas']
  const tenants = await readTenantSchemas(apiDb, config)
  const schemas = [...shared, ...tenants.filter((name) => !shared.includes(name))]
  const extraSearchPath = config['api.extra_search_path']
  const maxRows = config['api.max_rows'] === 0 ? null : config['api.max_rows']
  const keeper = await CatalogKeeper.open({
    db: apiDb,
    load: { schemas, extraSearchPath, hoistedSettings: options.hoistedSettings },
    plan: {
      maxRows,
      aggregates: options.aggregates,
      explain: options.explain,
      legacyTargetNames: options.legacyTargetNames,
      safeUpdate: options.safeUpdate,
    },
    callsFirst: options.preRequest !== null,
    channel: options.channel,
    log,
  })
  const context: PipelineContext = {
    keeper,
    options,
    parse: {
      schemas,
      txOverride: options.txEnd.endsWith('allow-override'),
      ignored: options.ignoredParameters,
    },
    session: createSessionContext(schemas, extraSearchPath, options.appSettings),
  }
  const { rootSpec } = options
  const isTenanted = config['basalt.tenancy.mode'] === 'schema'
  const choose = tenantChooser(
    config,
    shared.filter((name) => !tenants.includes(name)),
    tenants,
  )
  const contextOf = isTenanted ? eachTenants(context, choose) : () => context
  const cache = await openCache(project, options)
  return {
    handle: (scope, request) => {
      const own = contextOf(scope, request)
      if (isTransaction(request, own)) return answerTransaction(scope, request, own)
      const root = rootSpec === null ? null : asRootCall(request, rootSpec)
      if (root === null)
        return cache === null
          ? answer(scope, request, own)
          : cache.answer(scope, request, described(request, own), () => answer(scope, request, own))
      return answer(scope, root, own).then((response) => nameOpenApi(request, response))
    },
    formatError: formatFailure,
    reload: () => keeper.reload(),
    isReady: () => keeper.isReady,
    describeCatalog: () => (keeper.isReady ? describeCatalog(keeper.plans.catalog) : null),
    close: async () => {
      cache?.close()
      keeper.close()
    },
  }
}

/** Null where nothing is cached. */
async function openCache(project: Project, options: DataApiOptions): Promise<ResponseCache | null> {
  const { cache: ports, preRequest, channel } = options
  const { config, log, readRouting = null } = project
  if (!config['basalt.cache.enabled'] || ports === null) return null
  const isReplicated = readRouting !== null
  if (isReplicated || preRequest !== null) {
    const reason = isReplicated
      ? 'reads go to replicas'
      : 'a function is called before each request'
    log.warn('nothing is cached', { reason })
    return null
  }
  const { openResponseCache } = await import('#services/data-api/cache')
  const decides =
    /^(?:api\.(?:schemas|extra_search_path|max_rows)|app\.settings|basalt\.(?:rest|tenancy)\..*)$/
  const settings = [
    { ...options, cache: null },
    Object.entries(config).filter(([key]) => decides.test(key)),
  ]
  return openResponseCache(project, ports, { channel, settings })
}

/** What the cache asks of a request; what is wrong with it is said by whoever answers. */
function described(request: HttpRequest, { keeper, parse }: PipelineContext): Described {
  const plan = (): RunningPlan | null => {
    try {
      const parsed = parseRequest(request, null, parse)
      const found = keeper.plans.find(parsed) ?? keeper.plans.prepare(parsed)
      return 'kind' in found ? null : found.plan
    } catch {
      return null
    }
  }
  return { schema: keeper.fingerprint, plan }
}

/** The same for each request of a tenant. */
function eachTenants(
  context: PipelineContext,
  choose: ReturnType<typeof tenantChooser>,
): (scope: Scope, request: HttpRequest) => PipelineContext {
  const known = new WeakMap<TenantSchemas, PipelineContext>()
  return (scope, request) => {
    const chosen = choose(scope, request)
    let own = known.get(chosen)
    if (own === undefined) {
      own = { ...context, parse: { ...context.parse, ...chosen } }
      known.set(chosen, own)
    }
    return own
  }
}

/** Maps as lists, so that JSON has them. */
function describeCatalog({ data }: Catalog): unknown {
  return JSON.parse(
    JSON.stringify(data, (_, value: unknown) => (value instanceof Map ? [...value] : value)),
  ) as unknown
}
