import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqlDatabase } from '#testing'
import type { SqlDatabase } from '#testing'
import { createInspector } from './inspector.ts'
import { openProjectDatabases } from './project-databases.ts'
import type { ProjectDatabases } from './project-databases.ts'

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

test('a statement has an end, although it takes its limit away in its first hundred rows', async () => {
  const record = { ref: 'mine', databaseUrl: sql.url, keys: { encryptionKey: 'x'.repeat(32) } }
  const text = `select set_config('statement_timeout', '0', false), pg_sleep(case when n > 100 then 40 else 0 end)
    from generate_series(1, 1000) n`
  const begun = performance.now()
  const asked = createInspector(databases, 200).sql(record as never, text, true)
  await expect(asked).rejects.toMatchObject({ code: 'control_sql_failed' })
  expect(performance.now() - begun).toBeLessThan(10_000)
})
