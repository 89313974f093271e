/** Client transactions at their limits, and where they are not ours to answer. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDataApi } from './open-data-api.fixture.ts'
import type { DataApiFixture, OpenOptions } from './open-data-api.fixture.ts'

const schema = `
  create table public.items (id int primary key, name text);
  insert into public.items select n, repeat('x', 1000) from generate_series(1, 10) n;
  grant all on public.items to anon, service_role;
  create function public.large(bytes int) returns text language sql as $$ select repeat('x', bytes) $$;
  create function public.rest(seconds float) returns int language sql as $$ select pg_sleep(seconds); select 1 $$;`

const opened: DataApiFixture[] = []
const open = async (options: OpenOptions): Promise<DataApiFixture> => {
  const api = await openDataApi(options)
  opened.push(api)
  return api
}
let api: DataApiFixture
beforeAll(async () => {
  api = await open({ schema, api: { maxTransactionBytes: 5_000 } })
})
afterAll(() => Promise.all(opened.map((each) => each.close())))

const send = (steps: object, headers: Record<string, string> = {}, to = api) =>
  to.call('POST', '/rpc/transaction', { json: { steps }, headers })

test('results beyond the limit undo the transaction', async () => {
  const small = { select: 'items?limit=2' }
  expect((await send([small, small])).status).toBe(200)
  const large = await send([{ insert: 'items', body: { id: 99 } }, small, small, small])
  expect(large.status).toBe(413)
  expect(large.json).toMatchObject({ code: 'BTX03', step: 3 })
  expect((await api.call('GET', '/items?id=eq.99')).json).toEqual([])
})

test('a result that is far too large is not held in memory', async () => {
  // more than the megabyte up to which rows are collected as they are
  const large = { rpc: 'large', body: { bytes: 60_000_000 } }
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers)), 5)
  // who has no statement timeout: a slow machine takes seconds for it
  const answer = await api.call('POST', '/rpc/transaction', {
    json: { steps: [{ insert: 'items', body: { id: 99 } }, large] },
    as: { role: 'service_role' },
  })
  clearInterval(watching)
  expect(answer.json).toMatchObject({ code: 'BTX03', step: 1 })
  // chunks of it wait for the garbage collector; kept, it takes 120 MB
  expect(most - before).toBeLessThan(55_000_000)
  expect((await api.call('GET', '/items?id=eq.99')).json).toEqual([])
})

test('a transaction that takes too long is stopped and undone', async () => {
  const insert = { insert: 'items', body: { id: 99 } }
  const hasty = await open({ schema, api: { maxTransactionMs: 300 } })
  const slow = await send([insert, { rpc: 'rest', body: { seconds: 20 } }], {}, hasty)
  expect(slow.status).toBe(504)
  expect(slow.json).toMatchObject({ code: 'BTX04', step: 1 })
  expect((await hasty.call('GET', '/items?id=eq.99')).json).toEqual([])
})

test('a connection that cannot reach the keys says so, and runs nothing', async () => {
  const insert = [{ insert: 'items', body: { id: 99 } }]
  const answer = await send(insert, { 'idempotency-key': 'a' })
  expect(answer.status).toBe(501)
  expect(answer.json).toMatchObject({ code: 'BTX08' })
  expect((await api.call('GET', '/items?id=eq.99')).json).toEqual([])
})

test('Prefer: tx=rollback tries it, where that is allowed', async () => {
  const trying = await open({ schema, api: { txEnd: 'commit-allow-override' } })
  const insert = [{ insert: 'items?select=id', body: { id: 99 } }]
  const tried = await send(insert, { prefer: 'tx=rollback' }, trying)
  expect(tried.json).toEqual([{ status: 201, count: null, body: [{ id: 99 }] }])
  expect((await trying.call('GET', '/items?id=eq.99')).json).toEqual([])
  await send(insert, {}, trying)
  expect((await trying.call('GET', '/items?id=eq.99&select=id')).json).toEqual([{ id: 99 }])
})

test('a function of the schema named transaction is called instead', async () => {
  const own = await open({
    schema: `create function public.transaction(steps json) returns text language sql as $$ select 'mine' $$;`,
  })
  expect((await send([{ select: 'items' }], {}, own)).json).toBe('mine')
})

test('turned off, there is no such function', async () => {
  const off = await open({ schema: 'select 1', api: { transactions: false } })
  expect((await send([{ select: 'items' }], {}, off)).json).toMatchObject({ code: 'PGRST202' })
})

test('a function called before every request is called before every step', async () => {
  const guarded = await open({
    schema: `${schema}
      create function public.guard() returns void language plpgsql as $$ begin
        if current_setting('request.path') = '/rpc/rest' then raise sqlstate 'PT403' using message = 'not here'; end if; end $$;`,
    api: { preRequest: '"public"."guard"' },
  })
  const answer = await send(
    [{ select: 'items?limit=1' }, { rpc: 'rest', body: { seconds: 0 } }],
    {},
    guarded,
  )
  expect(answer.status).toBe(403)
  expect(answer.json).toMatchObject({ message: 'not here', step: 1 })
})

test('many that meet something unknown at once do not wait for one another’s connections', async () => {
  const roomy = await open({ schema })
  const steps = [{ select: 'items?limit=1' }, { select: 'nothing' }]
  const answers = await Promise.all(Array.from({ length: 40 }, () => send(steps, {}, roomy)))
  for (const { json } of answers) expect(json).toMatchObject({ code: 'PGRST205', step: 1 })
})

test('a table made a moment ago is found', async () => {
  // no notification: the catalog is old when the step comes
  const fresh = await open({ schema, api: { channel: null } })
  expect((await send([{ select: 'later' }], {}, fresh)).json).toMatchObject({ code: 'PGRST205' })
  await fresh.script('create table public.later (id int); grant select on public.later to anon')
  const answer = await send(
    [{ insert: 'items?select=id', body: { id: 50 } }, { select: 'later' }],
    {},
    fresh,
  )
  expect(answer.json).toMatchObject([{ body: [{ id: 50 }] }, { body: [] }])
})
