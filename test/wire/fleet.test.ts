/** Many projects behind one gateway: how they are named, how they open, change and end. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { executeDirectly, startTestFleet, testActor } from '@basalt/server/testing'
import type { ProjectRecord, TestFleet } from '@basalt/server/testing'
import { anonHeaders, clientOf, send } from './fleet.ts'
import type { Reply } from './fleet.ts'

let fleet: TestFleet
let shop: ProjectRecord
let blog: ProjectRecord

const table = (word: string): string[] => [
  'create table public.words (word text)',
  'grant select, insert on public.words to anon, authenticated, service_role',
  `insert into public.words values ('${word}')`,
]

beforeAll(async () => {
  fleet = await startTestFleet()
  ;[shop, blog] = await Promise.all([fleet.create('shop'), fleet.create('blog')])
  await executeDirectly(shop.databaseUrl, ...table('of the shop'))
  await executeDirectly(blog.databaseUrl, ...table('of the blog'))
})
afterAll(() => fleet.close())

const words = (headers: Record<string, string>, path = '/rest/v1/words') =>
  send(`${fleet.url}${path}`, headers)

describe('a project is named', () => {
  test('by x-project-ref', async () => {
    expect((await words(anonHeaders(shop))).body).toBe('[{"word":"of the shop"}]')
    expect((await words(anonHeaders(blog))).body).toBe('[{"word":"of the blog"}]')
  })

  test('by its host, in any spelling of it', async () => {
    const apikey = shop.keys.anonKey
    for (const host of ['shop.test.example', 'SHOP.Test.Example:8080', 'shop.test.example.'])
      expect((await words({ host, apikey })).body).toBe('[{"word":"of the shop"}]')
  })

  test.each([
    ['nothing names one', {}, 400, 'project_not_given'],
    [
      'host and header differ',
      { host: 'shop.test.example', 'x-project-ref': 'blog' },
      400,
      'project_ambiguous',
    ],
    ['there is none', { 'x-project-ref': 'nobody' }, 404, 'project_not_found'],
    ['there is none at a host', { host: 'nobody.test.example' }, 404, 'project_not_found'],
    ['two labels', { host: 'a.shop.test.example' }, 404, 'project_not_found'],
    ['a domain that ends alike', { host: 'shopXtest.example' }, 400, 'project_not_given'],
    ['two refs', { 'x-project-ref': 'shop, blog' }, 404, 'project_not_found'],
    ['a path', { 'x-project-ref': '../shop' }, 404, 'project_not_found'],
    ['an empty one', { 'x-project-ref': '' }, 404, 'project_not_found'],
  ])('not where %s', async (_, headers: Record<string, string>, status, code) => {
    const reply = await words({ apikey: shop.keys.anonKey, ...headers })
    expect([reply.status, JSON.parse(reply.body).code]).toEqual([status, code])
  })

  test('and forged forwarding headers change nothing', async () => {
    const headers = {
      ...anonHeaders(shop),
      'x-forwarded-host': 'blog.test.example',
      forwarded: 'host=blog.test.example',
      'x-original-host': 'blog.test.example',
    }
    expect((await words(headers)).body).toBe('[{"word":"of the shop"}]')
  })
})

test('requests without a key are refused, as on hosted Supabase', async () => {
  expect((await words({ 'x-project-ref': 'shop' })).status).toBe(401)
})

test('supabase-js signs up, writes and reads', async () => {
  const client = clientOf(fleet.url, 'shop', shop.keys.publishableKey)
  const { data, error } = await client.auth.signUp({
    email: 'a@shop.example',
    password: 'correct horse',
  })
  expect(error).toBeNull()
  expect(data.session?.access_token).toBeDefined()
  expect((await client.from('words').insert({ word: 'mine' })).error).toBeNull()
  const issuer = JSON.parse(
    Buffer.from((data.session?.access_token ?? '').split('.')[1] ?? '', 'base64url').toString(),
  ).iss
  expect(issuer).toBe('https://shop.test.example/auth/v1')
})

describe('what operators do reaches nodes that run', () => {
  const status = async (): Promise<number> => (await words(anonHeaders(blog))).status

  test('pause and resume', async () => {
    expect(await status()).toBe(200)
    await fleet.control.projects.pause('blog', testActor)
    await expect.poll(status).toBe(540)
    expect(JSON.parse((await words(anonHeaders(blog))).body).code).toBe('project_paused')
    await fleet.control.projects.resume('blog', testActor)
    await expect.poll(status).toBe(200)
  })

  test('delete, restore, purge', async () => {
    const gone = await fleet.create('gone')
    const answer = async (): Promise<number> => (await words(anonHeaders(gone))).status
    await executeDirectly(gone.databaseUrl, ...table('gone'))
    expect(await answer()).toBe(200)
    await fleet.control.projects.remove('gone', testActor)
    await expect.poll(answer).toBe(410)
    await fleet.control.projects.restore('gone', testActor)
    await expect.poll(answer).toBe(200)
    await fleet.control.projects.remove('gone', testActor)
    await fleet.control.projects.purge('gone', { confirm: 'gone' }, testActor)
    await expect.poll(answer).toBe(404)
  })

  test('a project that was asked for before it was made', async () => {
    const early = { 'x-project-ref': 'early' }
    expect((await words(early)).status).toBe(404)
    const made = await fleet.create('early')
    await expect
      .poll(async () => (await words(anonHeaders(made), '/auth/v1/settings')).status)
      .toBe(200)
  })

  test('a setting that services read is in effect without a request failing', async () => {
    const settings = async (): Promise<{ disable_signup: boolean }> =>
      JSON.parse((await words(anonHeaders(shop), '/auth/v1/settings')).body)
    const before = (await words(anonHeaders(shop))).status
    expect([before, (await settings()).disable_signup]).toEqual([200, false])
    await fleet.control.projects.changeConfig('shop', { auth: { enable_signup: false } }, testActor)
    await expect.poll(async () => (await settings()).disable_signup).toBe(true)
    await fleet.control.projects.changeConfig('shop', { auth: { enable_signup: null } }, testActor)
    await expect.poll(async () => (await settings()).disable_signup).toBe(false)
  })

  test('one that is read at start opens the project anew, and no request fails meanwhile', async () => {
    const outcomes: number[] = []
    let isChanging = true
    const asking = (async () => {
      while (isChanging) outcomes.push((await words(anonHeaders(shop))).status)
    })()
    await fleet.control.projects.changeConfig('shop', { storage: { enabled: false } }, testActor)
    const buckets = { ...anonHeaders(shop), authorization: `Bearer ${shop.keys.serviceRoleKey}` }
    await expect.poll(async () => (await words(buckets, '/storage/v1/bucket')).status).toBe(404)
    isChanging = false
    await asking
    expect(new Set(outcomes)).toEqual(new Set([200]))
    await fleet.control.projects.changeConfig('shop', { storage: { enabled: null } }, testActor)
    await expect.poll(async () => (await words(buckets, '/storage/v1/bucket')).status).toBe(200)
  })

  test('keys are rotated: the old ones are good for their time, sessions stay', async () => {
    const client = clientOf(fleet.url, 'shop', shop.keys.publishableKey)
    const { data } = await client.auth.signInWithPassword({
      email: 'a@shop.example',
      password: 'correct horse',
    })
    const bearer = `Bearer ${data.session?.access_token}`
    const next = await fleet.control.projects.rotateKeys('shop', { graceMs: 3_000 }, testActor)
    expect(next.keys.jwtSecret).not.toBe(shop.keys.jwtSecret)
    await expect.poll(async () => (await words(anonHeaders(next))).status).toBe(200)
    const old = [
      shop.keys.anonKey,
      shop.keys.publishableKey,
      shop.keys.secretKey,
      shop.keys.serviceRoleKey,
    ]
    for (const apikey of old)
      expect((await words({ 'x-project-ref': 'shop', apikey })).status).toBe(200)
    const user = () => words({ ...anonHeaders(next), authorization: bearer }, '/auth/v1/user')
    expect((await user()).status).toBe(200)
    for (const apikey of old)
      await expect
        .poll(async () => (await words({ 'x-project-ref': 'shop', apikey })).status, {
          timeout: 15_000,
        })
        .toBe(401)
    expect((await user()).status).toBe(403)
    shop = next
  })
})

describe('a node opens no more projects than it may', () => {
  test('one that nobody uses makes room; where all are used, the next is refused', async () => {
    const node = await fleet.startNode({ 'basalt.fleet.max_projects': 1 })
    const ask = (record: ProjectRecord, path = '/rest/v1/words'): Promise<Reply> =>
      send(`${node.url}${path}`, anonHeaders(record))
    expect((await ask(shop)).status).toBe(200)
    expect((await ask(blog)).status).toBe(200)
    expect(node.fleet.stats('shop').state).toBe('closed')
    await executeDirectly(
      blog.databaseUrl,
      'create function public.slow() returns text language sql as $$ select pg_sleep(1)::text $$',
    )
    const running = send(`${node.url}/rest/v1/rpc/slow`, anonHeaders(blog), { method: 'POST' })
    await expect.poll(() => node.fleet.stats('blog').running).toBeGreaterThan(0)
    const refused = await ask(shop)
    expect([refused.status, JSON.parse(refused.body).code]).toEqual([503, 'node_full'])
    expect((await running).status).toBe(200)
    expect((await ask(shop)).status).toBe(200)
    await node.stop()
  })

  test('what nobody asks for is closed, and opens with the next request', async () => {
    const node = await fleet.startNode({ 'basalt.fleet.idle_timeout': 200 })
    const ask = async (): Promise<number> =>
      (await send(`${node.url}/rest/v1/words`, anonHeaders(shop))).status
    expect(await ask()).toBe(200)
    await expect.poll(() => node.fleet.stats('shop').state, { timeout: 15_000 }).toBe('closed')
    expect(await ask()).toBe(200)
    await node.stop()
  })
})

test('a project with jobs of its own stays open, and opens on a node that begins', async () => {
  const busy = await fleet.create('busy')
  const node = await fleet.startNode({ 'basalt.fleet.idle_timeout': 300 })
  expect((await send(`${node.url}/auth/v1/settings`, anonHeaders(busy))).status).toBe(200)
  await executeDirectly(
    busy.databaseUrl,
    'create extension pg_cron',
    "select cron.schedule('nightly', '0 3 * * *', 'select 1')",
  )
  const isKept = async (): Promise<boolean> =>
    (await fleet.control.projects.show('busy')).record.keptOpen
  await expect.poll(isKept, { timeout: 15_000 }).toBe(true)
  expect(node.fleet.stats('busy').state).toBe('open')
  await node.stop()
  const next = await fleet.startNode({ 'basalt.fleet.idle_timeout': 300 })
  await expect.poll(() => next.fleet.stats('busy').state, { timeout: 15_000 }).toBe('open')
  await executeDirectly(busy.databaseUrl, "select cron.unschedule('nightly')")
  await expect.poll(() => next.fleet.stats('busy').state, { timeout: 15_000 }).toBe('closed')
  expect(await isKept()).toBe(false)
  await next.stop()
})

test('usage is counted by project and hour', async () => {
  const node = await fleet.startNode()
  const url = `${node.url}/rest/v1/words`
  for (let each = 0; each < 5; each++) await send(url, anonHeaders(blog))
  const used = async (): Promise<number> => {
    const hours = await fleet.control.usage.list({ ref: 'blog', fromMs: 0, toMs: Date.now() + 1 })
    return hours.reduce((sum, { requests }) => sum + requests, 0)
  }
  const before = await used()
  await node.stop()
  expect(await used()).toBe(before + 5)
})

describe("the operators' API", () => {
  const json = { 'content-type': 'application/json' }
  const signIn = async (): Promise<string> => {
    await fleet.control.operators.create(
      { email: 'owner@fleet.example', password: 'a long enough one', role: 'owner' },
      testActor,
    )
    const body = JSON.stringify({ email: 'owner@fleet.example', password: 'a long enough one' })
    const answer = await send(`${fleet.url}/admin/v1/sessions`, json, { method: 'POST', body })
    expect(answer.status).toBe(201)
    return JSON.parse(answer.body).token
  }

  test('is at no address of a project; what it asks of one goes through its gateway', async () => {
    const authorization = `Bearer ${await signIn()}`
    const list = await send(`${fleet.url}/admin/v1/projects`, { authorization })
    expect(JSON.parse(list.body)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ref: 'shop', api_url: 'https://shop.test.example' }),
      ]),
    )
    const users = await send(`${fleet.url}/admin/v1/projects/shop/users`, { authorization })
    expect(JSON.parse(users.body).users).toEqual([
      expect.objectContaining({ email: 'a@shop.example' }),
    ])
    const atProject = await send(`${fleet.url}/admin/v1/projects`, {
      authorization,
      host: 'shop.test.example',
    })
    expect([401, 403, 404]).toContain(atProject.status)
    const health = await send(`${fleet.url}/admin/v1/health`, { authorization })
    expect(JSON.parse(health.body)).toMatchObject({ node: { status: 'ok' } })
  })
})
