/** Answers that are kept: for whom, until when, and what is never shared. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { ask } from './bytes-client.ts'
import type { BytesAnswer } from './bytes-client.ts'
import { signToken } from './sign-token.ts'

const jwtSecret = 'super-secret-jwt-token-with-at-least-32-characters-long'
const routes = [
  'products',
  'makers',
  'notes',
  'recent',
  'by_header',
  'dear',
  'keyless',
  'helped',
  'mine',
  'parts',
  'rpc/total',
  'rpc/roll',
  'rpc/whoami',
  'rpc/dynamic',
]

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({
    config: { 'basalt.cache.enabled': true, 'basalt.cache.routes': routes },
    schema: `${durable}
      create table public.makers (id int primary key, name text not null);
      create table public.products (id int primary key, name text not null, price int not null, maker int references public.makers);
      insert into public.makers values (1, 'Acme'), (2, 'Bolt');
      insert into public.products select n, 'product ' || n, n, 1 + n % 2 from generate_series(1, 100) n;
      create view public.dear as select id, name from public.products where price > 50;
      create view public.recent as select id, name, now() as seen from public.products;
      create view public.by_header as select id, current_setting('request.headers', true)::json ->> 'x-shop' as shop from public.products limit 1;
      create table public.keyless (id int);
      create table public.notes (id int primary key, owner uuid, body text);
      alter table public.notes enable row level security;
      create policy own on public.notes for select to authenticated using (owner = (select auth.uid()));
      create policy open on public.notes for select to anon using (owner is null);
      insert into public.notes values (1, null, 'for all'), (2, '11111111-1111-4111-8111-111111111111', 'alice''s'),
        (3, '22222222-2222-4222-8222-222222222222', 'bob''s');
      create table public.members (id int primary key);
      insert into public.members values (1), (2);
      create function public.is_member(n int) returns boolean language sql stable as 'select exists (select from members where id = n)';
      create table public.helped (id int primary key);
      alter table public.helped enable row level security;
      create policy helped on public.helped for select using (public.is_member(id));
      insert into public.helped select generate_series(1, 3);
      create table public.parts (id int, day date, primary key (id, day)) partition by range (day);
      create table public.parts_2026 partition of public.parts for values from ('2026-01-01') to ('2027-01-01');
      insert into public.parts values (1, '2026-05-05');
      create function public.total() returns bigint language sql stable as 'select sum(price) from products';
      create function public.roll() returns int language sql volatile as 'select 4';
      create function public.whoami() returns text language sql stable as $$ select auth.role() || coalesce(auth.uid()::text, '') $$;
      create function public.dynamic() returns int language plpgsql stable as $$ declare n int; begin execute 'select count(*) from products' into n; return n; end $$;
      grant select, insert, update, delete on all tables in schema public to anon, authenticated, service_role;`,
  })
})
afterAll(() => server.close())

/** A test's server acknowledges before the log is on disk, where it is read from. */
const durable = `do $$ begin execute format('alter database %I set synchronous_commit = on', current_database()); end $$;`

const read = (path: string, headers: Record<string, string> = {}) =>
  ask(server.url, 'GET', `/rest/v1/${path}`, {
    apikey: server.platform.keys.publishableKey,
    ...headers,
  })
const wayOf = ({ headers }: BytesAnswer) => headers['cache-status'] ?? 'none'
const json = ({ body }: BytesAnswer): unknown => JSON.parse(body.toString())
const hit = 'basalt; hit'
const miss = 'basalt; fwd=miss'

/** Until the cache has begun to follow the log, and what was changed a moment ago has settled. */
async function untilHit(path: string, headers: Record<string, string> = {}): Promise<BytesAnswer> {
  const end = performance.now() + 3_000
  for (;;) {
    const answer = await read(path, headers)
    if (wayOf(answer) === hit) return answer
    if (performance.now() > end)
      throw new Error(
        `${path} is never cached: ${JSON.stringify(server.logged.filter(({ level }) => level === 'warn'))}`,
      )
  }
}

test('what was answered is answered again, with its age and tag', async () => {
  const first = await untilHit('products?order=id&limit=3')
  expect(first.status).toBe(200)
  expect(json(first)).toHaveLength(3)
  expect(first.headers).toMatchObject({
    'cache-control': 'public, no-cache',
    age: expect.stringMatching(/^\d+$/) as string,
    etag: expect.stringMatching(/^"[\w-]{27}"$/) as string,
    'content-range': '0-2/*',
  })
  expect(first.headers['vary']).toMatch(/authorization/i)
  const known = await read('products?order=id&limit=3', {
    'if-none-match': first.headers['etag'] as string,
  })
  expect([known.status, known.body.length]).toEqual([304, 0])
  expect(known.headers['etag']).toBe(first.headers['etag'])
  const other = await read('products?order=id&limit=3', { 'if-none-match': '"other"' })
  expect(other.status).toBe(200)
})

test('other questions have other answers, whatever the case of headers', async () => {
  await untilHit('products?order=id&limit=2')
  const csv = await read('products?order=id&limit=2', { Accept: 'text/csv' })
  expect(csv.headers['content-type']).toContain('text/csv')
  const ranged = await read('products?order=id&limit=2', { RANGE: '1-1' })
  expect(json(ranged)).toMatchObject([{ id: 2 }])
  const counted = await read('products?order=id&limit=2', { Prefer: 'count=exact' })
  expect(counted.headers['content-range']).toBe('0-1/100')
  const single = await read('products?order=id&limit=1', {
    accept: 'application/vnd.pgrst.object+json',
  })
  expect(json(single)).toMatchObject({ id: 1 })
  expect(json(await read('products?order=id&limit=1'))).toMatchObject([{ id: 1 }])
  expect((await read('products?limit=1', { 'accept-profile': 'other' })).status).toBe(406)
})

test.each([
  [
    'a table',
    'products?select=name&id=eq.7',
    `update public.products set name = 'changed' where id = 7`,
  ],
  ['a view', 'dear?id=eq.77', `update public.products set name = 'changed' where id = 77`],
  [
    'what is embedded',
    'products?select=id,makers(name)&id=eq.1',
    `update public.makers set name = 'changed' where id = 2`,
  ],
  ['what a policy asks', 'helped?order=id', `delete from public.members where id = 2`],
  [
    'what a function reads',
    'rpc/total',
    `insert into public.products values (500, 'more', 1000, 1)`,
  ],
  ['a part of a table', 'parts', `insert into public.parts_2026 values (2, '2026-06-06')`],
  ['all at once', 'parts?select=id', 'truncate public.parts'],
])('a change of %s is seen within 50 ms', async (_, path, change) => {
  const before = await untilHit(path)
  await server.script(change)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const after = await read(path)
  expect(after.body.toString()).not.toBe(before.body.toString())
  expect((await untilHit(path)).body.toString()).toBe(after.body.toString())
})

test.each([
  ['depends on the time', 'recent?limit=1', /time/],
  ["depends on the request's headers", 'by_header', /request\.headers/],
  ['changes unseen', 'keyless', /primary key/],
  ['is volatile', 'rpc/roll', /volatile/],
  ['runs dynamic SQL', 'rpc/dynamic', /dynamic/],
])('what %s is not kept, and the log says why', async (_, path, reason) => {
  await untilHit('products?limit=1')
  for (let times = 0; times < 3; times++) expect(wayOf(await read(path))).toBe('none')
  const told = server.logged.filter(({ message }) => message === 'an answer is not cached')
  expect(told.map((line) => String(line['reason'])).join()).toMatch(reason)
})

test('what nobody named is not kept', async () => {
  await untilHit('products?limit=1')
  for (const path of ['members', '/products?limit=1', '%70roducts?limit=1'])
    for (let times = 0; times < 2; times++) expect(wayOf(await read(path))).toBe('none')
})

test('nobody is answered what was for another', async () => {
  const alice = signToken(jwtSecret, {
    sub: '11111111-1111-4111-8111-111111111111',
    role: 'authenticated',
  })
  const bob = signToken(jwtSecret, {
    sub: '22222222-2222-4222-8222-222222222222',
    role: 'authenticated',
  })
  const service = server.platform.keys.serviceRoleKey
  const as = (token: string) => ({ authorization: `Bearer ${token}` })
  const path = 'notes?select=id&order=id'
  expect(json(await untilHit(path))).toEqual([{ id: 1 }])
  expect(json(await untilHit(path, as(alice)))).toEqual([{ id: 2 }])
  expect(json(await untilHit(path, as(bob)))).toEqual([{ id: 3 }])
  expect((await read(path, as(alice))).headers['cache-control']).toBe('private, no-cache')
  const all = await read(path, as(service))
  expect([json(all), wayOf(all)]).toEqual([[{ id: 1 }, { id: 2 }, { id: 3 }], 'none'])
  expect(json(await untilHit('rpc/whoami', as(alice)))).toMatch(/^authenticated1111/)
  expect(json(await untilHit('rpc/whoami'))).toBe('anon')
  const forged = await read(path, as(`${alice.slice(0, -3)}abc`))
  expect(forged.status).toBe(401)
})

test('whoever wants it fresh gets it fresh', async () => {
  await untilHit('products?limit=4')
  expect(wayOf(await read('products?limit=4', { 'cache-control': 'no-cache' }))).toBe(miss)
  expect(wayOf(await read('products?limit=4', { 'cache-control': 'max-age=0' }))).toBe(miss)
  expect(wayOf(await read('products?limit=4', { pragma: 'no-cache' }))).toBe(miss)
  expect(wayOf(await read('products?limit=4', { 'cache-control': 'no-store' }))).toBe('none')
  expect(wayOf(await read('products?limit=4', { 'cache-control': 'max-age=60' }))).toBe(hit)
  expect(wayOf(await read('products?limit=4', { prefer: 'tx=rollback' }))).toBe('none')
})

test('a table that is taken out of the publication is followed again', async () => {
  const path = 'products?select=price&id=eq.8'
  await untilHit(path)
  await server.script('alter publication basalt_cache drop table public.products')
  await new Promise((resolve) => setTimeout(resolve, 700))
  await untilHit(path)
  await server.script('update public.products set price = 888 where id = 8')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(json(await read(path))).toEqual([{ price: 888 }])
})

test('what becomes of requests is in the metrics', async () => {
  await untilHit('products?limit=6')
  const count = async (): Promise<Record<string, number>> => {
    const scraped = await server.platform.handleAdmin({ path: '/metrics' } as never)
    const text = String(scraped.body)
    const of = (sample: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${sample} `))
          ?.split(' ')[1],
      )
    const result = (name: string) => of(`cache_requests_total{project="default",result="${name}"}`)
    return {
      hit: result('hit'),
      miss: result('miss'),
      bypass: result('bypass'),
      bytes: of('cache_bytes{project="default"}'),
    }
  }
  const before = await count()
  await read('products?limit=6')
  await read('products?limit=6', { 'cache-control': 'no-cache' })
  await read('products?limit=6', { 'cache-control': 'no-store' })
  await read('rpc/roll')
  await read('members')
  expect(await count()).toEqual({
    hit: Number(before['hit']) + 1,
    miss: Number(before['miss']) + 1,
    bypass: Number(before['bypass']) + 2,
    bytes: before['bytes'],
  })
  expect(before['bytes']).toBeGreaterThan(500)
})

test('errors and what is refused are not kept', async () => {
  await untilHit('products?limit=1')
  for (let times = 0; times < 2; times++) {
    const wrong = await read('products?id=eq.x')
    expect([wrong.status, wayOf(wrong)]).toEqual([400, 'none'])
  }
})

test('a change of policies and grants is one of the answers', async () => {
  const path = 'notes?select=id&order=id'
  expect(json(await untilHit(path))).toEqual([{ id: 1 }])
  await server.script(`create policy more on public.notes for select to anon using (true)`)
  await expect.poll(async () => json(await read(path)), { interval: 5 }).toHaveLength(3)
  await untilHit(path)
  await server.script(`revoke select on public.notes from anon`)
  await expect.poll(async () => (await read(path)).status, { interval: 5 }).toBe(401)
})

test('many who ask at once are answered with one question', async () => {
  const path = 'products?order=id&limit=40'
  await untilHit(path)
  const waiting = () =>
    server.count(`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%products%'`)
  const locked = server.script(
    `update public.products set price = -1 where id = 1; lock table public.products; select pg_sleep(2.5)`,
  )
  await expect
    .poll(
      () =>
        server.count(
          `select count(*)::int as n from pg_locks where relation = 'public.products'::regclass and mode = 'AccessExclusiveLock'`,
        ),
      { interval: 10, timeout: 15_000 },
    )
    .toBe(1)
  const asked = Array.from({ length: 100 }, () => read(`${path}&select=id,price`))
  await expect.poll(waiting, { interval: 10, timeout: 15_000 }).toBe(1)
  await locked
  const answers = await Promise.all(asked)
  for (const { status, body } of answers) {
    expect(status).toBe(200)
    expect(body.toString()).toContain('"price":-1')
  }
})
