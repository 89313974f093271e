import { afterAll, beforeAll, expect, test } from 'vitest'
import { openProjectDatabases } from '#host/control-plane/inspect'
import type { Identity, ProjectDatabases } from '#host/control-plane/inspect'
import { openSqlDatabase } from '#testing'
import type { SqlDatabase } from '#testing'
import { runScript } from './run-script.ts'
import type { ScriptWish } from './run-script.ts'

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

const run = (text: string, identity: Identity, more: Partial<ScriptWish> = {}) => {
  const record = { ref: 'mine', databaseUrl: sql.url, keys: { encryptionKey: 'x'.repeat(32) } }
  const wish = { text, identity, limit: 10_000, explain: null, ...more }
  const database = databases.of(record as never, false)
  return runScript(database, wish, { session: null, isCancelled: false })
}

test.each([
  'set statement_timeout = 0; select pg_sleep(30)',
  "do $$ begin perform set_config('statement_timeout', '0', false); end $$; select pg_sleep(30)",
  'select pg_sleep(0.0005) from generate_series(1, 10000)',
])('a statement has an end, whatever the script sets: %s', async (text) => {
  const begun = performance.now()
  const { error } = await run(text, { timeoutMs: 200 })
  expect(error).toMatchObject({ code: '57014' })
  expect(performance.now() - begun).toBeLessThan(4_000)
})

test.each([
  ['many short statements', 'select pg_sleep(0.15);'.repeat(2_000)],
  ['a long one', 'select pg_sleep(30)'],
])('a script has an end: %s', async (_, text) => {
  const begun = performance.now()
  const { error } = await run(text, {}, { maxMs: 500 })
  expect(error).toMatchObject({ code: '57014' })
  expect(performance.now() - begun).toBeLessThan(5_000)
})
