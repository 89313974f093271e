/** Definitions as projects bring them along: who shares what is made of them, what is never kept, and what ends it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { ask } from './bytes-client.ts'
import { signToken } from './sign-token.ts'

const jwtSecret = 'super-secret-jwt-token-with-at-least-32-characters-long'
const hit = 'basalt; hit'

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({
    config: { 'basalt.cache.enabled': true, 'basalt.cache.routes': ['*', 'rpc/*'] },
    schema: `
      do $$ begin execute format('alter database %I set synchronous_commit = on', current_database()); end $$;
      create table public.things (id int primary key, name text not null);
      insert into public.things values (1, 'one'), (2, 'two');
      create sequence public.ticket;
      create view public.tickets as select last_value from public.ticket;
      create type public.place as (x int, y int);
      create table public.people (id int primary key, at public.place);
      insert into public.people values (1, (1, 2));
      create table public.parts (id int, day int, primary key (id, day)) partition by list (day);
      create unlogged table public.parts_1 partition of public.parts for values in (1);
      create function public.full_name(public.things) returns text language sql stable security definer
        as $$ select $1.name || ' of ' || coalesce(auth.uid()::text, 'nobody') $$;
      create domain public.color as int;
      create function public.json(c public.color) returns json language sql stable
        as $$ select to_json(c || ' of ' || coalesce(auth.jwt() ->> 'sub', 'nobody')) $$;
      create cast (public.color as json) with function public.json(public.color) as implicit;
      create table public.paints (id int primary key, color public.color);
      insert into public.paints values (1, 7);
      create table public.owned (id int primary key, team text);
      alter table public.owned enable row level security;
      create policy own on public.owned using (team = auth.jwt() -> 'app_metadata' ->> 'team');
      insert into public.owned values (1, 'red'), (2, 'blue');
      create view public.owned_asked with (security_invoker = true) as select * from public.owned;
      create view public.owned_open as select * from public.owned;
      create table public.keyed (id int primary key, n int);
      insert into public.keyed values (1, 1);
      grant select on all tables in schema public to anon, authenticated;`,
  })
  await untilHit('things?select=id')
})
afterAll(() => server.close())

const read = async (path: string, headers: Record<string, string> = {}) => {
  const { publishableKey: apikey } = server.platform.keys
  const answer = await ask(server.url, 'GET', `/rest/v1/${path}`, { apikey, ...headers })
  return { way: answer.headers['cache-status'] ?? 'none', text: answer.body.toString() }
}
async function untilHit(path: string, headers: Record<string, string> = {}): Promise<string> {
  const end = performance.now() + 5_000
  for (;;) {
    const { way, text } = await read(path, headers)
    if (way === hit) return text
    if (performance.now() > end) throw new Error(`${path} is never cached: ${text}`)
  }
}
const as = (claims: Record<string, unknown>) => ({
  authorization: `Bearer ${signToken(jwtSecret, claims)}`,
})
const user = (n: number, team: string) =>
  as({
    sub: `${n}1111111-1111-4111-8111-111111111111`,
    role: 'authenticated',
    app_metadata: { team },
  })

test.each([
  ['a representation of a domain', 'paints'],
  ['a computed field', 'things?select=full_name&id=eq.1'],
  ['a policy on app_metadata', 'owned?select=id'],
  ['a view with its invoker’s rights', 'owned_asked?select=id'],
])('%s that reads claims is for one user', async (_, path) => {
  const [red, blue] = [user(1, 'red'), user(2, 'blue')]
  const [first, second] = [await untilHit(path, red), await untilHit(path, blue)]
  expect(first).not.toBe(second)
  expect(await untilHit(path, red)).toBe(first)
})

test.each([
  ['where a sequence is', 'tickets'],
  ['what a partition has that is not in the log', 'parts'],
])('%s is not kept', async (_, path) => {
  for (let times = 0; times < 4; times++) expect((await read(path)).way).toBe('none')
})

test('a table that loses its replica identity can be changed again', async () => {
  await untilHit('keyed')
  await server.script('alter table public.keyed replica identity nothing')
  const change = () =>
    server.script('update public.keyed set n = 2').then(
      () => 'changed',
      (error: unknown) => String(error),
    )
  await expect.poll(change, { interval: 20, timeout: 15_000 }).toBe('changed')
  await expect.poll(async () => (await read('keyed')).text).toBe('[{"id":1,"n":2}]')
})

// event triggers are a superuser's; the last test, since it removes them
test('what changes without an event is seen within half a second', async () => {
  await server.script(`
    create role cache_visitor; grant cache_visitor to authenticator;
    grant usage on schema public to cache_visitor; grant select on public.owned to cache_visitor;
    do $$ declare n text; begin for n in select evtname from pg_event_trigger loop execute format('drop event trigger %I', n); end loop; end $$;`)
  const visitor = as({ role: 'cache_visitor' })
  try {
    await untilHit('people?select=at')
    await server.script('alter type public.place rename attribute x to z')
    await expect
      .poll(async () => (await read('people?select=at')).text, { interval: 10, timeout: 15_000 })
      .toContain('"z"')
    await untilHit('owned', visitor)
    await server.script('alter role cache_visitor bypassrls')
    // what Postgres has prepared of it may go by what the role was
    await expect
      .poll(async () => (await read('owned', visitor)).way, { interval: 2, timeout: 15_000 })
      .not.toBe(hit)
  } finally {
    await server.script('drop owned by cache_visitor; drop role cache_visitor')
  }
})
