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
  /** To the target. */
  const others = new Set<Socket>()
  let isPaused = false
  const keep = (socket: Socket, all: Set<Socket>): void => {
    all.add(socket)
    socket.on('error', () => {}).on('close', () => all.delete(socket))
  }
  const server = createServer((socket) => {
    keep(socket, sockets)
    if (isPaused) return
    const other = connect(Number(target.port), target.hostname)
    keep(other, others)
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
      // what was begun there would hold up others of the same server: who makes a replication slot waits for it
      for (const other of others) other.unpipe().destroy()
    },
    serveNew: () => void (isPaused = false),
    close: () => {
      for (const socket of [...sockets, ...others]) socket.destroy()
      server.close()
    },
  }
}
