/** What an operator who only reads can do to those who share the process, the project and its turns. */
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
  fleet = await startTestFleet({ hasStudio: true })
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
