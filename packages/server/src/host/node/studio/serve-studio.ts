/** The port of Studio. Until the first request nothing of it is loaded, and nothing is kept. */
import type { Config } from '#base/config'
import { formatGatewayError } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Log } from '#base/kernel'
import { trustProxies } from '#host/gateway'
import { compressionOf, limitsOf, serve } from '#host/node/http'
import type { Listening } from '#host/node/http'
import { studioErrors } from './errors.ts'
import type { StudioBackend } from './studio-backend.ts'

export interface StudioOptions {
  readonly config: Config
  readonly log: Log
  /** The built page; null where there is none. */
  readonly folder: string | null
  /** Called with the first request, and until it is there. Null while nothing is served. */
  readonly open: () => Promise<StudioBackend | null>
}

export interface Studio extends Listening {
  readonly url: string
}

type App = (request: HttpRequest) => Promise<HttpResponse>

/** Rejects with a `StartError` when the port cannot be had. */
export async function serveStudio(
  options: StudioOptions,
  wantedPort: number = options.config['studio.port'],
): Promise<Studio> {
  const { config, log, folder } = options
  const host = config['basalt.studio.host']
  const externalUrl = config['basalt.studio.external_url']
  const resolve = trustProxies(config['basalt.trusted_proxies'], config['basalt.forwarded_headers'])
  let app: Promise<App | null> | null = null
  let port = wantedPort
  const open = async (): Promise<App | null> => {
    const backend = await options.open()
    if (backend === null) return null
    const { createStudioApp } = await import('./studio-app.ts')
    return createStudioApp({ address: { port, externalUrl }, folder, backend, log })
  }
  const find = async (): Promise<App | null> => {
    const found = await (app ??= open()).catch((error: unknown) => {
      app = null
      throw error
    })
    if (found === null) app = null
    return found
  }
  const listening = await serve({
    ...limitsOf(config),
    compression: compressionOf(config),
    log,
    host,
    port: wantedPort,
    purpose: 'Studio',
    portOption: 'studio.port',
    handle: async (request) => {
      const found = await find()
      if (found === null) return starting(request)
      const { remoteAddress } = resolve(request)
      return found(
        remoteAddress === request.remoteAddress ? request : withAddress(request, remoteAddress),
      )
    },
  })
  port = listening.port
  const url = externalUrl ?? `http://${host === '::1' ? '[::1]' : '127.0.0.1'}:${port}`
  return { ...listening, url }
}

const startingPage =
  '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Basalt</title><p>The server is starting. This page opens by itself.</html>'

/** Who opens the page meanwhile gets it as soon as it is there. */
function starting(request: HttpRequest): HttpResponse {
  if (request.headers['sec-fetch-dest'] !== 'document')
    return formatGatewayError(studioErrors.studio_starting(), request)
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    refresh: '1',
  }
  return { status: 503, headers, body: startingPage }
}

function withAddress(request: HttpRequest, remoteAddress: string): HttpRequest {
  const { method, path, query, headers, cancellation, body } = request
  return { method, path, query, headers, remoteAddress, cancellation, body }
}
