/** A handler behind a TCP port: node:http with limits, timeouts against slow clients, cancellation, and a close that drains. */
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server as TlsServer } from 'node:https'
import { Server as TcpServer } from 'node:net'
import { chmodSync, rmSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import type { HttpRequest, HttpResponse, StreamedBody } from '#base/http'
import { formatGatewayError, httpErrors } from '#base/http'
import { variableName } from '#base/config'
import type { Upgrade } from '#base/service'
import type { Log } from '#base/kernel'
import { BodyBudget } from './body-budget.ts'
import { limitConnections } from './connection-limit.ts'
import type { Exchange } from './exchange.ts'
import { answerNodeHttp } from './node-http-requests.ts'
import type { Outgoing } from './outgoing.ts'
import { PlainConnections } from './plain-connections.ts'
import { compressResponse } from '#host/node/http/compress'
import type { CompressionOptions } from '#host/node/http/compress'
import type { Tls, TlsPair } from './read-tls.ts'
import { StartError } from '#host/node/core'
import { WebSockets } from './web-sockets.ts'
import { WebSocketAwareMessage } from './websocket-message.ts'
import { writeResponse } from './write-response.ts'

export interface ServeOptions {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  /** For messages: `the API`, and where the port is set: `api.port`. */
  readonly purpose: string
  readonly portOption: string
  /** Where that option is written; default `supabase/config.toml`. */
  readonly configName?: string
  /** Listens on a Unix socket instead; `mode` are its permissions, octal (`0o660`). A file left there is replaced. */
  readonly unixSocket?: { readonly path: string; readonly mode: number }
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>
  /** Answers a WebSocket handshake. Without it upgrades are answered as ordinary requests. */
  readonly upgrade?: (request: HttpRequest) => Promise<Upgrade>
  readonly log: Log
  readonly tls?: TlsPair & Partial<Pick<Tls, 'follow'>>
  /** Default: answers are sent as they are. */
  readonly compression?: CompressionOptions | null
  /** Request line and headers together. */
  readonly maxHeaderBytes: number
  readonly headerTimeoutMs: number
  /** For the whole request to arrive. */
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** Of all request bodies together that are held in memory at the same time. Default 128 MiB. */
  readonly maxBodyBytesInFlight?: number
  /** Further ones are closed at once. Default 20,000. */
  readonly maxConnections?: number
}

export interface Listening {
  readonly host: string
  readonly port: number
  /**
   * Accepts no more, lets requests in flight finish until the deadline, then cuts what is left. Connections that wait for
   * their next request are closed after `lingerMs`, or with the answer to one that comes before: a load balancer that
   * sends one at the moment its connection ends has to give it up.
   */
  close(deadlineMs: number, lingerMs?: number): Promise<void>
}

/** How often Node looks for clients past their timeouts. */
const timeoutCheckMs = 1000

/** Rejects with a `StartError` when the port cannot be had. */
export async function serve(options: ServeOptions): Promise<Listening> {
  const server = createHttpServer(options)
  let closing = false
  const endless = new Set<StreamedBody>()
  limitConnections(server, options.maxConnections ?? 20_000, options.log)
  const connections = {
    budget: new BodyBudget(options.maxBodyBytesInFlight ?? 128 * 1024 * 1024),
    answer: (exchange: Exchange, outgoing: Outgoing) =>
      answer(options, endless, exchange, outgoing),
    isClosing: () => closing,
  }
  const webSockets =
    options.upgrade === undefined ? null : new WebSockets(options.upgrade, options.log)
  const isBegun = answerNodeHttp(server, {
    ...connections,
    maxHeadBytes: options.maxHeaderBytes,
    bodyTimeoutMs: options.requestTimeoutMs,
    onBodyTimeout: (socket) => refuse(tooSlow(), socket, false, options.log),
    upgrade: webSockets?.answer,
  })
  // who sends no more may still wait for the answer
  Object.assign(server, { httpAllowHalfOpen: true })
  const plain = new PlainConnections(
    server,
    options.tls === undefined ? 'connection' : 'secureConnection',
    {
      ...connections,
      maxHeadBytes: options.maxHeaderBytes,
      keepAliveMs: options.keepAliveTimeoutMs,
    },
  )
  server.on('clientError', (error, socket) => refuse(error, socket, isBegun(socket), options.log))
  const port = await listen(server, options)
  const stopFollowing = options.tls?.follow?.((pair) =>
    (server as TlsServer).setSecureContext(pair),
  )
  return {
    host: options.host,
    port,
    close: (deadlineMs, lingerMs = 0) => {
      closing = true
      stopFollowing?.()
      webSockets?.close(deadlineMs)
      for (const body of endless) body.finish?.()
      return closeServer(server, plain, deadlineMs, lingerMs)
    },
  }
}

function createHttpServer(options: ServeOptions): Server {
  const limits = {
    maxHeaderSize: options.maxHeaderBytes,
    headersTimeout: options.headerTimeoutMs,
    // bodies have a clock of their own (body-clock.ts): an upload may take longer than any other request
    requestTimeout: 0,
    keepAliveTimeout: options.keepAliveTimeoutMs,
    connectionsCheckingInterval: timeoutCheckMs,
    IncomingMessage: WebSocketAwareMessage,
  }
  return options.tls === undefined
    ? createServer(limits)
    : createTlsServer({ ...limits, cert: options.tls.cert, key: options.tls.key })
}

async function answer(
  options: ServeOptions,
  endless: Set<StreamedBody>,
  exchange: Exchange,
  outgoing: Outgoing,
): Promise<void> {
  const { compression = null } = options
  let response: HttpResponse
  try {
    response = await options.handle(exchange)
    if (compression !== null) response = compressResponse(compression, exchange, response)
  } catch (error) {
    options.log.error('A handler threw', { error: describe(error) })
    response = formatGatewayError(httpErrors.unexpected_failure(), exchange)
  }
  const body = endlessBody(response)
  if (body !== null) endless.add(body)
  try {
    const written = writeResponse(outgoing, exchange.method, response, exchange)
    if (written !== undefined) await written
  } catch (error) {
    if (!exchange.cancelled) {
      options.log.error('A response could not be written', { error: describe(error) })
    }
    outgoing.fail()
  } finally {
    if (body !== null) endless.delete(body)
  }
}

function endlessBody({ body }: HttpResponse): StreamedBody | null {
  return typeof body === 'object' && body !== null && 'finish' in body ? body : null
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

const refusals: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

function tooSlow(): Error {
  return Object.assign(new Error('the body takes too long'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
}

/** Not HTTP, headers too large, or too slow: there is no request to hand to anybody. */
function refuse(error: Error, socket: Duplex, isBegun: boolean, log: Log): void {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  // what comes behind `connection: close` is nobody's; the connection ends with its answer
  if (code === 'HPE_CLOSED_CONNECTION') return
  // within an answer another one would be read as its rest
  if (code === 'ECONNRESET' || !socket.writable || isBegun) {
    socket.destroy()
    return
  }
  const status = refusals[code] ?? '400 Bad Request'
  log.info('request refused', { status: Number(status.slice(0, 3)), reason: code })
  const body = JSON.stringify({ message: status.slice(4) })
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
}

function listen(server: Server, options: ServeOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const { unixSocket } = options
    server.once('error', (error) => reject(explainListenError(error, options)))
    const listening = (): void => {
      server.removeAllListeners('error')
      server.on('error', (error) => options.log.error('server error', { error: describe(error) }))
      if (unixSocket !== undefined) chmodSync(unixSocket.path, unixSocket.mode)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    }
    if (unixSocket === undefined) server.listen(options.port, options.host, listening)
    else {
      rmSync(unixSocket.path, { force: true })
      server.listen(unixSocket.path, listening)
    }
  })
}

function explainListenError(error: NodeJS.ErrnoException, options: ServeOptions): Error {
  const { port, host, purpose, portOption } = options
  const remedy =
    options.configName === undefined
      ? `set ${portOption} in supabase/config.toml (or ${variableName(portOption)} in the environment)`
      : `set ${portOption} in ${options.configName}`
  if (error.code === 'EADDRINUSE') {
    return new StartError(
      'port-in-use',
      `Port ${port}, meant for ${purpose}, is already in use on ${host}. Stop what listens there (another project, or supabase start? see: ss -ltnp sport = :${port}), or ${remedy}.`,
      error,
    )
  }
  if (error.code === 'EACCES') {
    return new StartError(
      'permission',
      `Port ${port}, meant for ${purpose}, needs more rights than we have. Take one above 1023: ${remedy}.`,
      error,
    )
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new StartError(
      'config',
      `This machine has no address ${host}. Correct ${options.configName === undefined ? 'basalt.host' : 'server-host'}.`,
      error,
    )
  }
  return error
}

async function closeServer(
  server: Server,
  plain: PlainConnections,
  deadlineMs: number,
  lingerMs: number,
): Promise<void> {
  // stops accepting; the callback waits for all connections
  const closed = new Promise<void>((resolve) => {
    // `close` of node:http would end idle connections at once
    const stopAccepting = (): void => void TcpServer.prototype.close.call(server, () => resolve())
    if (lingerMs === 0) stopAccepting()
    // behind the poll phase, which has just taken all that had arrived: what has not been accepted is reset
    else setImmediate(stopAccepting)
  })
  let sweep: NodeJS.Timeout | null = null
  const closeIdle = (): void => {
    plain.closeIdle()
    server.closeIdleConnections()
    // a stream that began before ends on a connection that was promised to stay open
    sweep = setInterval(() => server.closeIdleConnections(), 50)
  }
  const linger = lingerMs === 0 ? null : setTimeout(closeIdle, lingerMs)
  if (linger === null) closeIdle()
  const cut = setTimeout(() => {
    server.closeAllConnections()
    plain.closeAll()
  }, lingerMs + deadlineMs)
  await closed
  clearTimeout(cut)
  if (linger !== null) clearTimeout(linger)
  if (sweep !== null) clearInterval(sweep)
}
