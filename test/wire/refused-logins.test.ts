/** Logins that Postgres does not let in while a platform runs: a password was changed, or others have all connections. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  executeDirectly,
  prepareTestServer,
  startTestFleet,
  startTestPlatform,
  testActor,
  withDatabase,
} from '@basalt/server/testing'
import type { LogLine, TestPlatform, TestPostgres } from '@basalt/server/testing'
import { openSession, parseConnectionUrl } from '#base/db'
import type { DedicatedSession } from '#base/db'
import { examineDeployment } from '@basalt/server/node'
import { anonHeaders, send } from './fleet.ts'
import type { Reply } from './fleet.ts'
import { RealtimeClient } from './realtime-client.ts'

// roles are the server's: the tests beside this one need theirs
let postgres: TestPostgres
let server: TestPlatform

beforeAll(async () => {
  const prepared = await prepareTestServer({ settings: { max_connections: '60' } })
  postgres = prepared
  server = await startTestPlatform({
    databaseUrl: withDatabase(prepared.url, prepared.template),
    schema:
      'create table words (word text); grant all on words to anon; alter publication supabase_realtime add table words;',
  })
})
afterAll(async () => {
  await server.close()
  await postgres.stop()
})

const ask = (path: string, method = 'GET'): Promise<Reply> =>
  send(
    `${server.url}${path}`,
    { apikey: server.platform.keys.publishableKey, 'content-type': 'application/json' },
    {
      method,
      ...(method === 'POST' ? { body: '{"email":"a@example.com","password":"password1"}' } : {}),
    },
  )
const statuses = async (): Promise<number[]> => {
  const replies = [ask('/rest/v1/words'), ask('/auth/v1/signup', 'POST'), ask('/storage/v1/bucket')]
  return (await Promise.all(replies)).map(({ status }) => status)
}
const endSessions = `select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`
const told = (from: number, level = 'error'): LogLine[] =>
  server.logged.slice(from).filter((line) => line.level === level && line['login'] !== undefined)

test('a password of a login that was changed is told once, with whose and what to do, and is set again', async () => {
  expect(await statuses()).toEqual([200, 200, 200])
  const from = server.logged.length
  await executeDirectly(
    postgres.url,
    ...['authenticator', 'supabase_auth_admin', 'supabase_storage_admin'].map(
      (role) => `alter role ${role} password 'another'`,
    ),
    endSessions,
  )
  await expect.poll(statuses).toEqual([503, 503, 503])
  const refused = await Promise.all(Array.from({ length: 100 }, () => ask('/rest/v1/words')))
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]))
  expect(refused.map(({ headers }) => headers['retry-after'])).toEqual(refused.map(() => '1'))
  expect(refused[0]?.body).not.toMatch(/authenticator|127\.0\.0\.1/)
  await expect.poll(statuses, { timeout: 15_000 }).toEqual([200, 422, 200])
  const lines = told(from)
  expect(lines).toHaveLength(3)
  expect(new Set(lines.map(({ login }) => login))).toEqual(
    new Set(['authenticator', 'supabase_auth_admin', 'supabase_storage_admin']),
  )
  expect(lines[0]).toMatchObject({
    message: 'a login has no connection to the database',
    project: 'default',
    reason: expect.stringContaining('password authentication failed'),
    remedy: expect.stringContaining('alter role'),
  })
  expect(told(from, 'info')).toHaveLength(3)
  expect(server.logged.slice(from).filter(({ code }) => code === 'PGRST000')).toEqual([])
})

test('the login that reads the log of changes gets its password again, too', async () => {
  const client = await new RealtimeClient(server).open()
  const heard = (): number => client.messages.filter((one) => one[3] === 'postgres_changes').length
  const changes = [{ event: '*', schema: 'public', table: 'words' }]
  await client.join('realtime:words', { postgres_changes: changes })
  await server.script(`insert into words values ('before')`)
  await expect.poll(heard).toBe(1)
  const from = server.logged.length
  await executeDirectly(
    postgres.url,
    `alter role supabase_replication_admin password 'another'`,
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'supabase_replication_admin'`,
  )
  await server.script(`insert into words values ('behind')`)
  await expect.poll(heard, { timeout: 20_000 }).toBe(2)
  const complaints = server.logged
    .slice(from)
    .filter(({ message }) => message === 'changes of the database cannot be followed')
  expect(complaints).toHaveLength(1)
  client.socket.close()
})

test('others have all connections: refused with when to come again, told once, and served as soon as there is room', async () => {
  expect(await statuses()).toEqual([200, 422, 200])
  const from = server.logged.length
  const others: DedicatedSession[] = []
  await executeDirectly(postgres.url, `alter role postgres password 'postgres'`)
  const url = new URL(postgres.url)
  url.username = url.password = 'postgres'
  const fill = async (): Promise<number> => {
    await executeDirectly(
      postgres.url,
      `${endSessions} and application_name like 'basalt%' and usename <> 'postgres'`,
    )
    const wanted = Array.from({ length: 60 }, () =>
      openSession({ ...parseConnectionUrl(url.href), applicationName: 'somebody' }),
    )
    for (const session of await Promise.allSettled(wanted))
      others.push(...(session.status === 'fulfilled' ? [session.value] : []))
    return (await ask('/rest/v1/words')).status
  }
  await expect.poll(fill, { interval: 10, timeout: 15_000 }).toBe(503)
  const refused = await ask('/rest/v1/words')
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1'])
  const [checked] = await examineDeployment({
    config: null,
    workdir: '.',
    databaseUrl: url.href,
    isControl: false,
    url: null,
  })
  expect(checked).toMatchObject({ name: 'database', level: 'error' })
  expect(checked?.remedy).toContain('max_connections')
  for (const session of others) session.close()
  await expect.poll(statuses, { timeout: 3_000 }).toEqual([200, 422, 200])
  const about = told(from).filter(({ login }) => login === 'authenticator')
  expect(about).toHaveLength(1)
  expect(about[0]?.['remedy']).toContain('max_connections')
})

test("the password of a project's URL is changed: a new URL is taken up while requests go on", async () => {
  await executeDirectly(postgres.url, 'create database apart', `create role owner superuser login`)
  await executeDirectly(postgres.url, `alter role owner password 'first'`)
  const fleet = await startTestFleet()
  const other = await fleet.startNode()
  const urlWith = (password: string): string => {
    const url = new URL(withDatabase(postgres.url, 'apart'))
    url.username = 'owner'
    url.password = password
    return url.href
  }
  const project = await fleet.create('apart', { databaseUrl: urlWith('first') })
  const failed: Reply[] = []
  let asked = 0
  let isOver = false
  const traffic = async (url: string): Promise<void> => {
    while (!isOver) {
      const reply = await send(`${url}/auth/v1/settings`, anonHeaders(project))
      const rows = await send(`${url}/rest/v1/`, anonHeaders(project))
      asked++
      failed.push(...[reply, rows].filter(({ status }) => status >= 500))
    }
  }
  const running = [fleet.url, fleet.url, other.url, other.url].map((url) => traffic(url))
  await expect.poll(() => asked).toBeGreaterThan(50)
  await executeDirectly(postgres.url, `alter role owner password 'second'`)
  await fleet.control.projects.update('apart', { databaseUrl: urlWith('second') }, testActor)
  const ended = asked + 200
  await expect.poll(() => asked).toBeGreaterThan(ended)
  isOver = true
  await Promise.all(running)
  expect(failed).toEqual([])
  await fleet.close()
})
