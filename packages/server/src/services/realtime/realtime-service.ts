/** Realtime as a service of the gateway. */
import type { Bus } from '#base/bus'
import { emptyResponse, jsonResponse, textResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Project, Scope, Service, ServiceDefinition, Upgrade } from '#base/service'
import { broadcastBatch, broadcastOne, connectionToken, streamEvents } from '#services/realtime/api'
import { openChanges } from '#services/realtime/changes'
import type { ParseStatements } from '#services/realtime/rows'
import type { ConnectReplication } from '#services/realtime/log'
import { Hub, RealtimeSocket, createRuntime } from '#services/realtime/channel'
import type { RealtimeRuntime, RealtimeStats } from '#services/realtime/channel'
import { formatError, readToken, realtimeErrors } from '#services/realtime/core'
import { realtimeLogin, realtimeMigrations } from './realtime-migrations.ts'

export interface RealtimeOptions {
  /** How the login that reads the log of changes connects; asked when it is first needed. */
  readonly connectReplication: ConnectReplication
  /** Makes `supabase_realtime_messages_publication`, which takes rights that Realtime's login has not. */
  readonly createMessagesPublication: () => Promise<void>
  /** To the other nodes of the project. */
  readonly bus: Bus
  /** Postgres's own parser, for policies; asked when there are some. */
  readonly parseStatements: ParseStatements
  /** Kept up to date for metrics. */
  readonly stats: RealtimeStats
}

export function createStats(): RealtimeStats {
  return {
    connections: 0,
    users: 0,
    dropped: 0,
    channels: 0,
    changesSent: 0,
    broadcastsSent: 0,
    lagBytes: 0,
    topics: () => [],
  }
}

const sweepMs = 1_000
const restarting = 1012

export function createRealtime(options: RealtimeOptions): ServiceDefinition {
  return {
    name: 'realtime',
    prefix: '/realtime/v1',
    migrations: realtimeMigrations,
    login: realtimeLogin,
    open: (project) => Promise.resolve(openRealtime(project, options)),
  }
}

function openRealtime(project: Project, options: RealtimeOptions): Service {
  const { random, clock } = project
  const { bus, stats } = options
  const hub = new Hub({ bus, random, clock, users: () => stats.users, stats })
  options.stats.topics = (limit) => hub.topics(limit)
  const { connectReplication: connect, ...others } = options
  const changes = openChanges({ ...others, project, connect, hub })
  const runtime = createRuntime(project, changes, hub, options.stats)
  const sweeper = new Sweeper(runtime)
  const retire = (): void => {
    for (const socket of runtime.sockets) socket.close(restarting, 'The server is restarting')
  }
  return {
    handle: (scope, request) => handle(runtime, sweeper, scope, request),
    upgrade: (_scope, request) => upgrade(runtime, sweeper, request),
    formatError,
    retire,
    close: async () => {
      retire()
      sweeper.stop()
      hub.close()
      await changes.close()
    },
  }
}

const single = /^\/api\/broadcast\/([^/]+)\/events\/([^/]+)$/

async function handle(
  runtime: RealtimeRuntime,
  sweeper: Sweeper,
  scope: Scope,
  request: HttpRequest,
): Promise<HttpResponse> {
  const { method, path } = request
  if (path === '/events' && method === 'GET') {
    sweeper.start()
    return streamEvents(runtime, scope, request)
  }
  if (path === '/api/ping' && method === 'GET') return jsonResponse(200, { message: 'Success' })
  if (path === '/healthcheck') return textResponse(200, 'ok')
  if (method === 'HEAD' && path === '/api/ping') return emptyResponse(200)
  if (method === 'POST' && path === '/api/broadcast') return broadcastBatch(runtime, scope, request)
  const [, topic, event] = (method === 'POST' && single.exec(path)) || []
  if (topic !== undefined && event !== undefined)
    return broadcastOne(runtime, scope, request, { topic: decode(topic), event: decode(event) })
  if (isSocketPath(path)) throw realtimeErrors.UpgradeRequired()
  throw realtimeErrors.RealtimeRouteNotFound({ method, path })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function isSocketPath(path: string): boolean {
  return path === '/websocket' || path === '/socket/websocket'
}

async function upgrade(
  runtime: RealtimeRuntime,
  sweeper: Sweeper,
  request: HttpRequest,
): Promise<Upgrade> {
  const { method, path } = request
  if (!isSocketPath(path)) throw realtimeErrors.RealtimeRouteNotFound({ method, path })
  const token = connectionToken(runtime.project, request)
  if (token === null) throw realtimeErrors.ApiKeyMissing()
  const reading = readToken(runtime.project, token)
  if (!reading.ok) throw realtimeErrors.TokenRefused({ message: reading.message })
  const vsn = new URLSearchParams(request.query).get('vsn') ?? ''
  const version = vsn.startsWith('2.') ? '2.0.0' : '1.0.0'
  return {
    accept: (connection) => {
      void new RealtimeSocket(runtime, connection, { version, token })
      sweeper.start()
    },
  }
}

/** Looks after the connections once a second, as long as there are any. */
class Sweeper {
  readonly #runtime: RealtimeRuntime
  #timer: NodeJS.Timeout | null = null

  constructor(runtime: RealtimeRuntime) {
    this.#runtime = runtime
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#sweep(), sweepMs).unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #sweep(): void {
    const { sockets, project } = this.#runtime
    const now = project.clock.now()
    for (const socket of sockets) socket.sweep(now)
    if (sockets.size === 0) this.stop()
  }
}
