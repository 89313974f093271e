/** A worker on the database of one test file, and an HTTP server for it to call. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openDatabase } from '#base/db'
import type { ConnectionOptions, Database } from '#base/db'
import { silentLog, systemClock } from '#base/kernel'
import type { Clock } from '#base/kernel'
import { openExtensionsWorker } from './open-extensions-worker.ts'
import type { ExtensionDatabase } from './open-database.fixture.ts'

export interface TestWorker {
  /** Its own statements go here. */
  readonly db: Database
  close(): Promise<void>
}

/** Jobs run as `postgres`, with the password it has in tests; as nobody else. */
export async function startWorker(
  { connection }: ExtensionDatabase,
  clock: Clock = systemClock,
  reach: { readonly externalUrl?: string; readonly privateNetworks?: boolean } = {},
): Promise<TestWorker> {
  const password = 'postgres'
  const db = openDatabase({ connection, maxConnections: 4 })
  const connectAs = (user: string, database: string): ConnectionOptions | null =>
    user === 'postgres' ? { ...connection, user, password, database } : null
  const worker = await openExtensionsWorker({
    db,
    listenOn: db,
    connection,
    connectAs,
    externalUrl: 'http://127.0.0.1:1',
    privateNetworks: true,
    ...reach,
    clock,
    log: silentLog,
  })
  return {
    db,
    close: async () => {
      await worker.close()
      await db.close()
    },
  }
}

export interface TestServer {
  readonly url: string
  /** `GET /path`, in the order they came. */
  readonly requests: readonly string[]
  close(): Promise<void>
}

export async function startServer(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<TestServer> {
  const requests: string[] = []
  const server: Server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => answer(request, response, body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
