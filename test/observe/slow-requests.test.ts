import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { LogLine, TestPlatform } from '@basalt/server/testing'

let server: TestPlatform

beforeAll(async () => {
  server = await startTestPlatform({
    config: { 'basalt.log.slow_request': 250, 'basalt.log.slow_plans': true },
    schema: `
      create table public.notes (id int primary key, body text);
      insert into public.notes values (1, 'one');
      alter table public.notes enable row level security;
      create policy own on public.notes to anon
        using (id > 0 and (select pg_sleep(0.3) is not null));
      create policy all_of_it on public.notes to service_role using (true);
      grant all on public.notes to anon, authenticated, service_role;
      create function public.slow() returns int language sql volatile
        as $$ select 1 from pg_sleep(0.3) $$;`,
  })
})
afterAll(() => server.close())

const slow = (): LogLine[] => server.logged.filter(({ message }) => message === 'slow request')

test('a slow request is told with its statements and the plan its own role has, without values', async () => {
  const before = slow().length
  const headers = { apikey: server.platform.keys.anonKey }
  const response = await fetch(`${server.url}/rest/v1/notes?body=eq.one`, { headers })
  expect(await response.json()).toEqual([{ id: 1, body: 'one' }])
  await expect.poll(() => slow().length).toBe(before + 1)
  const line = slow().at(-1)
  expect(line).toMatchObject({
    level: 'warn',
    method: 'GET',
    path: '/rest/v1/notes',
    status: 200,
    project: 'default',
    statements: [
      { name: expect.any(String) as string, sql: expect.stringContaining('notes') as string },
    ],
  })
  expect(line?.['duration_ms']).toBeGreaterThan(290)
  // the policy of `anon`, which the service role does not meet
  expect(line?.['plan']).toMatch(/InitPlan[^]*id > 0/)
  expect(line?.['plan']).toMatch(/body = \$\d/)
  expect(JSON.stringify(slow())).not.toMatch(/'one'|"one"|eyJ/)
})

test('what is fast is not told, and plans are rare', async () => {
  const before = slow().length
  const { serviceRoleKey: apikey } = server.platform.keys
  const headers = { apikey, authorization: `Bearer ${apikey}` }
  await fetch(`${server.url}/rest/v1/notes`, { headers })
  await fetch(`${server.url}/rest/v1/rpc/slow`, { method: 'POST', headers })
  await expect.poll(() => slow().length).toBe(before + 1)
  expect(slow().at(-1)).toMatchObject({ path: '/rest/v1/rpc/slow' })
  expect(slow().at(-1)).not.toHaveProperty('plan')
})
