/** What operators of one project, and whoever has nothing at all, try against the others of a fleet. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  createTestDatabase,
  executeDirectly,
  startTestFleet,
  testActor,
} from '@basalt/server/testing'
import type { Cuttable, ProjectRecord, TestFleet } from '@basalt/server/testing'
import { anonHeaders, send } from './fleet.ts'

let fleet: TestFleet
let alpha: ProjectRecord
const tokens: Record<string, string> = {}
beforeAll(async () => {
  fleet = await startTestFleet({ hasControlLine: true })
  ;[alpha] = await Promise.all([fleet.create('alpha'), fleet.create('beta')])
  for (const [name, ref, role] of [
    ['reader', 'alpha', 'read-only'],
    ['maker', 'alpha', 'developer'],
    ['other', 'beta', 'developer'],
  ] as const) {
    const email = `${name}@fleet.example`
    await fleet.control.operators.create({ email, password: 'a long enough one', role }, testActor)
    await fleet.control.operators.setMember(ref, email, role, testActor)
    const options = { name: 'test', expiresMs: null }
    tokens[name] = (await fleet.control.sessions.createToken(email, options, testActor)).token
  }
})
afterAll(() => fleet.close())

async function ask(who: string, path: string, query?: string) {
  const response = await fetch(`${fleet.url}/admin/v1/projects${path}`, {
    method: query === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${tokens[who]}` },
    ...(query === undefined ? {} : { body: JSON.stringify({ query }) }),
  })
  const text = await response.text()
  return { status: response.status, text, body: JSON.parse(text) }
}

test('slow SQL of one project refuses its own, not that of others', async () => {
  const sleep = 'select pg_sleep(1)'
  const slow = Array.from({ length: 20 }, () => ask('maker', '/alpha/sql', sleep))
  const refused = await Promise.any(
    slow.map(async (one) => ((await one).status === 503 ? true : Promise.reject(new Error()))),
  )
  expect(refused).toBe(true)
  expect((await ask('other', '/beta/sql', 'select 1 as one')).body).toMatchObject({
    rows: [{ one: 1 }],
  })
  expect((await ask('other', '/beta/health')).body).toMatchObject({ database: { reachable: true } })
  const answers = await Promise.all(slow)
  const others = answers.filter(({ status }) => status !== 200 && status !== 503)
  expect(others.map(({ text }) => text)).toEqual([])
  // three at once, and a line of six
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(9)
})

test('who only reads sees every row, and ends no sessions, makes no slots, becomes nobody', async () => {
  await executeDirectly(
    alpha.databaseUrl,
    'create table public.notes (note text)',
    'alter table public.notes enable row level security',
    "insert into public.notes values ('seen')",
  )
  // what the test before asked may still be ending
  await expect
    .poll(async () => (await ask('reader', '/alpha/sql', 'select 1')).status, { timeout: 10_000 })
    .toBe(200)
  const read = (query: string) => ask('reader', '/alpha/sql', query)
  expect((await read('select note from notes')).body.rows).toEqual([{ note: 'seen' }])
  expect((await read('select count(*) as n from auth.users')).body.rows).toEqual([{ n: 0 }])
  for (const query of [
    'select pg_terminate_backend(pid) from pg_stat_activity where usename <> session_user',
    "select pg_create_logical_replication_slot('left', 'pgoutput')",
    "select pg_drop_replication_slot('left')",
    "select set_config('role', 'postgres', true)",
    "select set_config('role', 'service_role', true)",
    "insert into public.notes values ('written')",
    'create temporary table t ()',
  ]) {
    const { status, text } = await read(query)
    expect([query, status, text]).toEqual([query, 400, expect.stringMatching(/42501|25006/)])
  }
})

test('what a project wrote into its tables and policies is told to a length', async () => {
  await executeDirectly(
    alpha.databaseUrl,
    'create table public.wordy (id int)',
    "do $$ begin execute format('comment on table public.wordy is %L', repeat('x', 2000000)); end $$",
    "do $$ begin execute format('create policy long on public.wordy using (id::text <> %L)', repeat('x', 2000000)); end $$",
  )
  for (const path of ['/alpha/tables', '/alpha/policies']) {
    const { status, text } = await ask('reader', path)
    expect(status).toBe(200)
    expect(text).toContain('wordy')
    expect(text.length).toBeLessThan(1_000_000)
  }
})

test('names nobody could be asked about are not kept', async () => {
  const controlLine = fleet.controlLine as Cuttable
  const projects = () =>
    send(`${fleet.url}/auth/v1/settings`, { 'x-project-ref': 'alpha' }).then(
      () => fleet.load().projects,
    )
  const before = await projects()
  await controlLine.cut()
  const asked = Array.from({ length: 30 }, (_, at) =>
    send(`${fleet.url}/auth/v1/settings`, { 'x-project-ref': `nobody-${at}` }),
  )
  for (const { body } of await Promise.all(asked)) expect(body).toContain('projects_unavailable')
  expect(await projects()).toBe(before)
  await controlLine.mend()
})

test('SQL of a project reaches its own API, and nothing else on the machine of the node', async () => {
  expect((await send(`${fleet.url}/auth/v1/health`, anonHeaders(alpha))).status).toBe(200)
  const outcomeOf = async (url: string): Promise<string> => {
    await executeDirectly(
      alpha.databaseUrl,
      'create extension if not exists pg_net with schema extensions',
      `select net.http_get('${url}')`,
    )
    const answers = async (): Promise<string> =>
      (
        await ask(
          'maker',
          '/alpha/sql',
          'select error_msg from net._http_response order by id desc limit 1',
        )
      ).text
    await expect.poll(answers, { timeout: 15_000 }).toContain('error_msg":"')
    return answers()
  }
  expect(await outcomeOf(`${fleet.url}/health`)).toContain('outside the public internet')
})

test('who puts a project beside others on one server is told what that means', async () => {
  const database = await createTestDatabase()
  const input = { ref: 'beside', databaseUrl: database.url }
  const { warnings } = await fleet.control.projects.create(input, testActor)
  expect(warnings.map(({ message }) => message)).toContainEqual(
    expect.stringContaining('on the same server'),
  )
  await database.drop()
})
