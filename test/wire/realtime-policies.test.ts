/** Policies over changes of rows: they take effect while subscriptions run, and one that fails or dawdles is its own subscribers' trouble. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { RealtimeClient } from './realtime-client.ts'
import { signToken } from './sign-token.ts'

let server: TestPlatform
const clients: RealtimeClient[] = []
const one = '00000000-0000-4000-8000-000000000001'
const two = '00000000-0000-4000-8000-000000000002'

beforeAll(async () => {
  server = await startTestPlatform()
})
afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.terminate()
})
afterAll(() => server.close())

const user = (sub: string, claims: Record<string, unknown> = {}): string =>
  signToken(server.platform.keys.jwtSecret, { role: 'authenticated', sub, ...claims })

async function listen(table: string, token: string, more: object = {}): Promise<RealtimeClient> {
  const client = await new RealtimeClient(server).open()
  clients.push(client)
  const binding = { event: '*', schema: 'public', table, ...more }
  await client.join('realtime:p', { postgres_changes: [binding] }, token)
  return client
}

/** Ids of the rows told of, up to a removal, of which everybody is told. */
async function told(client: RealtimeClient): Promise<number[]> {
  const ids: number[] = []
  for (;;) {
    const { data } = (await client.find('realtime:p', 'postgres_changes')) as {
      data: { type: string; record: { id: number } }
    }
    if (data.type === 'DELETE') return ids
    if (data.record.id !== 0) ids.push(data.record.id)
  }
}

/** A table with a row 0 whose removal ends what is told. */
function create(table: string, columns: string): Promise<void> {
  return server.script(`
    create table public.${table} (id int primary key, ${columns});
    alter table public.${table} enable row level security;
    alter publication supabase_realtime add table public.${table};
    grant select on public.${table} to anon, authenticated`)
}

/** Rows, and the end of them. */
function insert(table: string, ...rows: readonly string[]): Promise<void> {
  return server.script(
    `insert into public.${table} values ${rows.join(', ')}; insert into public.${table} (id) values (0);
     delete from public.${table} where id = 0`,
  )
}

test('a change of policies, privileges or of auth.uid() holds for the next row', async () => {
  await create('lively', 'owner uuid, hidden boolean')
  const client = await listen('lively', user(one))
  let id = 0
  const after = async (statement: string, owner = one): Promise<number> => {
    await server.script(statement)
    await insert('lively', `(${++id}, '${owner}', false)`)
    return (await told(client)).length
  }
  expect(await after('select')).toBe(0)
  expect(
    await after(
      'create policy own on public.lively for select using (owner = (select auth.uid()))',
    ),
  ).toBe(1)
  expect(await after('select', two)).toBe(0)
  expect(await after('alter policy own on public.lively using (hidden)')).toBe(0)
  expect(await after('alter policy own on public.lively using (owner = auth.uid())')).toBe(1)
  expect(await after('alter policy own on public.lively to anon')).toBe(0)
  expect(await after('alter policy own on public.lively to authenticated')).toBe(1)
  expect(
    await after(
      'create policy shown on public.lively as restrictive for select using (not hidden and id % 1 = 1)',
    ),
  ).toBe(0)
  expect(await after('drop policy shown on public.lively')).toBe(1)
  expect(await after('alter table public.lively disable row level security')).toBe(1)
  expect(await after('alter table public.lively enable row level security')).toBe(1)
  expect(await after('revoke usage on schema public from public, authenticated')).toBe(0)
  expect(await after('grant usage on schema public to public, authenticated')).toBe(1)
  expect(await after('revoke execute on function auth.uid() from public, authenticated')).toBe(0)
  expect(await after('grant execute on function auth.uid() to public, authenticated')).toBe(1)
  expect(
    await after(
      `create table public.kept as select pg_get_functiondef('auth.uid()'::regprocedure) as definition;
       create or replace function auth.uid() returns uuid language sql stable as $$ select '${two}'::uuid $$`,
    ),
  ).toBe(0)
  expect(await after('select', two)).toBe(1)
  await server.script('do $$ begin execute (select definition from public.kept); end $$')
})

test('what is compiled is decided on the row as it was written, everything else on what is there', async () => {
  await create('written', 'room text')
  await server.script(`
    create policy compiled on public.written for select to authenticated
      using (room = (auth.jwt() -> 'app_metadata' ->> 'room'));
    create policy asked on public.written for select to anon using (room like 'a%')`)
  const member = await listen('written', user(one, { app_metadata: { room: 'a' } }))
  const anonymous = await listen('written', server.platform.keys.anonKey)
  const exact = await listen('written', user(two, { app_metadata: { room: 'b' } }), {
    filter: 'id=eq.3',
  })
  await server.script(
    `begin; insert into public.written values (1, 'a'); update public.written set room = 'b'; commit`,
  )
  await insert('written', `(2, 'a')`, `(3, 'b')`)
  expect(await told(member)).toEqual([1, 2])
  expect(await told(anonymous)).toEqual([2])
  // its filter passes no removal but that of row 3
  await server.script('delete from public.written where id = 3')
  expect(await told(exact)).toEqual([3])
})

test('a large value that is unchanged and unknown is no guess', async () => {
  await create('large', 'owner text, n int')
  await server.script(`
    alter table public.large alter owner set storage external;
    create policy own on public.large for select using (owner = auth.jwt() ->> 'owner')`)
  const owner = 'x'.repeat(10_000)
  const client = await listen('large', user(one, { owner }))
  await server.script(`insert into public.large values (1, '${owner}', 1)`)
  await server.script('update public.large set n = 2')
  await insert('large', `(2, 'y', 1)`)
  expect(await told(client)).toEqual([1, 1])
})

test('a policy that fails or dawdles is the trouble of its own subscribers alone', async () => {
  await create('slow', 'v int')
  await create('quick', 'owner uuid')
  await server.script(`
    create policy slow on public.slow for select to anon using (v = 1 and pg_sleep(0.5) is not null);
    create policy fails on public.slow for select to authenticated using (10 / v > 0);
    create policy own on public.quick for select using (owner = auth.uid())`)
  const slow = await listen('slow', server.platform.keys.anonKey)
  const failing = await listen('slow', user(one))
  const quick = await listen('quick', user(one))
  await server.script('insert into public.slow values (1, 1), (2, 0), (3, 1), (4, null)')
  await insert('quick', `(1, '${one}')`, `(2, '${two}')`)
  expect(await told(quick)).toEqual([1])
  expect(slow.messages).toEqual([])
  await insert('slow', '(5, 2)')
  expect(await told(failing)).toEqual([1, 3, 5])
  expect(await told(slow)).toEqual([1, 3])
})
