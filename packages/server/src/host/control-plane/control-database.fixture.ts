/** A control database of one test file, and databases for its projects. */
import { randomBytes } from 'node:crypto'
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
