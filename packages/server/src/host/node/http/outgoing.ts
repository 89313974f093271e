/** Where one response goes: node:http's ServerResponse, or a connection of ours. */
import type { ServerResponse } from 'node:http'
import type { HttpResponse, ResponseBody } from '#base/http'

export type FixedBody = Exclude<ResponseBody, AsyncIterable<Uint8Array>>

export interface Outgoing {
  /** All of a response; headers say the body's length. */
  send(status: number, headers: HttpResponse['headers'], body: FixedBody): void
  /** The head of a stream; its chunks and its end follow. */
  begin(status: number, headers: HttpResponse['headers']): void
  /** False: wait for `onDrain` before the next one. `onSent` is called once the chunk's memory is read no more, sent or not. */
  write(chunk: Uint8Array, onSent?: () => void): boolean
  onDrain(listener: () => void): void
  end(): void
  /** The response cannot be written: half of it must not look like a whole one. */
  fail(): void
}

export class HttpOutgoing implements Outgoing {
  readonly #response: ServerResponse
  readonly #isClosing: () => boolean

  constructor(response: ServerResponse, isClosing: () => boolean) {
    this.#response = response
    this.#isClosing = isClosing
  }

  send(status: number, headers: HttpResponse['headers'], body: FixedBody): void {
    const response = this.#response
    this.begin(status, headers)
    if (body === null || body instanceof Uint8Array) {
      response.end(body ?? undefined)
      return
    }
    if (typeof body === 'string') {
      // a string would be put behind the head, and the head, whose characters are its bytes, be encoded with it
      response.end(Buffer.from(body))
      return
    }
    // corked: head and parts leave in one writev
    response.cork()
    for (const part of body) response.write(part)
    response.end()
    response.uncork()
  }

  begin(status: number, headers: HttpResponse['headers']): void {
    if (this.#isClosing()) this.#response.shouldKeepAlive = false
    this.#response.writeHead(status, headers)
  }

  write(chunk: Uint8Array, onSent?: () => void): boolean {
    return this.#response.write(chunk, onSent)
  }

  onDrain(listener: () => void): void {
    this.#response.once('drain', listener)
  }

  end(): void {
    this.#response.end()
  }

  fail(): void {
    if (this.#response.headersSent) this.#response.destroy()
    else this.#response.writeHead(500, { connection: 'close' }).end()
  }
}
