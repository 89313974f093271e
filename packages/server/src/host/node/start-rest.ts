/** `basalt rest`: the data API alone behind a port or a Unix socket, and its admin port. */
import type { RestConfig, RestLoader } from '#base/config'
import type { HttpRequest, HttpResponse } from '#base/http'
import { silentLog } from '#base/kernel'
import type { Log } from '#base/kernel'
import { createRestPlatform } from '#host/rest'
import { serve } from '#host/node/http'
import type { Listening, ServeOptions } from '#host/node/http'

// what a program that starts it needs besides; this file is the entry `@basalt/server/rest`, which loads nothing else
export { ConfigError, createRestLoader, exampleRestConfig, printRestConfig } from '#base/config'
export type { LoadedRestConfig, RestConfig, RestLoader } from '#base/config'
export { loadWithDatabase } from '#host/rest'
export { createLogger } from '#host/node/core'

export interface StartRestOptions {
  /** Where the options come from; asked again for each reload. */
  readonly load: RestLoader
  /** Of every level: `log-level` is seen to here. */
  readonly log?: Log
  /** One sentence each, of the configuration. */
  readonly onWarning?: (message: string) => void
  /** The database was lost for good; `stop` is still to be called. */
  readonly onFailure?: (error: unknown) => void
}

export interface RestServer {
  /** `http://127.0.0.1:3000`, or the path of the Unix socket. */
  readonly address: string
  /** Null when there is no admin server. */
  readonly adminAddress: string | null
  readonly reloadSchema: () => Promise<void>
  readonly reloadConfig: () => Promise<void>
  /** Answers requests in flight, then closes ports and connections. */
  readonly stop: () => Promise<void>
}

const shutdownMs = 10_000

/** Rejects with a `ConfigError` or `StartError`, nothing left running. A database that cannot be reached is waited for. */
export async function startRest(options: StartRestOptions): Promise<RestServer> {
  const { log = silentLog } = options
  const platform = createRestPlatform({
    load: (inDatabase) => {
      const loaded = options.load(inDatabase)
      for (const warning of loaded.warnings) options.onWarning?.(warning)
      return loaded
    },
    log,
    ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
  })
  const listeners: Listening[] = []
  const state = { isServing: false }
  const stop = async (): Promise<void> => {
    await Promise.all(listeners.map((listening) => listening.close(shutdownMs)))
    await platform.close()
  }
  try {
    const admin = adminPlace(platform.config)
    if (admin !== null)
      listeners.push(await open(admin, log, (request) => platform.handleAdmin(request, state)))
    await platform.start()
    const main = mainPlace(platform.config)
    const listening = await open(main, log, (request) => platform.handle(request))
    listeners.push(listening)
    state.isServing = true
    return {
      address: addressOf(main, listening),
      adminAddress: admin === null ? null : addressOf(admin, listeners[0] as Listening),
      reloadSchema: () => platform.reloadSchema(),
      reloadConfig: () => platform.reloadConfig(),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

type Place = Pick<ServeOptions, 'host' | 'port' | 'purpose' | 'portOption' | 'unixSocket'>

function mainPlace(config: RestConfig): Place {
  const socket = config['server-unix-socket']
  return {
    host: hostOf(config['server-host']),
    port: config['server-port'],
    purpose: 'the API',
    portOption: 'server-port',
    ...(socket === null
      ? {}
      : { unixSocket: { path: socket, mode: modeOf(config['server-unix-socket-mode']) } }),
  }
}

function adminPlace(config: RestConfig): Place | null {
  const { 'admin-server-port': port, 'admin-server-unix-socket': socket } = config
  if (port === null && socket === null) return null
  const mode = modeOf(config['admin-server-unix-socket-mode'])
  return {
    host: hostOf(config['admin-server-host'] ?? config['server-host']),
    port: port ?? 0,
    purpose: 'the admin server',
    portOption: 'admin-server-port',
    ...(socket === null ? {} : { unixSocket: { path: socket, mode } }),
  }
}

const modeOf = (octal: string): number => Number.parseInt(octal, 8)

/** PostgREST's words for all addresses. */
function hostOf(name: string): string {
  if (name === '*6' || name === '!6') return '::'
  return ['*', '*4', '!4'].includes(name) ? '0.0.0.0' : name
}

function open(
  place: Place,
  log: Log,
  handle: (request: HttpRequest) => Promise<HttpResponse>,
): Promise<Listening> {
  return serve({
    ...place,
    configName: 'the configuration (or PGRST_SERVER_PORT, PGRST_ADMIN_SERVER_PORT)',
    handle,
    log,
    maxHeaderBytes: 80 * 1024,
    headerTimeoutMs: 15_000,
    requestTimeoutMs: 300_000,
    keepAliveTimeoutMs: 65_000,
  })
}

function addressOf({ unixSocket, host }: Place, { port }: Listening): string {
  if (unixSocket !== undefined) return unixSocket.path
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
