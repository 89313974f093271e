/** A server behind a connection that can be cut, or held up. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Cuttable {
  /** The same URL by way of the connection. */
  readonly url: string
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>
  /** Takes connections, and passes nothing on. */
  stall(): void
  /** As it was. */
  mend(): Promise<void>
  close(): Promise<void>
}

export async function openCuttable(url: string): Promise<Cuttable> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let isStalled = false
  const server = createServer((client) => {
    sockets.add(client)
    client.on('error', () => {})
    client.on('close', () => sockets.delete(client))
    if (isStalled) return
    const upstream = connect(Number(target.port), target.hostname)
    client.pipe(upstream).pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
    upstream.on('close', () => client.destroy())
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve()))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const cut = (): Promise<void> =>
    new Promise((resolve) => {
      if (!server.listening) return resolve()
      server.close(() => resolve())
      endAll()
    })
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(port)
  return {
    url: through.href,
    cut,
    stall: () => {
      isStalled = true
      endAll()
    },
    mend: async () => {
      isStalled = false
      endAll()
      if (!server.listening) await listen(port)
    },
    close: cut,
  }
}
