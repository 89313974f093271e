/** A call of a function: found → may the caller → run → its answer, or what became of it. */
import { emptyResponse, isPreflight, jsonResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import type { Scope, Upgrade } from '#base/service'
import {
  functionErrors,
  FunctionFault,
  maxSlugLength,
  MissingRuntime,
  slugPattern,
} from '#services/functions/core'
import type { FunctionLogs, FunctionSource, RunnableFunction } from '#services/functions/core'
import { CallFailure } from '#services/functions/core'
import type { FunctionWorker, WorkerCall, WorkerPool } from '#services/functions/worker'
import type { FunctionStats, Outcome } from './stats.ts'
import { answerPreflight } from './preflight.ts'
import { refuseReadOnlyKey, requireToken } from './verify.ts'
import { workerCall } from './worker-call.ts'

export interface InvokeContext {
  readonly source: FunctionSource
  /** Opened with the first call. */
  readonly pool: () => Promise<WorkerPool>
  readonly logs: FunctionLogs
  readonly stats: FunctionStats
}

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])

export async function invoke(
  context: InvokeContext,
  scope: Scope,
  request: HttpRequest,
): Promise<HttpResponse> {
  const slug = slugOf(request.path)
  if (slug === null) return jsonResponse(400, { msg: 'missing function name in request' })
  const response = await observed(
    context,
    scope,
    request,
    slug,
    (worker, call) => worker.call(call),
    ({ status }) => status,
  )
  const answer = isPreflight(request)
    ? answerPreflight(request, response)
    : readAnswer(scope, response)
  if (answer.body !== response.body) leaveUnread(response.body)
  return answer
}

export function invokeWebSocket(
  context: InvokeContext,
  scope: Scope,
  request: HttpRequest,
): Promise<Upgrade> {
  const slug = slugOf(request.path) ?? ''
  return observed(
    context,
    scope,
    request,
    slug,
    (worker, call) => worker.upgrade(call),
    () => 101,
  )
}

/** Makes a function ready without calling it, for who wrote it. @throws PlatformError */
export async function boot(
  context: InvokeContext,
  scope: Scope,
  slug: string,
): Promise<HttpResponse> {
  const { authentication } = scope
  if (!authentication.ok || authentication.caller.role !== 'service_role')
    throw functionErrors.InvalidJwt()
  try {
    const fn = await known(context, slug, true)
    await (await context.pool()).run(fn, () => Promise.resolve())
    return jsonResponse(200, { slug, version: fn.version })
  } catch (error) {
    throw toError(error, scope, slug, context.logs).error
  }
}

/** `/hello/sub` → `'hello'`; null without a name. */
function slugOf(path: string): string | null {
  const end = path.indexOf('/', 1)
  const slug = end === -1 ? path.slice(1) : path.slice(1, end)
  return slug === '' ? null : slug
}

async function observed<T>(
  context: InvokeContext,
  scope: Scope,
  request: HttpRequest,
  slug: string,
  work: (worker: FunctionWorker, call: WorkerCall) => Promise<T>,
  statusOf: (result: T) => number,
): Promise<T> {
  const startedMs = scope.project.clock.now()
  let fn: RunnableFunction | null = null
  const note = (status: number, outcome: Outcome): void => {
    if (fn === null) return
    const nowMs = scope.project.clock.now()
    const durationMs = nowMs - startedMs
    context.stats.observe(slug, outcome, durationMs)
    const { method, path } = request
    const level = status >= 500 ? 'error' : 'info'
    const said = {
      timeMs: nowMs,
      slug,
      version: fn.version,
      requestId: scope.requestId,
      level,
      kind: 'call',
    } as const
    context.logs.append({ ...said, message: `${method} ${path} ${status}`, status, durationMs })
  }
  try {
    fn = await find(context, scope, request, slug)
    const pool = await context.pool()
    const found = fn
    const run = (): Promise<T> => {
      const call = workerCall(scope, request)
      return pool.run(found, (worker) => work(worker, call))
    }
    const { following } = scope
    const result = await (following?.within(`function ${slug}`, run, { kind: 'client' }) ?? run())
    const status = statusOf(result)
    note(status, status >= 500 ? 'error' : 'ok')
    return result
  } catch (error) {
    const failure = toError(error, scope, slug, context.logs)
    note(failure.error.status, failure.outcome)
    throw failure.error
  }
}

/** @throws PlatformError for who may not call, FunctionFault of what cannot be made ready */
async function find(
  context: InvokeContext,
  scope: Scope,
  request: HttpRequest,
  slug: string,
): Promise<RunnableFunction> {
  if (!methods.has(request.method)) throw functionErrors.MethodNotAllowed()
  const fn = await known(context, slug)
  if (fn.verifyJwt && request.method !== 'OPTIONS') requireToken(scope, request)
  refuseReadOnlyKey(scope)
  return fn
}

async function known(
  { source }: InvokeContext,
  slug: string,
  isFresh = false,
): Promise<RunnableFunction> {
  const isName = slug.length <= maxSlugLength && slugPattern.test(slug)
  const fn = isName ? await source.find(slug, isFresh) : null
  if (fn === null) throw functionErrors.FunctionNotFound()
  return fn
}

interface Failure {
  readonly error: PlatformError
  readonly outcome: Outcome
}

function toError(error: unknown, scope: Scope, slug: string, logs: FunctionLogs): Failure {
  if (error instanceof FunctionFault) {
    const timeMs = scope.project.clock.now()
    logs.append({
      timeMs,
      slug,
      version: '',
      requestId: scope.requestId,
      level: 'error',
      kind: 'worker',
      message: error.message,
    })
    return {
      error: functionErrors.BOOT_ERROR(detailsFor(scope, error), error),
      outcome: 'boot_error',
    }
  }
  if (error instanceof MissingRuntime) {
    const told = detailsFor(scope, { message: error.message, where: null })
    return { error: functionErrors.NO_DENO(told, error), outcome: 'boot_error' }
  }
  if (error instanceof CallFailure) return fromFailure(error, scope)
  if (error instanceof PlatformError) return { error, outcome: 'error' }
  throw error
}

function fromFailure(failure: CallFailure, scope: Scope): Failure {
  const told = detailsFor(scope, failure)
  switch (failure.kind) {
    case 'boot':
      return { error: functionErrors.BOOT_ERROR(told, failure), outcome: 'boot_error' }
    case 'limit':
      return { error: functionErrors.WORKER_LIMIT(told, failure), outcome: 'limit' }
    case 'timeout':
      return { error: functionErrors.IDLE_TIMEOUT(told, failure), outcome: 'timeout' }
    case 'busy':
    case 'gone':
      return { error: functionErrors.WORKER_BUSY(undefined, failure), outcome: 'busy' }
    case 'no websocket':
      return { error: functionErrors.NoWebSocket(), outcome: 'error' }
    default:
      return { error: functionErrors.WORKER_ERROR(told, failure), outcome: 'error' }
  }
}

/** What failed and where, for the service role alone: it is the project's own code. */
function detailsFor(
  { authentication }: Scope,
  { message, where }: { readonly message: string; readonly where: string | null },
): { readonly what: string | null } {
  if (!authentication.ok || authentication.caller.role !== 'service_role') return { what: null }
  return { what: where === null ? message : `${where}: ${message}` }
}

/** An error that the function threw is told in the platform's words. */
function readAnswer(scope: Scope, response: HttpResponse): HttpResponse {
  const { headers } = response
  if (headers['x-basalt-fault'] === undefined) return response
  if (!(response.body instanceof Uint8Array)) return emptyResponse(500)
  const fault = readFault(response.body)
  throw functionErrors.WORKER_ERROR(detailsFor(scope, fault))
}

/** A stream of the worker's would go on until its time is over. */
function leaveUnread(body: HttpResponse['body']): void {
  if (body !== null && typeof body === 'object' && 'finish' in body) body.finish?.()
}

function readFault(body: Uint8Array): { readonly message: string; readonly where: string | null } {
  try {
    const { text, where } = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>
    return { message: String(text), where: typeof where === 'string' ? where : null }
  } catch {
    return { message: 'The function threw', where: null }
  }
}
