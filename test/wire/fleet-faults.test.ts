/** What fails beneath a fleet, and who notices: the control database, a project's database, a node. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import {
  createTestDatabase,
  executeDirectly,
  openCuttable,
  slowness,
  startTestFleet,
  testActor,
} from '@basalt/server/testing'
import type { Cuttable, ProjectRecord, TestDatabase, TestFleet } from '@basalt/server/testing'
import { anonHeaders, send } from './fleet.ts'
import type { Reply } from './fleet.ts'

let fleet: TestFleet
let steady: ProjectRecord
let shaky: ProjectRecord
let database: TestDatabase
let line: Cuttable

beforeAll(async () => {
  fleet = await startTestFleet({ hasControlLine: true })
  database = await createTestDatabase()
  line = await openCuttable(database.url)
  steady = await fleet.create('steady')
  shaky = await fleet.create('shaky', { databaseUrl: line.url })
  for (const url of [steady.databaseUrl, database.url])
    await executeDirectly(
      url,
      'create table public.words (word text)',
      'grant all on public.words to anon',
      "insert into public.words values ('here')",
    )
})
afterAll(async () => {
  await fleet.close()
  await line.close()
  await database.drop()
})

const ask = (record: ProjectRecord, url = fleet.url): Promise<Reply> =>
  send(`${url}/rest/v1/words`, anonHeaders(record))
const statusOf = async (record: ProjectRecord): Promise<number> => (await ask(record)).status
const msOf = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return performance.now() - began
}

describe('the control database is away', () => {
  test('projects that are open go on, others are refused with the reason; then all is as it became', async () => {
    const controlLine = fleet.controlLine as Cuttable
    expect(await statusOf(steady)).toBe(200)
    const closed = await fleet.create('closed')
    await controlLine.cut()
    for (let each = 0; each < 20; each++) expect(await statusOf(steady)).toBe(200)
    const refused = await ask(closed)
    expect([refused.status, JSON.parse(refused.body).code]).toEqual([503, 'projects_unavailable'])
    // by way of another node, as it were
    await fleet.control.projects.pause('steady', testActor)
    expect(await statusOf(steady)).toBe(200)
    await controlLine.mend()
    await expect.poll(() => statusOf(steady), { timeout: 10_000 }).toBe(540)
    await fleet.control.projects.resume('steady', testActor)
    await expect.poll(() => statusOf(steady), { timeout: 15_000 }).toBe(200)
    await expect.poll(() => statusOf(closed), { timeout: 15_000 }).toBe(404)
    expect(JSON.parse((await ask(closed)).body).code).toBe('PGRST205')
  })
})

describe("a project's database", () => {
  test('goes: its requests fail fast, others notice nothing; it returns by itself', async () => {
    expect(await statusOf(shaky)).toBe(200)
    await line.cut()
    // waited for by who asks first, then refused at once
    await expect.poll(() => msOf(() => ask(shaky)), { timeout: 10_000 }).toBeGreaterThan(1_000)
    const refused = Array.from({ length: 30 }, () => statusOf(shaky))
    expect(await msOf(() => Promise.all(refused))).toBeLessThan(500 * slowness())
    expect(new Set(await Promise.all(refused))).toEqual(new Set([503]))
    const others = Array.from({ length: 30 }, () => ask(steady))
    expect(new Set((await Promise.all(others)).map(({ status }) => status))).toEqual(new Set([200]))
    await line.mend()
    await expect.poll(() => statusOf(shaky), { timeout: 10_000 }).toBe(200)
  })

  test('takes connections and says nothing: others are served meanwhile', async () => {
    expect(await statusOf(shaky)).toBe(200)
    line.stall()
    const waiting = Array.from({ length: 100 }, () => ask(shaky))
    expect(
      await msOf(() => Promise.all(Array.from({ length: 50 }, () => ask(steady)))),
    ).toBeLessThan(2_000)
    await line.mend()
    await Promise.all(waiting)
    await expect.poll(() => statusOf(shaky), { timeout: 15_000 }).toBe(200)
  })

  test('is not there when it is first wanted: refused with when to come again, and found when it is there', async () => {
    const behind = await createTestDatabase()
    const away = await openCuttable(behind.url)
    const late = await fleet.create('late', { databaseUrl: away.url })
    await away.cut()
    const first = await send(`${fleet.url}/auth/v1/settings`, anonHeaders(late))
    expect([first.status, JSON.parse(first.body).code]).toEqual([503, 'project_unavailable'])
    expect(Number(first.headers['retry-after'])).toBeGreaterThan(0)
    expect(first.body).not.toContain('127.0.0.1')
    const again = await msOf(() => send(`${fleet.url}/auth/v1/settings`, anonHeaders(late)))
    expect(again).toBeLessThan(100 * slowness())
    await away.mend()
    const status = async (): Promise<number> =>
      (await send(`${fleet.url}/auth/v1/settings`, anonHeaders(late))).status
    await expect.poll(status, { timeout: 10_000 }).toBe(200)
    await fleet.control.projects.remove('late', testActor)
    await expect.poll(status).toBe(410)
    await away.close()
    await behind.drop()
  })
})

describe('a node', () => {
  test('is told to stop: what runs is answered, sockets are told to come again', async () => {
    const node = await fleet.startNode()
    const slow = executeDirectly(
      steady.databaseUrl,
      'create or replace function public.slow() returns text language sql as $$ select pg_sleep(1)::text || word from words $$',
      "notify pgrst, 'reload schema'",
    )
    await slow
    await expect.poll(async () => (await ask(steady, node.url)).status).toBe(200)
    const socket = new WebSocket(
      `${node.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${steady.keys.publishableKey}`,
      { headers: { 'x-project-ref': 'steady' } },
    )
    await new Promise((resolve) => socket.once('open', resolve))
    const closed = new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)))
    const running = send(`${node.url}/rest/v1/rpc/slow`, anonHeaders(steady), { method: 'POST' })
    // it has to have arrived
    await expect.poll(() => node.fleet.stats('steady').running).toBeGreaterThan(0)
    await node.stop()
    expect((await running).status).toBe(200)
    expect(await closed).toBe(1012)
    await expect(ask(steady, node.url)).rejects.toThrow(/ECONNREFUSED/)
    expect(await statusOf(steady)).toBe(200)
  })
})

describe('a secret that is kept in Vault', () => {
  test('is resolved when the project opens, and followed when it changes', async () => {
    const database = await createTestDatabase()
    const other = await createTestDatabase()
    for (const [url, word] of [
      [database.url, 'first'],
      [other.url, 'second'],
    ] as const)
      await executeDirectly(
        url,
        `create table public.words as select '${word}' as word`,
        'grant select on public.words to anon',
      )
    let current = database.url
    const vault = createServer((_, response) =>
      response.end(JSON.stringify({ data: { data: { url: current } } })),
    )
    await new Promise<void>((resolve) => vault.listen(0, '127.0.0.1', resolve))
    const { port } = vault.address() as AddressInfo
    const reference = 'vault://secret/kept/url'
    const following = await startTestFleet({
      resolveSecret: (text) => Promise.resolve(text === reference ? current : text),
      config: {
        'basalt.secrets.vault.address': `http://127.0.0.1:${port}`,
        'basalt.secrets.vault.token': 's.token',
        'basalt.secrets.refresh': 200,
      },
    })
    let kept = await following.create('kept', { databaseUrl: reference })
    const word = async (): Promise<string> =>
      (await send(`${following.url}/rest/v1/words`, anonHeaders(kept))).body
    await expect.poll(word).toBe('[{"word":"first"}]')
    // the new password is in Vault before it is in the database
    const early = new URL(database.url)
    early.password = 'not-yet'
    current = early.href
    const said = (): string => following.logged.join('\n')
    await expect.poll(said).toContain('it runs as before')
    for (let each = 0; each < 20; each++) expect(await word()).toBe('[{"word":"first"}]')
    // keys are taken all the same
    kept = await following.control.projects.rotateKeys('kept', { graceMs: 0 }, testActor)
    await expect.poll(word).toBe('[{"word":"first"}]')
    current = other.url
    await expect.poll(word, { timeout: 15_000 }).toBe('[{"word":"second"}]')
    await following.close()
    vault.close()
    await database.drop()
    await other.drop()
  })
})
