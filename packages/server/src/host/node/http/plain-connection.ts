/**
 * A client's connection as long as what it sends is plain: one request after the other, each whole, each answered before
 * the next (docs/decisions/0008). From the first that is not, the connection is node:http's.
 */
import type { Socket } from 'node:net'
import { bytesBody } from '#base/http'
import type { BodyAccount, BodyBudget } from './body-budget.ts'
import { Exchange } from './exchange.ts'
import { giveUpLater } from './half-closed.ts'
import { encodeRequestLine } from './header-text.ts'
import type { Outgoing } from './outgoing.ts'
import { PlainOutgoing } from './plain-outgoing.ts'
import type { PlainRequest } from './plain-request.ts'
import { PlainRequestReader } from './plain-request.ts'

/** What the connections of one server share. */
export interface PlainConnectionOptions {
  /** Request line and headers together. */
  readonly maxHeadBytes: number
  readonly budget: BodyBudget
  /** How long a client may leave its connection unused. */
  readonly keepAliveMs: number
  /** Never rejects. */
  readonly answer: (exchange: Exchange, outgoing: Outgoing) => Promise<void>
  /** Gives the connection to node:http; what was read of it is back in the socket. */
  readonly handOver: (socket: Socket) => void
  readonly isClosing: () => boolean
}

/** `close` follows, and says all there is to do. */
const ignore = (): void => {}
const noBody = bytesBody(new Uint8Array(0))
/** A body that comes in more pieces is read as a stream. */
const maxPieces = 8
/** More than this unread by the client, and its next request waits. */
const maxUnreadBytes = 65_536

export class PlainConnection {
  readonly #socket: Socket
  readonly #options: PlainConnectionOptions
  readonly #remoteAddress: string
  readonly #reader: PlainRequestReader
  readonly #outgoing: PlainOutgoing
  readonly #account: BodyAccount
  #exchange: Exchange | null = null
  /** Read already: the beginning of a request, or what came while one was being answered. */
  #held: Buffer | null = null
  #pieces = 0
  #hasEnded = false
  #lastUsedMs = Date.now()

  constructor(socket: Socket, options: PlainConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#remoteAddress = socket.remoteAddress ?? ''
    this.#reader = new PlainRequestReader(options.maxHeadBytes)
    this.#outgoing = new PlainOutgoing(socket, options)
    this.#account = options.budget.open()
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('close', this.#onClose)
    socket.on('error', ignore)
  }

  /** Called now and then: ends a connection unused for too long; a request that is slow to arrive becomes node:http's, whose timeouts bound it. */
  check(nowMs: number): void {
    if (this.#exchange !== null) return
    if (this.#held !== null) this.#handOver(this.#held)
    else if (nowMs - this.#lastUsedMs > this.#options.keepAliveMs) this.#socket.destroySoon()
  }

  closeIfIdle(): void {
    if (this.#exchange === null) this.#socket.destroySoon()
  }

  readonly #onData = (chunk: Buffer): void => {
    const bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk])
    if (this.#exchange !== null) {
      // the client did not wait for its answer
      this.#held = bytes
      this.#socket.pause()
      return
    }
    const request = this.#reader.read(bytes)
    if (request === null) this.#handOver(bytes)
    else if (request !== 'incomplete') this.#answer(request)
    else if (++this.#pieces > maxPieces || !this.#account.grow(bytes.length)) this.#handOver(bytes)
    else this.#held = bytes
  }

  #answer({ method, target, headers, body }: PlainRequest): void {
    this.#held = null
    this.#pieces = 0
    const content = body.length === 0 ? noBody : bytesBody(body)
    const exchange = new Exchange(method, target, headers, this.#remoteAddress, content)
    this.#exchange = exchange
    void this.#options.answer(exchange, this.#outgoing).then(this.#onAnswered)
  }

  readonly #onAnswered = (): void => {
    const socket = this.#socket
    this.#exchange = null
    this.#account.close()
    this.#outgoing.reset()
    this.#lastUsedMs = Date.now()
    if (!socket.writable) return
    if (this.#options.isClosing() || this.#hasEnded) socket.destroySoon()
    else if (this.#held !== null) this.#handOver(this.#held)
    else if (socket.writableLength > maxUnreadBytes) {
      socket.pause()
      socket.once('drain', () => socket.resume())
    }
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket
    this.#account.close()
    socket.off('data', this.#onData)
    socket.off('end', this.#onEnd)
    socket.off('close', this.#onClose)
    if (socket.destroyed) return
    socket.pause()
    socket.unshift(encodeRequestLine(bytes))
    this.#options.handOver(socket)
    socket.off('error', ignore)
    socket.resume()
  }

  /** Who sends no more may still wait for the answer. */
  readonly #onEnd = (): void => {
    this.#hasEnded = true
    if (this.#exchange === null) this.#socket.end()
    else giveUpLater(this.#exchange)
  }

  readonly #onClose = (): void => {
    this.#account.close()
    this.#exchange?.cancel()
  }
}
