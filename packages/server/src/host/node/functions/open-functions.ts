/** What functions run in on this machine: Deno, as nobody who owns anything, in folders of its own. */
import type { Config } from '#base/config'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Log } from '#base/kernel'
import type { Upgrade } from '#base/service'
import { createPreparer, FolderSource, FunctionStats, MemoryLogs } from '#services/functions'
import type { DenoHost, FunctionsRuntime } from '#services/functions'
import { serve } from '#host/node/http'
import { asFunction } from './as-function.ts'
import { folderIn, openDenoHost } from './open-deno-host.ts'

export interface FunctionsOptions {
  /** Holds `supabase/functions`. */
  readonly workdir: string
  readonly config: Config
  readonly log: Log
  /** `SUPABASE_DB_URL`, of the project's owner; null: they have none. */
  readonly databaseUrl: string | null
  /** The platform, once it is there: what functions call. */
  readonly platform: () => Api
}

interface Api {
  readonly externalUrl: string
  handle(request: HttpRequest): Promise<HttpResponse>
  upgrade(request: HttpRequest): Promise<Upgrade>
}

/** Nothing is made before the first call. */
export function openFunctions(options: FunctionsOptions): FunctionsRuntime {
  const { workdir, config, log } = options
  let opened: DenoHost | null = null
  const host = (): DenoHost => (opened ??= openDenoHost(workdir, config))
  const prepare = createPreparer(host)
  return {
    host,
    prepare,
    deployedFolder: () => folderIn(host().folder, 'deployed'),
    logs: new MemoryLogs(log),
    stats: new FunctionStats(),
    databaseUrl: options.databaseUrl,
    source: (project) =>
      new FolderSource({
        workdir,
        config: () => project.config,
        folder: () => folderIn(host().folder, 'functions'),
        prepare,
        log,
        now: () => project.clock.now(),
      }),
    openGate: (path) => openGate(path, options),
  }
}

async function openGate(
  path: string,
  { config, log, platform }: FunctionsOptions,
): Promise<{ close(): Promise<void> }> {
  const host = new URL(platform().externalUrl).host
  const listening = await serve({
    host: '',
    port: 0,
    purpose: 'functions',
    portOption: 'api.port',
    unixSocket: { path, mode: 0o666 },
    handle: (request) => platform().handle(asFunction(request, host)),
    upgrade: (request) => platform().upgrade(asFunction(request, host)),
    log,
    maxHeaderBytes: config['basalt.max_header_size'] + config['basalt.max_url_length'],
    headerTimeoutMs: config['basalt.header_timeout'],
    requestTimeoutMs: config['basalt.request_timeout'],
    keepAliveTimeoutMs: config['basalt.keep_alive_timeout'],
    maxBodyBytesInFlight: config['basalt.max_bodies'],
  })
  return { close: () => listening.close(0) }
}
