/** The ports of a server: the API's, and the one of metrics and health. */
import type { Config } from '#base/config'
import { textResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Log } from '#base/kernel'
import { guarded } from './guarded.ts'
import { readTls } from './read-tls.ts'
import { serve } from './serve.ts'
import type { CompressionOptions } from '#host/node/http/compress'
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
  const tls = readTls(config, workdir, log)
  return serve({
    ...limitsOf(config),
    ...handlers,
    compression: compressionOf(config),
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

/** `/metrics` on a port of its own, where one is asked for: it goes on to `handle`, and nothing else does. */
export async function serveMetrics(
  { config, log }: Server,
  handle: ServeOptions['handle'],
): Promise<Listening | null> {
  const port = config['basalt.observability.metrics.port']
  if (port === null) return null
  const host = config['basalt.observability.metrics.host']
  return serve({
    ...limitsOf(config),
    log,
    host,
    port,
    purpose: 'metrics',
    portOption: 'basalt.observability.metrics.port',
    handle: guarded(host, (request) => answerMetrics(request, handle)),
  })
}

function answerMetrics(
  request: HttpRequest,
  handle: ServeOptions['handle'],
): Promise<HttpResponse> {
  const { path, method } = request
  if (path !== '/metrics') return Promise.resolve(textResponse(404, 'Here is /metrics\n'))
  if (method === 'GET' || method === 'HEAD') return handle(request)
  return Promise.resolve({ status: 405, headers: { allow: 'GET, HEAD' }, body: null })
}

/** Of the ports that clients call. */
export function compressionOf(config: Config): CompressionOptions | null {
  if (!config['basalt.compression.enabled']) return null
  return {
    level: config['basalt.compression.level'],
    minBytes: config['basalt.compression.min_size'],
  }
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
