/** The responses of a plain connection, one after the other. */
import type { Socket } from 'node:net'
import type { HttpResponse } from '#base/http'
import type { FixedBody, Outgoing } from './outgoing.ts'
import { responseHead } from './response-head.ts'

interface PlainOutgoingOptions {
  readonly keepAliveMs: number
  readonly isClosing: () => boolean
}

/** Up to here it is cheaper to copy a body behind the head, for one write() of one string, than to hand over parts; at 15 kB it is 8 % dearer. */
const copiedBytes = 4_096
const close = 'connection: close\r\n\r\n'

export class PlainOutgoing implements Outgoing {
  readonly #socket: Socket
  readonly #isClosing: () => boolean
  readonly #keepAlive: string
  #hasBegun = false
  #isChunked = false

  constructor(socket: Socket, { keepAliveMs, isClosing }: PlainOutgoingOptions) {
    this.#socket = socket
    this.#isClosing = isClosing
    const seconds = Math.floor(keepAliveMs / 1000)
    this.#keepAlive = `connection: keep-alive\r\nkeep-alive: timeout=${seconds}\r\n\r\n`
  }

  /** Before the next response. */
  reset(): void {
    this.#hasBegun = false
    this.#isChunked = false
  }

  send(status: number, headers: HttpResponse['headers'], body: FixedBody): void {
    const head = this.#head(responseHead(status, headers))
    if (!this.#socket.writable) return
    if (body === null) this.#socket.write(head, 'latin1')
    else if (typeof body === 'string') this.#sendBytes(head, Buffer.from(body))
    else if (body instanceof Uint8Array) this.#sendBytes(head, body)
    else this.#sendParts(head, body)
  }

  #sendBytes(head: string, body: Uint8Array): void {
    if (body.length > copiedBytes) this.#sendParts(head, [body])
    else this.#socket.write(head + latin1(body), 'latin1')
  }

  /** Corked: head and parts leave in one writev(). */
  #sendParts(head: string, parts: readonly Uint8Array[]): void {
    const socket = this.#socket
    socket.cork()
    socket.write(head, 'latin1')
    for (const part of parts) socket.write(part)
    socket.uncork()
  }

  begin(status: number, headers: HttpResponse['headers']): void {
    let head = responseHead(status, headers)
    if (headers['content-length'] === undefined) {
      this.#isChunked = true
      head += 'transfer-encoding: chunked\r\n'
    }
    this.#socket.write(this.#head(head), 'latin1')
  }

  write(chunk: Uint8Array, onSent?: () => void): boolean {
    const socket = this.#socket
    if (!this.#isChunked) return socket.write(chunk, onSent)
    // a chunk of no bytes would end the body
    if (chunk.length === 0) return true
    socket.cork()
    socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
    socket.write(chunk, onSent)
    const goOn = socket.write('\r\n', 'latin1')
    socket.uncork()
    return goOn
  }

  onDrain(listener: () => void): void {
    this.#socket.once('drain', listener)
  }

  end(): void {
    if (this.#isChunked) this.#socket.write('0\r\n\r\n', 'latin1')
  }

  fail(): void {
    const socket = this.#socket
    if (!this.#hasBegun) socket.write(`HTTP/1.1 500 Internal Server Error\r\n${close}`, 'latin1')
    if (this.#hasBegun) socket.destroy()
    else socket.destroySoon()
  }

  #head(text: string): string {
    this.#hasBegun = true
    return text + (this.#isClosing() ? close : this.#keepAlive)
  }
}

/** Bytes as the string whose characters are those bytes. */
function latin1(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
}
