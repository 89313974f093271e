/** The journey of a request through the data API, on one page: parse → plan → render → run → respond. */
import type { DescribePlan, InfoPlan } from '#services/data-api/plan'
import { inspectLargeBody, parseRequest } from '#services/data-api/request'
import type { ApiRequest, RequestOptions } from '#services/data-api/request'
import { respond, respondExplain, respondInfo } from '#services/data-api/response'
import type { HttpRequest, HttpResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import { turns } from '#base/service'
import type { Database, Session } from '#base/db'
import type { Caller, Project, Scope } from '#base/service'
import type { CatalogKeeper } from './catalog-keeper.ts'
import { describeFailure } from './database-failure.ts'
import { describeSchema } from './describe/describe-schema.ts'
import type { DataApiOptions } from './options.ts'
import type { PreparedPlan, PreparedPlans } from './prepared-plans.ts'
import { requireCaller } from './require-caller.ts'
import { runPlan } from './run-plan.ts'
import type { Ran } from './run-plan.ts'
import { createSession } from './session.ts'
import type { SessionContext } from './session.ts'
import { StageTimer } from './stage-timer.ts'

export interface PipelineContext {
  readonly keeper: CatalogKeeper
  readonly options: DataApiOptions
  readonly parse: RequestOptions
  readonly session: SessionContext
}

export async function answer(
  scope: Scope,
  http: HttpRequest,
  context: PipelineContext,
): Promise<HttpResponse> {
  const { keeper, options } = context
  const watched = scope.steps ?? null
  const timer = options.serverTiming || watched !== null ? new StageTimer(watched) : null
  const caller = requireCaller(scope.authentication, http.headers)
  timer?.end('jwt')
  const body = hasBody(http) ? await http.body.read(options.maxBodyBytes) : null

  const steps = body === null ? null : inspectLargeBody(http, body)
  const inspected = steps === null ? null : await turns.run(steps)
  const request = parseRequest(http, body, context.parse, inspected)
  timer?.end('parse')

  const known = keeper.plans.find(request)
  const prepared = known ?? (await prepareFresh(keeper, request))
  timer?.end('plan') // planning and rendering happen together, once a shape

  const response =
    'kind' in prepared
      ? await answerFromCatalog(prepared, { request, http, caller, timer }, scope, context)
      : await answerFromPostgres(prepared, { request, http, caller, timer }, scope, context)
  timer?.end('response')
  if (timer !== null && options.serverTiming) response.headers['server-timing'] = timer.header
  return response
}

interface Asked {
  readonly request: ApiRequest
  readonly http: HttpRequest
  readonly caller: Caller
  readonly timer: StageTimer | null
}

async function answerFromPostgres(
  prepared: PreparedPlan,
  { request, http, caller, timer }: Asked,
  { project, cancellation, deadlineMs }: Scope,
  { keeper, options, session: context }: PipelineContext,
): Promise<HttpResponse> {
  const { plan } = prepared
  const { catalog } = keeper.plans
  const session = createSession(plan, request, http, caller, catalog, context)
  timer?.end('render')
  const timeoutMs = deadlineMs - project.clock.now()
  let ran: Ran
  try {
    const db = readsOnly(session) ? readDb(project, caller, http) : project.apiDb
    const runContext = { db, cancellation, timeoutMs, options }
    ran = await runPlan(prepared, request, session, runContext)
  } catch (error) {
    throw describeFailure(error, caller.role === options.anonRole)
  }
  timer?.end('transaction')
  return ran.lines === null
    ? respond(plan, request, ran.outcome)
    : respondExplain(plan, request, ran.lines)
}

/** A level of isolation of its own is for the primary: replicas have no serializable transactions. */
function readsOnly({ readOnly, isolation }: Session): boolean {
  return readOnly === true && isolation === undefined
}

function readDb({ readRouting, apiDb }: Project, caller: Caller, http: HttpRequest): Database {
  return readRouting?.databaseFor(caller, http) ?? apiDb
}

/** OPTIONS, and the root. */
async function answerFromCatalog(
  plan: InfoPlan | DescribePlan,
  { request, caller, timer }: Asked,
  { project }: Scope,
  { keeper, options }: PipelineContext,
): Promise<HttpResponse> {
  if (plan.kind === 'info') return respondInfo(plan.allow)
  const { catalog } = keeper.plans
  const { openApi } = options
  const url = openApi.proxyUri ?? `${project.externalUrl}${openApi.basePath}`
  const { role } = caller
  const asked = { db: project.apiDb, role, catalog, url, options: openApi }
  try {
    return await describeSchema(plan, request, asked)
  } catch (error) {
    throw describeFailure(error, role === options.anonRole)
  } finally {
    timer?.end('transaction')
  }
}

function hasBody({ method }: HttpRequest): boolean {
  return method === 'POST' || method === 'PATCH' || method === 'PUT'
}

/** Errors that a newer catalog may have an answer to. */
const missing = new Set(['PGRST200', 'PGRST202', 'PGRST204', 'PGRST205'])

export function isMissing(error: unknown): error is PlatformError {
  return error instanceof PlatformError && missing.has(error.code)
}

/** What is unknown may have been created a moment ago: one reload is waited for before the refusal stands. */
async function prepareFresh(
  keeper: CatalogKeeper,
  request: ApiRequest,
): Promise<ReturnType<PreparedPlans['prepare']>> {
  try {
    return keeper.plans.prepare(request)
  } catch (error) {
    if (!isMissing(error)) throw error
    await keeper.reloadForMissing()
    return keeper.plans.prepare(request)
  }
}
