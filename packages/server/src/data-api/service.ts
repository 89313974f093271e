/** The data API as a service: `/rest/v1`, one catalog a project. */
import { errorResponse } from '#data-api/response'
import type { Project, Service, ServiceDefinition } from '#service'
import { CatalogKeeper } from './catalog-keeper.ts'
import { defaultOptions } from './options.ts'
import type { DataApiOptions } from './options.ts'
import { answer } from './pipeline.ts'
import type { PipelineContext } from './pipeline.ts'
import { createSessionContext } from './session.ts'

/** The data API with options of its own; `dataApi` is the one with the defaults. */
export function createDataApi(given: Partial<DataApiOptions> = {}): ServiceDefinition {
  const options = { ...defaultOptions, ...given }
  return {
    name: 'data-api',
    prefix: '/rest/v1',
    migrations: [],
    open: (project) => openService(project, options),
  }
}

export const dataApi: ServiceDefinition = createDataApi()

async function openService(project: Project, options: DataApiOptions): Promise<Service> {
  const { config, apiDb, log } = project
  const schemas = config['api.schemas']
  const extraSearchPath = config['api.extra_search_path']
  const maxRows = config['api.max_rows'] === 0 ? null : config['api.max_rows']
  const keeper = await CatalogKeeper.open({
    db: apiDb,
    load: { schemas, extraSearchPath },
    plan: { maxRows, aggregates: options.aggregates, explain: options.explain },
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
  return {
    handle: (scope, request) => answer(scope, request, context),
    formatError: (error) => errorResponse(error),
    close: async () => keeper.close(),
  }
}
