/** All plain connections of a server: what comes in is theirs first, and node:http's when it is not plain. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { PlainConnection } from './plain-connection.ts'
import type { PlainConnectionOptions } from './plain-connection.ts'

/** How often connections are looked at for being unused too long. */
const checkMs = 1000

export class PlainConnections {
  readonly #open = new Map<Socket, PlainConnection>()
  readonly #checks: NodeJS.Timeout

  /** `event`: `connection`, or `secureConnection` behind TLS. */
  constructor(
    server: Server,
    event: 'connection' | 'secureConnection',
    options: Omit<PlainConnectionOptions, 'handOver'>,
  ) {
    const nodeHttp = server.listeners(event) as ((socket: Socket) => void)[]
    server.removeAllListeners(event)
    const handOver = (socket: Socket): void => {
      this.#open.delete(socket)
      for (const listener of nodeHttp) listener.call(server, socket)
    }
    const shared = { ...options, handOver }
    server.on(event, (socket: Socket) => {
      this.#open.set(socket, new PlainConnection(socket, shared))
      socket.once('close', () => this.#open.delete(socket))
    })
    this.#checks = setInterval(() => {
      const nowMs = Date.now()
      for (const connection of this.#open.values()) connection.check(nowMs)
    }, checkMs).unref()
    server.once('close', () => clearInterval(this.#checks))
  }

  closeIdle(): void {
    for (const connection of this.#open.values()) connection.closeIfIdle()
  }

  closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy()
  }
}
