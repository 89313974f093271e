/** A node of a fleet: many projects behind one gateway, as a function from request to response. */
import {
  createAccessLog,
  createEdge,
  createGateway,
  createMetrics,
  handleAdmin,
} from '#host/gateway'
import type { MetricsSnapshot, ProjectRuntime } from '#host/gateway'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { RunningProject, Upgrade } from '#base/service'
import { fleetErrors } from './errors.ts'
import type { FleetOptions, ProjectApi } from './fleet-options.ts'
import { identifyProject } from './identify-project.ts'
import { openFleetProject } from './open-fleet-project.ts'
import { OpenProjects } from './open-projects.ts'
import type { ProjectStats } from './open-projects.ts'
import { Usage } from './usage.ts'

export interface FleetLoad {
  readonly projects: number
  readonly max_projects: number
}

export interface Fleet {
  handle(request: HttpRequest): Promise<HttpResponse>
  upgrade(request: HttpRequest): Promise<Upgrade>
  /** Metrics and health, for a port of their own. */
  handleAdmin(request: HttpRequest): Promise<HttpResponse>
  /** What was counted, for a process that adds up those of several. */
  metrics(): Promise<MetricsSnapshot>
  /** A request to one project, whatever its headers say. */
  handleFor(ref: string, request: HttpRequest): Promise<HttpResponse>
  /** A project as it is on this node. */
  stats(ref: string): ProjectStats
  /** For who looks on; null where it is not open here. */
  running(ref: string): RunningProject | null
  /** How much is open here. */
  load(): FleetLoad
  /** Opens those with jobs of their own. */
  start(): Promise<void>
  /** Answers as ever, but for /health: load balancers should turn away. */
  retire(): void
  /** Answers what is running, refuses what is new, closes every project. */
  close(): Promise<void>
}

/** Nothing is opened before the first request, or `start`. */
export function createFleet(options: FleetOptions): Fleet {
  const { config, directory, baseDomain, control, clock, random, log } = options
  const metrics = createMetrics(options.certificates)
  const usage = new Usage({ directory, clock, log })
  const apiOf = (ref: string, externalUrl: string): ProjectApi => ({
    externalUrl,
    handle: (request) => gateway.handle(request, () => projects.find(ref)),
    upgrade: (request) => gateway.upgrade(request, () => projects.find(ref)),
  })
  const projects = new OpenProjects({
    ...options,
    open: (record, refresh) => openFleetProject(options, { metrics, apiOf }, record, refresh),
  })
  const findProject = (request: HttpRequest): ProjectRuntime | Promise<ProjectRuntime> => {
    const ref = identifyProject(request, baseDomain)
    if (ref === null) throw fleetErrors.project_not_given()
    return projects.find(ref)
  }
  const edge = createEdge(config, clock, log)
  const gateway = createGateway({
    findProject,
    edge,
    answerOutside: control === null ? null : outside(control, baseDomain),
    metrics: {
      ...metrics,
      observeRequest: (request) => {
        metrics.observeRequest(request)
        if (request.project !== '') usage.add(request.project, request.status, request.durationMs)
      },
    },
    accessLog: createAccessLog(config, log),
    observer: options.observer ?? null,
    log,
    clock,
    random,
    maxUrlBytes: config['basalt.max_url_length'],
    requestTimeoutMs: config['basalt.request_timeout'],
  })

  let closing: Promise<void> | null = null
  async function close(): Promise<void> {
    await gateway.drain(config['basalt.shutdown_timeout'])
    await projects.close()
    await usage.close()
    await options.bus.close()
    edge.close()
  }

  return {
    handle: (request) => gateway.handle(request),
    upgrade: (request) => gateway.upgrade(request),
    handleAdmin: (request) => handleAdmin(metrics, request),
    metrics: () => metrics.snapshot(),
    handleFor: (ref, request) => gateway.handle(request, () => projects.find(ref)),
    stats: (ref) => projects.stats(ref),
    running: (ref) => projects.running(ref),
    load: () => ({ projects: projects.size, max_projects: options.maxProjects }),
    start: () => projects.openKept(),
    retire: () => gateway.retire(),
    close: () => (closing ??= close()),
  }
}

/** The operators' API is at no project's address. */
function outside(
  control: (request: HttpRequest) => Promise<HttpResponse>,
  baseDomain: string | null,
): (request: HttpRequest) => Promise<HttpResponse> | null {
  return (request) => {
    if (!request.path.startsWith('/admin/v1/')) return null
    return identifyProject(request, baseDomain) === null ? control(request) : null
  }
}
