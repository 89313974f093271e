/** What a database or a role has as defaults for sessions: it is for applications, and does not keep a platform from starting. */
import { expect, test } from 'vitest'
import { createTestDatabase, executeDirectly, startTestPlatform } from '@basalt/server/testing'
import type { TestDatabase, TestPlatform } from '@basalt/server/testing'

async function startOn(
  database: TestDatabase,
  setting: string,
): Promise<TestPlatform & { ask(path: string, init?: RequestInit): Promise<Response> }> {
  const name = new URL(database.url).pathname.slice(1)
  await executeDirectly(database.url, `alter database ${name} set ${setting}`)
  const server = await startTestPlatform({ databaseUrl: database.url })
  const { secretKey } = server.platform.keys
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      ...init,
      headers: { apikey: secretKey, 'content-type': 'application/json' },
    })
  return { ...server, ask }
}

const words = ['create table public.words (word text)', 'grant all on public.words to service_role']

test('default_transaction_read_only: it starts, reads are answered, writes are refused as Postgres refuses them', async () => {
  const database = await createTestDatabase('template0')
  await executeDirectly(database.url, ...words)
  const server = await startOn(database, 'default_transaction_read_only = on')
  expect((await server.ask('/rest/v1/words')).status).toBe(200)
  const write = await server.ask('/rest/v1/words', { method: 'POST', body: '{"word":"one"}' })
  expect([write.status, await write.json()]).toMatchObject([405, { code: '25006' }])
  const body = '{"email":"a@example.com","password":"password1"}'
  expect((await server.ask('/auth/v1/signup', { method: 'POST', body })).status).toBe(500)
  await server.close()
  await database.drop()
})

test('statement_timeout: migrations take as long as they take', async () => {
  const database = await createTestDatabase('template0')
  await executeDirectly(database.url, ...words)
  const server = await startOn(database, `statement_timeout = '20ms'`)
  expect((await server.ask('/rest/v1/words')).status).toBe(200)
  await server.close()
  await database.drop()
})
