/** HTTP as bytes over one kept-alive socket, for what no HTTP client would send. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: string
  readonly body: Buffer
}

export class RawClient {
  readonly #port: number
  readonly #timeoutMs: number
  #socket: Socket | null = null

  constructor(port: number, timeoutMs: number) {
    this.#port = port
    this.#timeoutMs = timeoutMs
  }

  /** Resolves with the whole answer; rejects when none comes in time. */
  async send(bytes: Buffer, isHead: boolean): Promise<RawAnswer> {
    const socket = (this.#socket ??= connect({
      host: '127.0.0.1',
      port: this.#port,
      noDelay: true,
    }))
    socket.write(bytes)
    return new Promise((resolve, reject) => {
      let received: Buffer = Buffer.alloc(0)
      const timer = setTimeout(() => settle(new Error('no answer in time')), this.#timeoutMs)
      const settle = (outcome: RawAnswer | Error): void => {
        clearTimeout(timer)
        socket.removeAllListeners()
        socket.on('error', () => {})
        if (outcome instanceof Error || /^connection: close/im.test(outcome.headers)) this.close()
        if (outcome instanceof Error) reject(outcome)
        else resolve(outcome)
      }
      socket.on('data', (chunk) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
        const answer = readAnswer(received, isHead)
        if (answer !== null) settle(answer)
      })
      socket.on('error', settle)
      socket.on('close', () => settle(new Error('closed without an answer')))
    })
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = null
  }
}

function readAnswer(received: Buffer, isHead: boolean): RawAnswer | null {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd === -1) return null
  const headers = received.toString('latin1', 0, headEnd)
  const status = Number(headers.slice(9, 12))
  const rest = received.subarray(headEnd + 4)
  if (isHead || status === 204 || status === 304) return { status, headers, body: rest }
  const length = /^content-length: (\d+)/im.exec(headers)?.[1]
  if (length !== undefined)
    return rest.length < Number(length) ? null : { status, headers, body: rest }
  const body = joinChunks(rest)
  return body === null ? null : { status, headers, body }
}

/** The content of a chunked body; null while it is not all there. */
function joinChunks(received: Buffer): Buffer | null {
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const lineEnd = received.indexOf('\r\n', at)
    if (lineEnd === -1) return null
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16)
    const end = lineEnd + 2 + size
    if (received.length < end + 2) return null
    if (size === 0) return Buffer.concat(parts)
    parts.push(received.subarray(lineEnd + 2, end))
    at = end + 2
  }
}
