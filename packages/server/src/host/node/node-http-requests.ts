/** Requests that node:http reads: what is in flight on each of its connections, cancelled when the client goes away. */
import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { HttpRequest } from '#base/http'
import type { BodyAccount, BodyBudget } from './body-budget.ts'
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
  /** Takes over a WebSocket handshake. Without it upgrades are answered as ordinary requests. */
  readonly upgrade: ((request: HttpRequest, socket: Duplex, head: Uint8Array) => void) | undefined
}

/** Returns whether part of an answer has gone out on a connection, and its rest has not. */
export function answerNodeHttp(
  server: Server,
  { answer, isClosing, budget, maxHeadBytes, upgrade }: NodeHttpOptions,
): (socket: Duplex) => boolean {
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
    const exchange = exchangeOf(incoming, account)
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
  server.on('upgrade', (incoming, socket, head) => {
    const exchange = exchangeOf(incoming, budget.open())
    exchangesOf(inFlight, incoming.socket).set(exchange, null)
    upgrade(exchange, socket, head)
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

function exchangeOf(incoming: IncomingMessage, account: BodyAccount): Exchange {
  const { method = 'GET', url = '/', socket } = incoming
  // lower-case and joined already; the one array, set-cookie, is no request header
  const headers = incoming.headers as Record<string, string>
  for (const name in headers) headers[name] = decodeValue(headers[name] as string)
  const body = new IncomingBody(incoming, account)
  return new Exchange(method, originForm(url), headers, socket.remoteAddress ?? '', body)
}

/** `http://host/path?q` (sent to proxies) → `/path?q`; `*` (OPTIONS) → `/`. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const absolute = /^https?:\/\/[^/?#]*([^#]*)/i.exec(target)
  const rest = absolute?.[1] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}
