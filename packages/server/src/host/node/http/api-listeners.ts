/** The ports of a server: the API's, and the one of metrics and health. */
import type { Config } from '#base/config'
import type { Log } from '#base/kernel'
import { guarded } from './guarded.ts'
import { readTls } from './read-tls.ts'
import { serve } from './serve.ts'
import type { Listening, ServeOptions } from './serve.ts'

interface Server {
  readonly config: Config
  /** Holds `supabase/`, where the certificate is. */
  readonly workdir: string
  readonly log: Log
}

export function serveApi(
  { config, workdir, log }: Server,
  handlers: Pick<ServeOptions, 'handle' | 'upgrade'>,
): Promise<Listening> {
  const tls = readTls(config, workdir)
  return serve({
    ...limitsOf(config),
    ...handlers,
    log,
    host: config['basalt.host'],
    port: config['api.port'],
    purpose: 'the API',
    portOption: 'api.port',
    ...(tls === null ? {} : { tls }),
  })
}

/** Metrics and health. */
export function serveAdmin(
  { config, log }: Server,
  handle: ServeOptions['handle'],
): Promise<Listening> {
  const host = config['basalt.admin_host']
  return serve({
    ...limitsOf(config),
    log,
    host,
    port: config['basalt.admin_port'],
    purpose: 'metrics and health',
    portOption: 'basalt.admin_port',
    handle: guarded(host, handle),
  })
}

/** Of every port of ours. */
export function limitsOf(config: Config) {
  return {
    maxHeaderBytes: config['basalt.max_header_size'] + config['basalt.max_url_length'],
    headerTimeoutMs: config['basalt.header_timeout'],
    requestTimeoutMs: config['basalt.request_timeout'],
    keepAliveTimeoutMs: config['basalt.keep_alive_timeout'],
    maxBodyBytesInFlight: config['basalt.max_bodies'],
    maxConnections: config['basalt.max_connections'],
  }
}
