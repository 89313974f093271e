import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { createTestDatabase } from '#testing'
import type { TestDatabase } from '#testing'

let database: TestDatabase
let db: Database
beforeAll(async () => {
  database = await createTestDatabase('template0')
  db = openDatabase({ connection: parseConnectionUrl(database.url), maxConnections: 1 })
})
afterAll(async () => {
  await db.close()
  await database.drop()
})

test('rows that come slowly end with the time allowed, however many rounds they take', async () => {
  const text = 'select n, pg_sleep(0.002) from generate_series(1, 1000) as n'
  const statement = { name: 'test.slow', text, values: [] }
  const slow = db.begin(ownSession, (it) => it.firstRows(statement, 1000, 1024 * 1024), {
    timeoutMs: 500,
  })
  await expect(slow).rejects.toThrow(/time|cancel/i)
  expect(
    await db.begin(ownSession, (it) => it.rows({ ...statement, text: 'select 1 as n' })),
  ).toEqual([{ n: 1 }])
})
