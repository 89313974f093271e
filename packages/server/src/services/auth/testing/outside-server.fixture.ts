/** Somebody else's server, on this machine: what tests let auth talk to. */
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface OutsideCall {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The body as a form. */
  readonly form: Readonly<Record<string, string>>
}

export interface OutsideReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown
  /** A body of so many bytes. */
  readonly bytes?: number
  /** Hangs up instead. */
  readonly drop?: boolean
  /** Never answers. */
  readonly hang?: boolean
}

export interface OutsideServer {
  readonly url: string
  readonly calls: OutsideCall[]
  /** What it answers from now on. */
  answer(reply: OutsideReply | ((call: OutsideCall) => OutsideReply)): void
  close(): Promise<void>
}

export async function openOutside(): Promise<OutsideServer> {
  const calls: OutsideCall[] = []
  let reply: OutsideReply | ((call: OutsideCall) => OutsideReply) = {}
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const form = Object.fromEntries(new URLSearchParams(body))
      const { method = '', url = '', headers } = request
      const call = { method, path: url, headers, body, form }
      calls.push(call)
      const chosen = typeof reply === 'function' ? reply(call) : reply
      if (chosen.drop === true) return void request.socket.destroy()
      if (chosen.hang === true) return
      const content = chosen.bytes === undefined ? (chosen.body ?? {}) : 'a'.repeat(chosen.bytes)
      response.writeHead(chosen.status ?? 200, {
        'content-type': 'application/json',
        ...chosen.headers,
      })
      response.end(typeof content === 'string' ? content : JSON.stringify(content))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answer: (next) => (reply = next),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
