/** The platform: one project, its services and their gateway as a function from request to response. */
import {
  createAccessLog,
  createEdge,
  createGateway,
  createMetrics,
  handleAdmin,
} from '#host/gateway'
import type { Gateway } from '#host/gateway'
import { fromWebRequest, toWebResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Bus } from '#base/bus'
import type { Config } from '#base/config'
import { silentLog, systemClock, systemRandom } from '#base/kernel'
import type { RunningProject, Upgrade } from '#base/service'
import type { ProjectKeys } from '#base/token'
import { busOfProject, openBus } from './open-bus.ts'
import { openProjectStack } from './open-project-stack.ts'
import type { ProjectStack } from './open-project-stack.ts'
import type { PlatformOptions } from './platform-options.ts'
import { keysAtStart } from './stored-settings.ts'

export interface Platform {
  /** Same signature as the global: `createClient(url, key, { global: { fetch: platform.fetch } })`. */
  fetch(this: void, input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** For servers that speak the platform's own messages (`node/`). */
  handle(request: HttpRequest): Promise<HttpResponse>
  /** A WebSocket handshake, for the same servers. */
  upgrade(request: HttpRequest): Promise<Upgrade>
  /** Metrics and health, for a port of their own. */
  handleAdmin(request: HttpRequest): Promise<HttpResponse>
  /** Prepares the database and opens the services. Rejects with the reason; nothing is left open. */
  start(): Promise<void>
  /** Answers what is running, refuses what is new, closes every connection. */
  close(): Promise<void>
  readonly keys: ProjectKeys
  /** As it is in effect by now. */
  readonly config: Config
  /** For who looks on; null while it does not run. */
  readonly running: RunningProject | null
  /** What is being answered, and what was, since the start. */
  stats(): { readonly running: number; readonly requests: number }
  /** Where clients are told the platform is: `http://127.0.0.1:54321`. */
  readonly externalUrl: string
}

const ref = 'default'

/** A platform on a given database. Nothing happens before `start`. */
export function createPlatform(options: PlatformOptions): Platform {
  const { config, log = silentLog, clock = systemClock, random = systemRandom } = options
  const externalUrl = config['api.external_url'] ?? `http://127.0.0.1:${config['api.port']}`
  const startKeys = keysAtStart(options, externalUrl)
  const metrics = createMetrics(options.certificates)
  for (const gauge of options.gauges ?? []) metrics.addGauge(gauge)
  let project: ProjectStack | null = null
  let bus: Bus | null = null
  const edge = createEdge(config, clock, log)
  const gateway = createGateway({
    findProject: () => project?.runtime ?? null,
    edge,
    metrics,
    accessLog: createAccessLog(config, log),
    observer: options.observer ?? null,
    log,
    clock,
    random,
    maxUrlBytes: config['basalt.max_url_length'],
    requestTimeoutMs: config['basalt.request_timeout'],
  })

  async function start(): Promise<void> {
    const opened = (bus = options.bus ?? (await openBus(config, log)))
    const isAlone = options.bus === undefined && config['basalt.redis_url'] === null
    try {
      project = await openProjectStack({
        ...options,
        ref,
        externalUrl,
        log,
        clock,
        random,
        metrics,
        busOf: async (db) =>
          isAlone ? opened : busOfProject(opened, ref, startKeys.jwtSecret, db),
      })
    } catch (error) {
      await opened.close()
      throw error
    }
  }

  let closing: Promise<void> | null = null
  async function close(): Promise<void> {
    await gateway.drain(config['basalt.shutdown_timeout'])
    await project?.close()
    await bus?.close()
    edge.close()
  }

  return {
    fetch: (input, init) => fetchFrom(gateway, new Request(input, init)),
    handle: (request) => gateway.handle(request),
    upgrade: (request) => gateway.upgrade(request),
    handleAdmin: (request) => handleAdmin(metrics, request),
    start,
    close: () => (closing ??= close()),
    get keys() {
      return project?.keys() ?? startKeys
    },
    get config() {
      return project?.runtime.project.config ?? config
    },
    get running() {
      return project?.running ?? null
    },
    stats: () => {
      const use = project?.runtime.use
      return { running: use?.running ?? 0, requests: use?.total ?? 0 }
    },
    externalUrl,
  }
}

async function fetchFrom(gateway: Gateway, request: Request): Promise<Response> {
  const { signal } = request
  signal.throwIfAborted()
  const response = await gateway.handle(fromWebRequest(request))
  // as with the global fetch, whoever gave up gets no answer
  signal.throwIfAborted()
  return toWebResponse(response)
}
