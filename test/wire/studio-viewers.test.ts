/** What an operator who only reads can do to those who share the process, the project and its turns. */
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sendTo, startTestFleet, testActor } from '@basalt/server/testing'
import type { StudioAnswer, TestFleet } from '@basalt/server/testing'

let fleet: TestFleet
const password = 'a long enough one'
const cookies = new Map<string, string>()
const shop = '/admin/v1/projects/shop'

async function enter(role: 'read-only' | 'developer'): Promise<void> {
  const email = `${role}@fleet.example`
  await fleet.control.operators.create({ email, role, password }, testActor)
  await fleet.control.operators.setMember('shop', email, role, testActor)
  const url = fleet.studioUrl as string
  const { headers } = await sendTo(url, 'POST', '/studio/session', { body: { email, password } })
  cookies.set(role, String(headers['set-cookie']).split(';')[0] as string)
}

beforeAll(async () => {
  fleet = await startTestFleet({ hasStudio: true, config: { 'edge_runtime.enabled': true } })
  await fleet.create('shop')
  await enter('read-only')
  await enter('developer')
})
afterAll(() => fleet.close())

const ask = (role: string, path: string, body: object): Promise<StudioAnswer> =>
  sendTo(fleet.studioUrl as string, 'POST', shop + path, {
    headers: { cookie: cookies.get(role) as string },
    body,
  })

interface Ran {
  readonly results: readonly {
    readonly columns: readonly object[]
    readonly rows: readonly object[]
    readonly truncated: boolean
  }[]
}

test('rows of all statements together are 8 MiB, however large each is', async () => {
  const query = `select repeat('x', 1000000) from generate_series(1, 40);`.repeat(3)
  const answer = await ask('read-only', '/sql/run', { query, limit: 10_000 })
  expect(answer.text.length).toBeLessThan(10 * 1024 * 1024)
  const { results } = answer.json as Ran
  expect(results.map(({ columns, rows }) => [columns.length, rows.length])).toEqual([
    [1, 9],
    [0, 0],
    [0, 0],
  ])
  expect(results.every(({ truncated }) => truncated)).toBe(true)
})

test('one statement of the API is about 4 MiB', async () => {
  const query = `select repeat('x', 1000000) as x from generate_series(1, 40)`
  const answer = await ask('read-only', '/sql', { query })
  expect(answer.text.length).toBeLessThan(6 * 1024 * 1024)
  expect(answer.json).toMatchObject({ truncated: true })
})

test('columns count as well, and nulls', async () => {
  const wide = `select ${Array.from({ length: 48 }, () => 'a.*').join(', ')} from pg_class a limit 0;`
  const nulls = `select ${Array.from({ length: 100 }, () => 'null').join(', ')} from generate_series(1, 10000);`
  for (const query of [wide.repeat(300), nulls.repeat(20)]) {
    const answer = await ask('read-only', '/sql/run', { query, limit: 10_000 })
    expect(answer.status).toBe(200)
    expect(answer.text.length).toBeLessThan(16 * 1024 * 1024)
  }
})

interface Held {
  /** Once there is one, of which nothing is read before `read`. */
  readonly answer: Promise<number | undefined>
  /** How it ended: all of it, or cut. */
  read(): Promise<'whole' | 'cut'>
  end(): void
}

/** Without a body a POST is begun, and sends nothing more. */
function hold(method: 'GET' | 'POST', path: string, body?: object, role = 'read-only'): Held {
  const url = fleet.studioUrl as string
  const own = { cookie: cookies.get(role), origin: url, 'x-basalt-studio': '1' }
  const headers = { ...own, 'content-type': 'application/json' }
  const asked = request(`${url}${shop}${path}`, { method, headers })
  asked.on('error', () => {})
  if (method === 'POST') asked.write(body === undefined ? '1,' : JSON.stringify(body))
  if (method === 'GET' || body !== undefined) asked.end()
  const response = new Promise<IncomingMessage>((resolve) => asked.on('response', resolve))
  void response.then((found) => found.on('error', () => {}))
  return {
    answer: response.then(({ statusCode }) => statusCode),
    read: async () => {
      const found = await response
      found.resume()
      return new Promise((resolve) =>
        found.on('close', () => resolve(found.complete ? 'whole' : 'cut')),
      )
    },
    end: () => asked.destroy(),
  }
}

async function rowsOf(role: string, query: string): Promise<unknown> {
  const { json } = await ask(role, '/sql/run', { query })
  return (json as Ran).results.at(-1)?.rows
}

/** 40 MB. */
async function bigTable(): Promise<string> {
  const made = `create table if not exists big as select n, repeat('x', 1000) as v from generate_series(1, 40000) n;`
  const rows = (await rowsOf('developer', `${made} select 'big'::regclass::oid`)) as string[][]
  return rows[0]?.[0] as string
}

test('exports that nobody reads hold no turn of scripts', async () => {
  const path = `/relations/${await bigTable()}/export`
  const exports = [1, 2, 3].map(() => hold('POST', path, { format: 'csv' }))
  let answered = 0
  for (const { answer } of exports) void answer.then(() => answered++)
  await expect.poll(() => answered, { timeout: 15_000 }).toBeGreaterThan(1)
  const answers = [1, 2, 3].map(() => rowsOf('read-only', 'select pg_sleep(0.2), 1'))
  expect(await Promise.all(answers)).toEqual([[['', '1']], [['', '1']], [['', '1']]])
  for (const one of exports) one.end()
})

test('files that are sent slowly hold no turn of scripts', async () => {
  const oid = await bigTable()
  const importOf = (id: number): string => `/relations/${oid}/import?header=false&id=slow${id}`
  const imports = [1, 2, 3].map((id) => hold('POST', importOf(id), undefined, 'developer'))
  const copying = () =>
    rowsOf(
      'developer',
      `select count(*) > 1 from pg_stat_activity where query like 'copy "public"."big"%' and datname = current_database()`,
    )
  await expect.poll(copying, { timeout: 15_000 }).toEqual([['t']])
  const answers = [1, 2, 3].map(() => rowsOf('developer', 'select pg_sleep(0.2), 1'))
  expect(await Promise.all(answers)).toEqual([[['', '1']], [['', '1']], [['', '1']]])
  for (const one of imports) one.end()
})

test('who only reads leaves a turn to who mends', async () => {
  const query = 'select pg_sleep(40)'
  const sleeping = () =>
    rowsOf(
      'developer',
      `select count(*) from pg_stat_activity where query = '${query}' and datname = current_database()`,
    )
  const sleepers = [1, 2, 3].map(() => hold('POST', '/sql/run', { query }))
  await expect.poll(sleeping, { timeout: 15_000 }).toEqual([['2']])
  for (const one of sleepers) one.end()
  await expect.poll(sleeping, { timeout: 15_000 }).toEqual([['0']])
})

test('what goes on ends when who asked is no member any more', async () => {
  const logs = hold('GET', '/functions/any/logs?follow=true')
  const table = hold('POST', `/relations/${await bigTable()}/export`, { format: 'csv' })
  expect([await logs.answer, await table.answer]).toEqual([200, 200])
  const logsEnd = logs.read()
  await fleet.control.operators.removeMember('shop', 'read-only@fleet.example', testActor)
  expect(await logsEnd).toBe('cut')
  const exporting = () =>
    rowsOf(
      'developer',
      `select count(*) from pg_stat_activity where query like '%studio.exportRows%' and pid <> pg_backend_pid() and datname = current_database()`,
    )
  await expect.poll(exporting, { timeout: 15_000 }).toEqual([['0']])
  expect(await table.read()).toBe('cut')
})
