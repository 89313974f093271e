/** WebSocket handshakes and the connections they become: `ws` speaks the protocol, loaded with the first of them. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { WebSocket, WebSocketServer } from 'ws'
import type { HttpRequest } from '#base/http'
import type { Log } from '#base/kernel'
import type { Upgrade, WebSocketConnection } from '#base/service'
import type { Exchange } from './exchange.ts'
import { FrameRun } from './frame-run.ts'
import { responseHead } from './web-socket-refusal.ts'

/** As supabase/realtime's. */
const maxMessageBytes = 5_000_000
/** Between our close frame and the client's. */
const closeTimeoutMs = 1_000
const restarting = 1012

export class WebSockets {
  readonly #upgrade: (request: HttpRequest) => Promise<Upgrade>
  readonly #log: Log
  readonly #open = new Set<Connection>()
  #server: Promise<WebSocketServer> | null = null
  #closing = false

  constructor(upgrade: (request: HttpRequest) => Promise<Upgrade>, log: Log) {
    this.#upgrade = upgrade
    this.#log = log
  }

  /** Never rejects. */
  readonly answer = async (exchange: Exchange, socket: Socket, head: Buffer): Promise<void> => {
    // who goes away during the handshake is no error of anybody
    socket.on('error', () => socket.destroy())
    try {
      const outcome = await this.#upgrade(exchange)
      if ('refusal' in outcome) socket.end(responseHead(outcome.refusal))
      else await this.#accept(exchange, socket, head, outcome)
    } catch (error) {
      this.#log.error('A WebSocket handshake failed', { error: String(error) })
      socket.destroy()
    }
  }

  /** Says that the server goes away, and cuts at the deadline who does not go. */
  close(deadlineMs: number): void {
    this.#closing = true
    for (const connection of this.#open) connection.close(restarting, 'The server is restarting')
    const cut = setTimeout(() => {
      for (const connection of this.#open) connection.terminate()
    }, deadlineMs)
    cut.unref()
  }

  async #accept(
    exchange: Exchange,
    socket: Socket,
    head: Buffer,
    { accept, abandon, protocol }: Extract<Upgrade, { readonly accept: unknown }>,
  ): Promise<void> {
    const server = await (this.#server ??= createServer())
    if (this.#closing || socket.destroyed) {
      socket.destroy()
      abandon?.()
      return
    }
    let isAccepted = false
    socket.once('close', () => {
      if (!isAccepted) abandon?.()
    })
    if (protocol !== undefined) protocols.set(exchange, protocol)
    // all that `ws` reads of a request are its method and its headers; what is wrong with them it refuses itself
    server.handleUpgrade(exchange as unknown as IncomingMessage, socket, head, (webSocket) => {
      socket.setTimeout(0)
      socket.setNoDelay(true)
      isAccepted = true
      const connection = new Connection(webSocket, socket)
      this.#open.add(connection)
      webSocket.on('close', () => this.#open.delete(connection))
      accept(connection)
    })
  }
}

/** What a service chose of the subprotocols a client offers. */
const protocols = new WeakMap<object, string>()

async function createServer(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws')
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    handleProtocols: (offered, exchange) => {
      const [first = false] = offered
      const chosen = protocols.get(exchange) ?? first
      return chosen === '' ? false : chosen
    },
  })
}

class Connection implements WebSocketConnection {
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  /** What this turn of the event loop has written so far. */
  #turn: FrameRun | null = null

  constructor(webSocket: WebSocket, socket: Socket) {
    this.#webSocket = webSocket
    this.#socket = socket
    // a message that breaks the protocol: `ws` closes
    webSocket.on('error', () => {})
  }

  get queuedBytes(): number {
    return this.#socket.writableLength + (this.#turn?.length ?? 0)
  }

  /** Straight to the socket: without compression `ws` keeps nothing back that this could overtake. */
  write(frame: Uint8Array): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return
    if (this.#turn === null) {
      this.#turn = FrameRun.from(frame)
      setImmediate(() => this.#flush())
      return
    }
    this.#turn = this.#turn.with(frame)
  }

  #flush(): void {
    const turn = this.#turn
    this.#turn = null
    if (turn === null || this.#webSocket.readyState !== this.#webSocket.OPEN) return
    this.#socket.cork()
    for (const bytes of turn.chunks()) this.#socket.write(bytes)
    this.#socket.uncork()
  }

  close(code: number, reason: string): void {
    this.#flush()
    this.#webSocket.close(code, reason)
    setTimeout(() => this.terminate(), closeTimeoutMs).unref()
  }

  terminate(): void {
    this.#webSocket.terminate()
  }

  pause(): void {
    this.#webSocket.pause()
  }

  resume(): void {
    this.#webSocket.resume()
  }

  onMessage(listener: (message: string | Uint8Array) => void): void {
    this.#webSocket.on('message', (data: Buffer, isBinary) =>
      listener(isBinary ? data : data.toString('utf8')),
    )
  }

  onClose(listener: () => void): void {
    this.#webSocket.once('close', listener)
  }
}
