/** What limits a customer's key, and what is written of its use. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createMemoryBus, executeDirectly, withDatabase } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { ask, clientOf, newUser, notes, startWithKeys } from './api-key-users.ts'
import type { KeyUser } from './api-key-users.ts'

let server: TestPlatform
let ann: KeyUser
beforeAll(async () => {
  server = await startWithKeys({ schema: notes })
  ann = await newUser(server)
})
afterAll(() => server.close())

const path = '/rest/v1/notes?select=body'
const soon = { timeout: 15_000, interval: 10 }
const statusOf = async (key: string): Promise<number> =>
  (await ask(server, path, { 'x-api-key': key })).status
const codeOf = ({ text }: { readonly text: string }): unknown =>
  (JSON.parse(text) as { code?: unknown }).code

describe('a key is limited', () => {
  const statuses = async (key: string, count: number, node = server): Promise<number[]> =>
    (
      await Promise.all(Array.from({ length: count }, () => ask(node, path, { 'x-api-key': key })))
    ).map(({ status }) => status)
  const passed = (all: readonly number[]): number => all.filter((status) => status === 200).length

  test('to its rate: of 200 at once exactly 100 pass, and the headers say so', async () => {
    const { key } = await ann.makeKey({ rate_limit: 100 })
    const all = await statuses(key, 200)
    expect([passed(all), all.filter((status) => status === 429).length]).toEqual([100, 100])
    const answer = await ask(server, path, { 'x-api-key': key })
    expect(codeOf(answer)).toBe('api_key_rate_limit')
    const { headers } = answer
    expect(headers.get('x-ratelimit-limit')).toBe('100')
    expect(headers.get('x-ratelimit-remaining')).toBe('0')
    const resetIn = Number(headers.get('x-ratelimit-reset'))
    expect(resetIn > 40 && resetIn <= 62).toBe(true)
    expect(Math.abs(Number(headers.get('retry-after')) - resetIn)).toBeLessThan(2)
    expect(headers.get('access-control-expose-headers')).toContain('x-ratelimit-remaining')
  })

  test('to its quota of the month: of 120 at once exactly 50 pass', async () => {
    const { key, id } = await ann.makeKey({ rate_limit: 1000, monthly_quota: 50 })
    expect(passed(await statuses(key, 120))).toBe(50)
    const answer = await ask(server, path, { 'x-api-key': key })
    expect([answer.status, codeOf(answer)]).toEqual([429, 'api_key_quota'])
    expect(answer.headers.get('x-quota-limit')).toBe('50')
    expect(answer.headers.get('x-quota-remaining')).toBe('0')
    const month = new Date(Date.now() + Number(answer.headers.get('x-quota-reset')) * 1000)
    expect([month.getUTCDate(), month.getUTCHours(), month > new Date()]).toEqual([1, 0, true])
    await vi.waitUntil(
      async () =>
        (await ann.client.from('api_keys').select().eq('id', id).single()).data?.usage_count === 50,
      soon,
    )
    expect((await ann.client.rpc('check_monthly_quota', { key_id: id })).data).toBe(false)
    // the service role gives more, and it is used at once
    const service = clientOf(server, server.platform.keys.serviceRoleKey)
    await service.from('api_keys').update({ monthly_quota: 51 }).eq('id', id)
    await vi.waitUntil(async () => (await statusOf(key)) === 200, soon)
    expect(await statusOf(key)).toBe(429)
  })

  test('by what other nodes let in', async () => {
    const bus = createMemoryBus()
    const first = await startWithKeys({ schema: notes, bus: bus.connect() })
    const { databaseUrl } = first
    const second = await startWithKeys({ bus: bus.connect(), databaseUrl })
    const eve = await newUser(first)
    const { key } = await eve.makeKey({ rate_limit: 60 })
    expect(passed(await statuses(key, 60, first))).toBe(60)
    await vi.waitUntil(async () => (await statuses(key, 1, second))[0] === 429, soon)
    const quota = await eve.makeKey({ rate_limit: 1000, monthly_quota: 40 })
    expect(passed(await statuses(quota.key, 40, first))).toBe(40)
    await vi.waitUntil(async () => (await statuses(quota.key, 1, second))[0] === 429, soon)
    // what one node hears of a key that ended, the other does too
    const more = await eve.makeKey()
    expect([
      ...(await statuses(more.key, 1, first)),
      ...(await statuses(more.key, 1, second)),
    ]).toEqual([200, 200])
    await eve.client.from('api_keys').delete().eq('id', more.id)
    await vi.waitUntil(async () => (await statuses(more.key, 1, second))[0] === 401, {
      timeout: 1_500,
      interval: 10,
    })
    await second.close()
    await first.close()
  })
})

describe('use is written', () => {
  test('a row for each request, and how often', async () => {
    const { key, id } = await ann.makeKey()
    await ask(server, path, { 'x-api-key': key })
    await ask(server, '/rest/v1/nothing_there', { 'x-api-key': key })
    await ask(server, '/storage/v1/bucket', { authorization: `Bearer ${key}` })
    const rows = await vi.waitUntil(async () => {
      const { data } = await ann.client
        .from('usage_metrics')
        .select()
        .eq('api_key_id', id)
        .order('id')
      return data?.length === 3 ? data : null
    }, soon)
    expect(rows.toSorted((a, b) => (a.endpoint < b.endpoint ? -1 : 1))).toMatchObject([
      { endpoint: '/rest/v1/notes', method: 'GET', status_code: 200, tokens_used: 0 },
      { endpoint: '/rest/v1/nothing_there', status_code: 404 },
      { endpoint: '/storage/v1/bucket', status_code: 200 },
    ])
    const { data } = await ann.client.from('api_key_stats').select().eq('api_key_id', id).single()
    expect(data).toMatchObject({ used_this_month: 3, requests_last_minute: 3, errors_last_day: 1 })
    expect(
      (await ann.client.from('api_keys').select().eq('id', id).single()).data.last_used_at,
    ).not.toBeNull()
  })

  test('at the end of a node what it has not written yet', async () => {
    const node = await startWithKeys({ schema: notes })
    const second = await startWithKeys({ databaseUrl: node.databaseUrl })
    const { key, id } = await (await newUser(node)).makeKey()
    for (let i = 0; i < 5; i++) await ask(second, path, { 'x-api-key': key })
    await second.close()
    expect(
      await node.count(
        `select count(*)::int as n from public.usage_metrics where api_key_id = '${id}'`,
      ),
    ).toBe(5)
    expect(
      await node.count(`select usage_count as n from public.api_keys where id = '${id}'`),
    ).toBe(5)
    await node.close()
  })

  test('once the database is there again, which the requests did not see go', async () => {
    const node = await startWithKeys({ schema: notes })
    const { key, id } = await (await newUser(node)).makeKey()
    expect((await ask(node, path, { 'x-api-key': key })).status).toBe(200)
    const name = new URL(node.databaseUrl).pathname.slice(1)
    const elsewhere = withDatabase(node.databaseUrl, 'postgres')
    const kill = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`
    await executeDirectly(elsewhere, `alter database ${name} allow_connections false`, kill)
    const answer = await vi.waitUntil(async () => {
      const told = await ask(node, path, { 'x-api-key': key })
      return told.status === 503 && codeOf(told) === 'api_keys_unavailable' ? told : null
    }, soon)
    expect(answer.status).toBe(503)
    await executeDirectly(elsewhere, `alter database ${name} allow_connections true`)
    await vi.waitUntil(
      async () => (await ask(node, path, { 'x-api-key': key })).status === 200,
      soon,
    )
    const kept = `select count(*)::int as n from public.usage_metrics where api_key_id = '${id}' and status_code = 200`
    await vi.waitUntil(async () => (await node.count(kept)) >= 2, soon)
    await node.close()
  })
})
