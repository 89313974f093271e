/**
 * HTTP with one host and port over a Unix socket. Deno speaks with the socket as with a proxy (`GET http://bridge.invalid/x`);
 * the host gets what it would have got from Deno itself.
 */
import { chmodSync } from 'node:fs'
import { createServer, request as ask } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

export interface HttpTarget {
  /** To be connected to. */
  readonly host: string
  readonly port: number
  /** As functions name it: `localhost:11434`. */
  readonly name: string
}

/** Resolves when it listens; anybody who reaches the folder may use it. */
export function openHttpRelay(path: string, target: HttpTarget): Promise<Server> {
  const server = createServer((near, answer) => {
    const far = ask(optionsOf(near, target), (response) => {
      answer.writeHead(response.statusCode ?? 502, response.rawHeaders)
      response.pipe(answer)
      response.on('error', () => answer.destroy())
    })
    far.on('error', () => near.destroy())
    near.pipe(far)
    answer.on('close', () => far.destroy())
  })
  server.on('upgrade', (near: IncomingMessage, socket: Duplex, head: Buffer) =>
    upgrade(near, socket, head, target),
  )
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      chmodSync(path, 0o666)
      server.unref()
      resolve(server)
    })
  })
}

function optionsOf(
  { url = '/', method, rawHeaders }: IncomingMessage,
  { host, port, name }: HttpTarget,
) {
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const header = rawHeaders[i] as string
    headers.push(header, header.toLowerCase() === 'host' ? name : (rawHeaders[i + 1] as string))
  }
  return { host, port, method, path: url.replace(/^https?:\/\/[^/?]*/, '') || '/', headers }
}

function upgrade(near: IncomingMessage, socket: Duplex, head: Buffer, target: HttpTarget): void {
  socket.on('error', () => socket.destroy())
  const far = ask(optionsOf(near, target))
  far.on('error', () => socket.destroy())
  far.on('response', () => socket.destroy())
  far.on('upgrade', (response, other, first) => {
    const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage ?? ''}`]
    for (let i = 0; i < response.rawHeaders.length; i += 2)
      lines.push(`${response.rawHeaders[i]}: ${response.rawHeaders[i + 1]}`)
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    if (first.length > 0) socket.write(first)
    if (head.length > 0) other.write(head)
    other.on('error', () => socket.destroy())
    socket.on('close', () => other.destroy())
    other.on('close', () => socket.destroy())
    socket.pipe(other).pipe(socket)
  })
  far.end()
}
