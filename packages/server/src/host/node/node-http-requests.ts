/** Requests that node:http reads: what is in flight on each of its connections, cancelled when the client goes away. */
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { HttpHeaders, HttpRequest } from '#base/http'
import { Exchange } from './exchange.ts'
import { IncomingBody } from './incoming-body.ts'
import { HttpOutgoing } from './outgoing.ts'
import type { Outgoing } from './outgoing.ts'

export interface NodeHttpOptions {
  /** Never rejects. */
  readonly answer: (exchange: Exchange, outgoing: Outgoing) => Promise<void>
  readonly isClosing: () => boolean
  /** Takes over a WebSocket handshake. Without it upgrades are answered as ordinary requests. */
  readonly upgrade: ((request: HttpRequest, socket: Duplex, head: Uint8Array) => void) | undefined
}

export function answerNodeHttp(
  server: Server,
  { answer, isClosing, upgrade }: NodeHttpOptions,
): void {
  const inFlight = new WeakMap<Socket, Set<Exchange>>()
  server.on('request', (incoming, response) => {
    const exchange = exchangeOf(incoming)
    const exchanges = exchangesOf(inFlight, incoming.socket)
    exchanges.add(exchange)
    const outgoing = new HttpOutgoing(response, isClosing)
    void answer(exchange, outgoing).then(() => exchanges.delete(exchange))
  })
  if (upgrade === undefined) return
  server.on('upgrade', (incoming, socket, head) => {
    const exchange = exchangeOf(incoming)
    exchangesOf(inFlight, incoming.socket).add(exchange)
    upgrade(exchange, socket, head)
  })
}

/** Usually one request, several when the client pipelines. One listener a connection instead of one a request. */
function exchangesOf(inFlight: WeakMap<Socket, Set<Exchange>>, socket: Socket): Set<Exchange> {
  let exchanges = inFlight.get(socket)
  if (exchanges === undefined) {
    const added = new Set<Exchange>()
    inFlight.set(socket, (exchanges = added))
    socket.once('close', () => {
      for (const exchange of added) exchange.cancel()
    })
  }
  return exchanges
}

function exchangeOf(incoming: IncomingMessage): Exchange {
  const { method = 'GET', url = '/', socket } = incoming
  // lower-case and joined already; the one array, set-cookie, is no request header
  const headers = incoming.headers as HttpHeaders
  const body = new IncomingBody(incoming)
  return new Exchange(method, originForm(url), headers, socket.remoteAddress ?? '', body)
}

/** `http://host/path?q` (sent to proxies) → `/path?q`; `*` (OPTIONS) → `/`. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const absolute = /^https?:\/\/[^/?#]*([^#]*)/i.exec(target)
  const rest = absolute?.[1] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}
