/** From a service that was found to its answer: who asks, whether they may now, the scope, what is remembered of writes. */
import { emptyResponse, withErrorBoundary } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Authentication, Scope, Upgrade } from '#base/service'
import { markWrite } from '#host/gateway/edge'
import type { Edge } from '#host/gateway/edge'
import { authenticate } from './authenticate.ts'
import type { MountedService, ProjectRuntime } from './project-runtime.ts'
import { ServiceRequest } from './service-request.ts'
import type { Trace } from './trace.ts'

export interface ServeOptions {
  readonly edge: Edge
  readonly requestTimeoutMs: number
}

/** `path` begins behind the service's prefix. */
export function serveRequest(
  { edge, requestTimeoutMs }: ServeOptions,
  runtime: ProjectRuntime,
  mounted: MountedService,
  request: HttpRequest,
  trace: Trace,
  path: string,
): Promise<HttpResponse> {
  const { service, project } = mounted
  const authentication: Authentication =
    trace.customer?.authentication ?? authenticate(runtime, request)
  if (authentication.ok) {
    const { sub } = authentication.caller.claims
    if (typeof sub === 'string') trace.userId = sub
  }
  const { log } = project
  const scope: Scope = {
    project,
    authentication,
    requestId: trace.requestId,
    log,
    cancellation: request.cancellation,
    deadlineMs: trace.startedAt + requestTimeoutMs,
    following: trace.following,
    steps: trace.steps,
  }
  trace.steps?.end('authenticate')
  const inner = new ServiceRequest(request, path || '/', trace.requestId)
  return withErrorBoundary(inner, log, service.formatError, () => {
    const refusal = trace.customer?.refusal ?? null
    if (refusal !== null) throw refusal
    const counted = edge.count(project, authentication, request)
    if (!(counted instanceof Promise)) {
      trace.allowance = counted
      return run(mounted, scope, inner, trace)
    }
    return counted.then((allowance) => {
      trace.allowance = allowance
      return run(mounted, scope, inner, trace)
    })
  })
}

function run(
  { service, project, definition }: MountedService,
  scope: Scope,
  inner: ServiceRequest,
  trace: Trace,
): Promise<HttpResponse> {
  if (trace.mayUpgrade && service.upgrade !== undefined)
    return upgrade(service.upgrade(scope, inner), trace)
  const { following } = trace
  const answered =
    following === null
      ? service.handle(scope, inner)
      : following.within(definition.name, () => service.handle(scope, inner))
  const { readRouting } = project
  if (readRouting === undefined || readRouting === null) return answered
  return answered.then((response) =>
    markWrite(response, readRouting, scope.authentication, inner, trace.route),
  )
}

async function upgrade(answered: Promise<Upgrade>, trace: Trace): Promise<HttpResponse> {
  const outcome = await answered
  if ('refusal' in outcome) return outcome.refusal
  trace.upgrade = outcome
  return emptyResponse(101)
}
