/** The body of a response as a connection of Realtime: what is written is streamed, what a client would say is said for it. */
import type { StreamedBody } from '#base/http'
import type { WebSocketConnection } from '#base/service'

const heartbeatMs = 15_000
const tooSlow = 1008
/** A browser waits so long before it comes back. */
const preamble = Buffer.from('retry: 2000\n\n')

export class EventStream implements WebSocketConnection, StreamedBody {
  #chunks: Uint8Array[] = []
  #bytes = 0
  #isEnded = false
  #isClosed = false
  #wake: () => void = () => {}
  #onMessage: (message: string) => void = () => {}
  #onClose: () => void = () => {}
  #onFirst: (chunk: Uint8Array | null) => void = () => {}
  readonly #timer: NodeJS.Timeout
  /** What is written first; null when nothing was. */
  readonly first: Promise<Uint8Array | null>

  constructor() {
    this.first = new Promise((resolve) => (this.#onFirst = resolve))
    this.#timer = setInterval(() => this.say('phoenix', 'heartbeat', {}), heartbeatMs).unref()
  }

  get queuedBytes(): number {
    return this.#bytes
  }

  write(chunk: Uint8Array): void {
    if (this.#isEnded) return
    this.#onFirst(chunk)
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    this.#wake()
  }

  /** What waits is still sent, unless that is why it is closed. */
  close(code: number, reason: string): void {
    if (code === tooSlow) this.#chunks = []
    this.write(Buffer.from(`event: close\ndata: ${JSON.stringify({ code, reason })}\n\n`))
    this.#end()
  }

  pause(): void {}

  resume(): void {}

  onMessage(listener: (message: string) => void): void {
    this.#onMessage = listener
  }

  onClose(listener: () => void): void {
    this.#onClose = listener
  }

  /** As the client would. */
  say(topic: string, event: string, payload: unknown): void {
    this.#onMessage(JSON.stringify({ topic, event, payload, ref: '1', join_ref: '1' }))
  }

  /** The client is gone. */
  abandon(): void {
    this.#chunks = []
    this.#bytes = 0
    this.#end()
  }

  finish(): void {
    this.close(1012, 'The server is restarting')
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    try {
      yield preamble
      for (;;) {
        const chunks = this.#chunks
        this.#chunks = []
        this.#bytes = 0
        if (chunks.length > 0)
          yield chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)
        else if (this.#isEnded) return
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      this.abandon()
    }
  }

  #end(): void {
    this.#isEnded = true
    clearInterval(this.#timer)
    this.#onFirst(null)
    this.#wake()
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClose()
  }
}
