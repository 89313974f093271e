/** Requests that node:http reads: what is in flight on each of its connections, cancelled when the client goes away. */
import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { BodyAccount, BodyBudget } from './body-budget.ts'
import { BodyClock, hasBody } from './body-clock.ts'
import { Exchange } from './exchange.ts'
import { giveUpLater } from './half-closed.ts'
import { decodeValue } from './header-text.ts'
import { IncomingBody } from './incoming-body.ts'
import { HttpOutgoing } from './outgoing.ts'
import type { Outgoing } from './outgoing.ts'

export interface NodeHttpOptions {
  /** Never rejects. */
  readonly answer: (exchange: Exchange, outgoing: Outgoing) => Promise<void>
  readonly isClosing: () => boolean
  readonly budget: BodyBudget
  /** Request line and headers together, as the plain reader counts them. */
  readonly maxHeadBytes: number
  /** How long a body may take that is read whole; one that is streamed, from piece to piece. */
  readonly bodyTimeoutMs: number
  /** Told of a request whose body takes longer, while it has no answer. */
  readonly onBodyTimeout: (socket: Duplex) => void
  /** Takes over a WebSocket handshake. Without it upgrades are answered as ordinary requests. */
  readonly upgrade:
    | ((exchange: Exchange, socket: Socket, head: Buffer) => Promise<void>)
    | undefined
}

/** Returns whether part of an answer has gone out on a connection, and its rest has not. */
export function answerNodeHttp(
  server: Server,
  options: NodeHttpOptions,
): (socket: Duplex) => boolean {
  const { answer, isClosing, budget, maxHeadBytes, upgrade } = options
  const inFlight = new WeakMap<Duplex, InFlight>()
  const isBegun = (socket: Duplex): boolean =>
    [...(inFlight.get(socket)?.values() ?? [])].some((response) => response?.headersSent)
  server.on('request', (incoming, response) => {
    const refusal = refuse(incoming, maxHeadBytes)
    if (refusal !== null) {
      response.writeHead(refusal, { connection: 'close', 'content-type': 'application/json' })
      response.end(JSON.stringify({ message: STATUS_CODES[refusal] }))
      return
    }
    const account = budget.open()
    const exchange = exchangeOf(incoming, account, clockOf(options, incoming, response))
    const exchanges = exchangesOf(inFlight, incoming.socket)
    exchanges.set(exchange, response)
    // whatever follows it, node:http drops
    if (incoming.headers.upgrade !== undefined) response.shouldKeepAlive = false
    const outgoing = new HttpOutgoing(response, isClosing)
    void answer(exchange, outgoing).then(() => {
      exchanges.delete(exchange)
      account.close()
    })
  })
  if (upgrade === undefined) return isBegun
  // node:http hands over what asks for it; another protocol than ours is an ordinary request without an answer to that
  server.on('upgrade', (incoming, socket, head) => {
    const account = budget.open()
    const exchange = exchangeOf(incoming, account, null)
    const exchanges = exchangesOf(inFlight, incoming.socket)
    exchanges.set(exchange, null)
    void upgrade(exchange, socket as Socket, head).then(() => {
      exchanges.delete(exchange)
      account.close()
    })
  })
  return isBegun
}

/** The requests of a connection that are being answered. */
type InFlight = Map<Exchange, ServerResponse | null>

/** Usually one request, several when the client pipelines. One listener a connection instead of one a request. */
function exchangesOf(inFlight: WeakMap<Duplex, InFlight>, socket: Socket): InFlight {
  let exchanges = inFlight.get(socket)
  if (exchanges === undefined) {
    const added: InFlight = new Map()
    inFlight.set(socket, (exchanges = added))
    socket.once('end', () => {
      for (const exchange of added.keys()) giveUpLater(exchange)
    })
    socket.once('close', () => {
      for (const exchange of added.keys()) exchange.cancel()
    })
  }
  return exchanges
}

/** What node:http lets pass: a second Host (RFC 9112 section 3.2), and a head that is larger by its line ends. */
function refuse({ rawHeaders, method, url }: IncomingMessage, maxHeadBytes: number): number | null {
  let hosts = 0
  let bytes = (method?.length ?? 0) + (url?.length ?? 0) + ' HTTP/1.1\r\n\r\n'.length + 1
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
    bytes += name.length + (rawHeaders[i + 1] as string).length + ': \r\n'.length
  }
  if (hosts > 1) return 400
  return bytes > maxHeadBytes ? 431 : null
}

function clockOf(
  options: NodeHttpOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): BodyClock | null {
  if (!hasBody(incoming)) return null
  const { bodyTimeoutMs, onBodyTimeout } = options
  return new BodyClock(incoming, bodyTimeoutMs, () => {
    // whoever goes on sending after the answer is cut off
    if (response.headersSent) incoming.socket.destroy()
    else onBodyTimeout(incoming.socket)
  })
}

function exchangeOf(
  incoming: IncomingMessage,
  account: BodyAccount,
  clock: BodyClock | null,
): Exchange {
  const { method = 'GET', url = '/', socket } = incoming
  // lower-case and joined already; the one array, set-cookie, is no request header
  const headers = incoming.headers as Record<string, string>
  for (const name in headers) headers[name] = decodeValue(headers[name] as string)
  const body = new IncomingBody(incoming, account, clock)
  return new Exchange(method, originForm(url), headers, socket.remoteAddress ?? '', body)
}

/** `http://host/path?q` (sent to proxies) → `/path?q`; `*` (OPTIONS) → `/`. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const absolute = /^https?:\/\/[^/?#]*([^#]*)/i.exec(target)
  const rest = absolute?.[1] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}
