import { afterAll, beforeAll, expect, test } from 'vitest'
import { openProjectDatabases } from '#host/control-plane/inspect'
import type { ProjectDatabases } from '#host/control-plane/inspect'
import { openSqlDatabase } from '#testing'
import type { SqlDatabase } from '#testing'
import { runScript } from './run-script.ts'

let sql: SqlDatabase
let databases: ProjectDatabases
beforeAll(async () => {
  sql = await openSqlDatabase()
  databases = openProjectDatabases((text) => Promise.resolve(text))
})
afterAll(async () => {
  await databases.close()
  await sql.close()
})

test.each([
  'set statement_timeout = 0; select pg_sleep(30)',
  "do $$ begin perform set_config('statement_timeout', '0', false); end $$; select pg_sleep(30)",
  'select pg_sleep(0.0005) from generate_series(1, 10000)',
])('a statement has an end, whatever the script sets: %s', async (text) => {
  const record = { ref: 'mine', databaseUrl: sql.url, keys: { encryptionKey: 'x'.repeat(32) } }
  const database = databases.of(record as never, false)
  const wish = { text, identity: { timeoutMs: 200 }, limit: 10_000, explain: null }
  const begun = performance.now()
  const { error } = await runScript(database, wish, { session: null, isCancelled: false })
  expect(error).toMatchObject({ code: '57014' })
  expect(performance.now() - begun).toBeLessThan(4_000)
})
