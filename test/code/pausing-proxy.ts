/** What lies between a service and its Postgres or project, and passes nothing on for a while, without a word: a frozen host, a lost route. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface PausingProxy {
  /** The URL that was given, through it. */
  readonly url: string
  /** Passes on nothing of the connections that are there, nor of new ones. */
  pause(): void
  /** New connections are served; those that were there stay as they are. */
  serveNew(): void
  close(): void
}

export async function startPausingProxy(given: string): Promise<PausingProxy> {
  const target = new URL(given)
  const sockets = new Set<Socket>()
  let isPaused = false
  const server = createServer((socket) => {
    const other = connect(Number(target.port), target.hostname)
    for (const one of [socket, other]) {
      sockets.add(one)
      one.on('error', () => {}).on('close', () => sockets.delete(one))
    }
    if (isPaused) return
    socket.pipe(other)
    other.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(given)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    pause: () => {
      isPaused = true
      for (const socket of sockets) socket.unpipe().pause()
    },
    serveNew: () => void (isPaused = false),
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
