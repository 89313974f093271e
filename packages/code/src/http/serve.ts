/** A server of routes: limits, CORS, the error boundary, a graceful end. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CodeError } from '#core'
import type { Log } from '#core'
import type { Answer } from './route.ts'

export interface ServeOptions {
  readonly host: string
  readonly port: number
  readonly allowedOrigins: readonly string[]
  readonly log: Log
  handle(request: IncomingMessage): Promise<Answer>
}

export interface Serving {
  readonly url: string
  /** Lets requests end, for so long at most. */
  close(graceMs: number): Promise<void>
}

export async function serve(options: ServeOptions): Promise<Serving> {
  const server = createServer(
    { requestTimeout: 60_000, headersTimeout: 15_000, keepAliveTimeout: 65_000 },
    (request, response) => void answer(options, request, response),
  )
  server.maxRequestsPerSocket = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const { address, port, family } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: (graceMs) => close(server, graceMs),
  }
}

async function answer(
  options: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answered: Answer
  try {
    answered = request.method === 'OPTIONS' ? { status: 204 } : await options.handle(request)
  } catch (error) {
    answered = answerError(options.log, request, error)
  }
  const body =
    answered.html ??
    answered.json ??
    (answered.body === undefined ? '' : JSON.stringify(answered.body))
  response.writeHead(answered.status, {
    ...(body === ''
      ? {}
      : { 'content-type': answered.html === undefined ? 'application/json' : 'text/html' }),
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...corsOf(options.allowedOrigins, request),
    // what was not read of a body cannot be told from the next request
    ...(request.complete ? {} : { connection: 'close' }),
    ...answered.headers,
  })
  response.end(body)
}

function answerError(log: Log, request: IncomingMessage, error: unknown): Answer {
  if (error instanceof CodeError) {
    if (error.status >= 500)
      log('error', error.message, { path: request.url?.slice(0, 200), ...error.details })
    return { status: error.status, body: error, headers: error.headers }
  }
  log('error', 'a request failed', {
    path: request.url?.slice(0, 200),
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  })
  return { status: 500, body: new CodeError('internal') }
}

function corsOf(allowed: readonly string[], request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers
  if (origin === undefined || !(allowed.includes('*') || allowed.includes(origin))) return {}
  return {
    'access-control-allow-origin': origin,
    vary: 'origin',
    'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': 'authorization, content-type, x-api-key',
    'access-control-expose-headers':
      'x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-quota-limit, x-quota-remaining, x-quota-reset, retry-after',
    'access-control-max-age': '600',
  }
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(timer)
}
