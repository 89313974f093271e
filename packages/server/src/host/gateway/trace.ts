/** What is known of a request while it is answered, and what the access log and the metrics say of it afterwards. */
import type { HttpRequest } from '#base/http'
import { uuid } from '#base/kernel'
import type { Clock, Random } from '#base/kernel'
import type { Following, RequestSteps, Upgrade } from '#base/service'
import type { Allowance } from '#host/gateway/edge'
import type { Followed } from '#host/observe'
import type { AccessLog } from './access-log.ts'
import type { CustomerAdmission } from './customer-keys.ts'
import type { Metrics } from './metrics.ts'
import type { FindProject, ProjectRuntime } from './project-runtime.ts'

export interface Trace {
  readonly requestId: string
  readonly startedAt: number
  route: string
  /** Where it is not what the request says. */
  readonly findProject: FindProject | null
  /** Known once it is found. */
  runtime: ProjectRuntime | null
  userId: string | null
  readonly mayUpgrade: boolean
  /** Where the caller stands who is counted. */
  allowance: Allowance | null
  /** Who takes over the connection of a handshake. */
  upgrade: Accepted | null
  /** Of the project's customer whose key the request brings. */
  customer: CustomerAdmission | null
  /** Where somebody follows it. */
  following: Following | null
  /** Where somebody looks on. */
  steps: RequestSteps | null
}

type Accepted = Extract<Upgrade, { readonly accept: unknown }>

interface TraceOptions {
  readonly clock: Clock
  readonly random: Random
  readonly accessLog: AccessLog
  readonly metrics: Metrics
}

export function beginTrace(
  { clock, random }: TraceOptions,
  request: HttpRequest,
  mayUpgrade: boolean,
  findProject: FindProject | null,
): Trace {
  return {
    requestId: requestIdOf(request, random),
    startedAt: clock.now(),
    route: 'gateway',
    findProject,
    runtime: null,
    userId: null,
    mayUpgrade,
    allowance: null,
    upgrade: null,
    customer: null,
    following: null,
    steps: null,
  }
}

const acceptableRequestId = /^[\x21-\x7e]{1,128}$/

/** The caller's own id when it is fit to be logged, else a new one. */
function requestIdOf(request: HttpRequest, random: Random): string {
  const given = request.headers['x-request-id']
  return given !== undefined && acceptableRequestId.test(given) ? given : uuid(random)
}

/** One line of the access log, one request in the metrics. */
export function report(
  { clock, metrics, accessLog }: TraceOptions,
  request: HttpRequest,
  status: number,
  trace: Trace,
): void {
  const durationMs = clock.now() - trace.startedAt
  const { method } = request
  const { route, runtime, requestId, userId } = trace
  const project = runtime?.project.ref ?? ''
  metrics.observeRequest({ method, route, status, project, durationMs })
  if (trace.steps !== null) tell(request, status, trace, trace.steps, durationMs)
  accessLog(request, { status, durationMs, userId, requestId, project })
}

export function followedOf({ requestId, route, userId, runtime }: Trace): Followed {
  return { requestId, route, userId, project: runtime?.project.ref ?? '' }
}

function tell(
  { method, path, query, remoteAddress, headers }: HttpRequest,
  status: number,
  { requestId, startedAt, route, userId, runtime }: Trace,
  { list: steps }: RequestSteps,
  ms: number,
): void {
  runtime?.watcher?.observe({
    id: requestId,
    atMs: startedAt,
    method,
    path,
    query,
    status,
    ms,
    route,
    userId,
    address: remoteAddress,
    userAgent: headers['user-agent'] ?? '',
    steps,
  })
}
