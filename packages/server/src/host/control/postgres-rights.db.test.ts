import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { createTestDatabase } from '#testing'
import type { TestDatabase } from '#testing'

let database: TestDatabase
let db: Database
beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase({ connection: parseConnectionUrl(database.url), maxConnections: 1 })
})
afterAll(async () => {
  await db.close()
  await database.drop()
})

/** Undone: roles are shared with the tests beside this one. */
async function attempt(text: string): Promise<string> {
  const session = { role: 'postgres', settings: [] }
  try {
    await db.begin(session, async (transaction) => {
      await transaction.script('test.attempt', text)
      throw new Error('done')
    })
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

test.each([
  `alter role authenticator set pgrst.db_pre_request = 'public.check'`,
  `alter role authenticator set pgrst.db_aggregates_enabled = 'true'`,
  `alter role authenticated set statement_timeout = '10s'`,
  `alter role anon in database postgres set statement_timeout = '10s'`,
  `alter role service_role reset all`,
  `set session_replication_role = replica`,
  `set log_min_messages = fatal`,
  `set track_io_timing = on`,
])('postgres may, as on Supabase: %s', async (text) => {
  expect(await attempt(text)).toBe('done')
})

test.each([
  'alter role supabase_admin set statement_timeout = 0',
  'alter role anon superuser',
  'grant supabase_admin to postgres',
  'grant pg_execute_server_program to postgres',
  'create role risen superuser',
])('and no more: %s', async (text) => {
  expect(await attempt(text)).toMatch(/permission denied|must be|only roles/i)
})
