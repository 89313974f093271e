/** A control database of one test file, and databases for its projects. */
import { randomBytes } from 'node:crypto'
import { createServer, connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { inject } from 'vitest'
import { decodeRows, openDatabase, parseConnectionUrl } from '#base/db'
import { silentLog } from '#base/kernel'
import { cloneDatabase } from '#testing'
import { openControlDatabase } from './open-control-database.ts'
import type { ControlDatabase, ControlOptions } from './open-control-database.ts'

export const cli = { name: 'cli', address: null }

export interface ControlFixture {
  readonly url: string
  readonly masterKey: Uint8Array
  open(options?: Partial<ControlOptions>): Promise<ControlDatabase>
  /** The URL of a database that no project uses; `template` default the one of a new project. */
  database(template?: string): Promise<string>
  /** Rows as the superuser. */
  rows<T = Record<string, unknown>>(text: string, url?: string): Promise<T[]>
  close(): Promise<void>
}

export async function openControlFixture(): Promise<ControlFixture> {
  const server = inject('testServer')
  const control = await cloneDatabase(server.url, 'template0')
  const databases = [control]
  const opened: ControlDatabase[] = []
  const masterKey = randomBytes(32)
  return {
    url: control.url,
    masterKey,
    open: async (options = {}) => {
      const database = await openControlDatabase({
        url: control.url,
        masterKey,
        log: silentLog,
        ...options,
      })
      opened.push(database)
      return database
    },
    database: async (template = server.template) => {
      const database = await cloneDatabase(server.url, template)
      databases.push(database)
      return database.url
    },
    rows: async <T>(text: string, url = control.url) => {
      const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
      try {
        return decodeRows<T>(await db.execute({ name: 'test', text, values: [] }))
      } finally {
        await db.close()
      }
    },
    close: async () => {
      await Promise.all(opened.map((database) => database.close()))
      for (const database of databases) await database.drop()
    },
  }
}

/** The same database behind a connection that can be cut. */
export async function openCuttable(url: string): Promise<{
  readonly url: string
  cut(): Promise<void>
  mend(): Promise<void>
  close(): Promise<void>
}> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => (to.destroy(), sockets.delete(from)))
    }
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve()))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const cut = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(port)
  return { url: through.href, cut, mend: () => listen(port), close: cut }
}
