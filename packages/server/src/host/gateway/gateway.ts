/** The front door: host → project → API key → token → scope → service, with CORS, request ids, access log and metrics around it. */
import {
  answerError,
  formatGatewayError,
  httpErrors,
  isPreflight,
  jsonResponse,
  preflightResponse,
  textResponse,
} from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Clock, Log, Random } from '#base/kernel'
import { RequestSteps } from '#base/service'
import type { Upgrade } from '#base/service'
import { browserRules, securityTxtPath } from '#host/gateway/edge'
import type { Edge } from '#host/gateway/edge'
import type { RequestObserver } from '#host/observe'
import type { AccessLog } from './access-log.ts'
import { addAdminCorsHeaders, answerAdminPreflight, isAdmin } from './admin-origins.ts'
import { refuseApiKey } from './authenticate.ts'
import { admitCustomer, asCustomer } from './customer-keys.ts'
import type { Metrics } from './metrics.ts'
import type { FindProject, MountedService, ProjectRuntime } from './project-runtime.ts'
import { answerReady } from './ready.ts'
import { serveRequest } from './serve-request.ts'
import { beginTrace, followedOf, report } from './trace.ts'
import type { Trace } from './trace.ts'

export interface GatewayOptions {
  readonly findProject: FindProject
  /** What is for no project (the operators of many): its answer, or null where it is for one. Default: nothing is. */
  readonly answerOutside?: ((request: HttpRequest) => Promise<HttpResponse> | null) | null
  readonly edge: Edge
  readonly metrics: Metrics
  /** One line a request. */
  readonly accessLog: AccessLog
  /** Follows requests, where somebody wants to know. */
  readonly observer?: RequestObserver | null
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  readonly maxUrlBytes: number
  readonly requestTimeoutMs: number
}

export interface Gateway {
  /** `findProject`: for requests of our own, whose project is known. */
  handle(request: HttpRequest, findProject?: FindProject | null): Promise<HttpResponse>
  /** A WebSocket handshake: the way of any other request, logged and counted as 101 where it is accepted. */
  upgrade(request: HttpRequest, findProject?: FindProject | null): Promise<Upgrade>
  /** Answers as ever, but for /health: load balancers should turn away. */
  retire(): void
  /** Refuses new requests and resolves when the running ones have been answered, or have had so long. */
  drain(withinMs: number): Promise<void>
}

export function createGateway(options: GatewayOptions): Gateway {
  const { log, edge, observer = null } = options
  let running = 0
  let isRetired = false
  let drained: (() => void) | null = null

  async function handle(request: HttpRequest, trace: Trace): Promise<HttpResponse> {
    running++
    let response: HttpResponse
    try {
      response =
        request.path === '/health'
          ? answerHealth(isRetired || drained !== null)
          : await answer(options, request, trace, drained !== null)
    } catch (error) {
      response = answerError(error, request, log, formatGatewayError)
    }
    trace.steps?.end('service')
    response.headers['x-request-id'] = trace.requestId
    const { runtime, allowance } = trace
    if (isAdmin(request.path)) addAdminCorsHeaders(runtime, request, response)
    else options.edge.finish(response, request, runtime?.project ?? null, allowance)
    trace.customer?.answered(request, response)
    report(options, request, response.status, trace)
    trace.runtime?.use.end()
    running--
    if (running === 0) drained?.()
    return response
  }

  function begin(request: HttpRequest, trace: Trace): Promise<HttpResponse> {
    if (observer === null) return handle(request, trace)
    return observer.follow(
      request,
      (following) => {
        trace.following = following
        return handle(request, trace)
      },
      () => followedOf(trace),
    )
  }

  return {
    handle: (given, findProject = null) => {
      const request = edge.resolve(given)
      return begin(request, beginTrace(options, request, false, findProject))
    },
    upgrade: async (given, findProject = null) => {
      const request = edge.resolve(given)
      const isWebSocket = request.headers['upgrade']?.toLowerCase() === 'websocket'
      const trace = beginTrace(options, request, isWebSocket, findProject)
      const refusal = await begin(request, trace)
      return trace.upgrade ?? { refusal }
    },
    retire: () => {
      isRetired = true
    },
    drain: (withinMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, withinMs)
        drained = () => {
          clearTimeout(timer)
          resolve()
        }
        if (running === 0) drained()
      }),
  }
}

function answer(
  options: GatewayOptions,
  request: HttpRequest,
  trace: Trace,
  draining: boolean,
): HttpResponse | Promise<HttpResponse> {
  const { path } = request
  if (path.length + request.query.length > options.maxUrlBytes)
    throw httpErrors.url_too_long({ maxBytes: options.maxUrlBytes })
  if (draining) throw httpErrors.shutting_down()
  if (path === securityTxtPath && options.edge.securityTxt !== null)
    return textResponse(200, options.edge.securityTxt())
  const outside = trace.findProject === null ? options.answerOutside?.(request) : null
  if (outside !== null && outside !== undefined) {
    trace.route = '/admin/v1'
    return outside
  }
  const found = (trace.findProject ?? options.findProject)(request)
  if (!(found instanceof Promise)) return answerFor(options, found, request, trace)
  return found.then((runtime) => answerFor(options, runtime, request, trace))
}

function answerFor(
  options: GatewayOptions,
  runtime: ProjectRuntime | null,
  request: HttpRequest,
  trace: Trace,
): HttpResponse | Promise<HttpResponse> {
  const { path } = request
  if (runtime === null) {
    if (isPreflight(request)) return preflightResponse(request)
    throw httpErrors.route_not_found({ path })
  }
  runtime.use.begin()
  trace.runtime = runtime
  if (runtime.watcher !== null) trace.steps = new RequestSteps()
  if (path === '/rest-admin/v1/live') return textResponse(200, '')
  if (path === '/rest-admin/v1/ready') return answerReady(runtime)
  const mounted = findService(runtime, path)
  // functions answer theirs, and admin looks at the origin
  if (isPreflight(request) && mounted?.definition.answersPreflight !== true)
    return isAdmin(path)
      ? answerAdminPreflight(runtime, request)
      : preflightResponse(request, browserRules(runtime.project.config).preflight)
  if (mounted === null) return answerIssuer(options, runtime, request, trace)
  const { prefix } = mounted.definition
  trace.route = prefix
  const rest = path.slice(prefix.length)
  const customer = admitCustomer(runtime, request)
  if (customer !== null)
    return asCustomer(trace, customer, () =>
      serveRequest(options, runtime, mounted, request, trace, rest),
    )
  const refusal = refuseApiKey(runtime, request)
  return refusal ?? serveRequest(options, runtime, mounted, request, trace, rest)
}

/** Where load balancers ask whether requests may come here. */
function answerHealth(draining: boolean): HttpResponse {
  return draining ? textResponse(503, 'Shutting down') : textResponse(200, 'OK')
}

const issuerDocument =
  /^(\/\.well-known\/(?:oauth-authorization-server|openid-configuration))(\/auth\/v1)\/?$/

/** RFC 8414 section 3.1: the document of an issuer with a path lies before it, `/.well-known/oauth-authorization-server/auth/v1`. */
function answerIssuer(
  options: GatewayOptions,
  runtime: ProjectRuntime,
  request: HttpRequest,
  trace: Trace,
): Promise<HttpResponse> {
  const { path } = request
  const [, document = '', prefix = ''] = issuerDocument.exec(path) ?? []
  const mounted = document === '' ? null : findService(runtime, prefix)
  if (mounted === null) throw httpErrors.route_not_found({ path })
  trace.route = prefix
  return serveRequest(options, runtime, mounted, request, trace, document)
}

function findService(runtime: ProjectRuntime, path: string): MountedService | null {
  for (const mounted of runtime.services) {
    const { prefix } = mounted.definition
    if (path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/'))
      return mounted
  }
  return null
}

/** The admin listener's routes, on a port of their own: metrics and the state of the process. */
export async function handleAdmin(metrics: Metrics, request: HttpRequest): Promise<HttpResponse> {
  if (request.path === '/metrics')
    return {
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      body: await metrics.render(),
    }
  if (request.path === '/health') return textResponse(200, 'OK')
  return jsonResponse(404, { message: 'The admin port serves /metrics and /health' })
}
