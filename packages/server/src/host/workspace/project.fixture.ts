/** A project's database whose migrations run as on the embedded Postgres: logged in as `postgres`, who is no superuser. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { decodeRows, openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { createTestDatabase } from '#testing'
import { SqlFileError, applyMigrations, listMigrations } from '#host/workspace'

export interface TestProject {
  /** As `postgres`. */
  readonly db: Database
  /** As the superuser, whose event triggers are not off. */
  readonly admin: Database
  readonly workdir: string
  readonly notices: string[]
  write(path: string, content: string): void
  /** Applies `sql` as one more migration. */
  migrate(sql: string): Promise<void>
  /** What `migrate` fails with; throws when it does not. */
  failure(sql: string): Promise<SqlFileError>
  rows<T = Record<string, unknown>>(text: string, db?: Database): Promise<T[]>
  close(): Promise<void>
}

export async function openTestProject(): Promise<TestProject> {
  const database = await createTestDatabase()
  const connection = parseConnectionUrl(database.url)
  const admin = openDatabase({ connection, maxConnections: 1 })
  const password = 'postgres'
  const text = `alter database "${connection.database}" owner to postgres`
  await admin.execute({ name: 'test.prepare', text, values: [] })
  const db = openDatabase({
    connection: { ...connection, user: 'postgres', password },
    maxConnections: 1,
  })
  const workdir = mkdtempSync(join(tmpdir(), 'basalt project '))
  const notices: string[] = []
  let version = 0
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(workdir, 'supabase', path)), { recursive: true })
    writeFileSync(join(workdir, 'supabase', path), content)
  }
  const migrate = async (sql: string): Promise<void> => {
    const file = `migrations/${String(++version).padStart(3, '0')}_test.sql`
    write(file, sql)
    const all = listMigrations(join(workdir, 'supabase/migrations'))
    await applyMigrations(db, all.slice(-1), { onNotice: (message) => notices.push(message) })
  }
  return {
    db,
    admin,
    workdir,
    notices,
    write,
    migrate,
    failure: async (sql) => {
      const error: unknown = await migrate(sql).catch((reason: unknown) => reason)
      if (error instanceof SqlFileError) return error
      throw new Error(`expected a SqlFileError, got ${String(error)}`)
    },
    rows: async <T>(text: string, on = db) =>
      decodeRows<T>(await on.execute({ name: 'test.rows', text, values: [] })),
    close: async () => {
      await db.close()
      await admin.close()
      await database.drop()
      rmSync(workdir, { recursive: true })
    },
  }
}
