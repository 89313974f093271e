/** A commit stands in the log before others see it: its rows are asked about only then. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { executeDirectly, startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { RealtimeClient } from './realtime-client.ts'
import { signToken } from './sign-token.ts'

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform()
})
afterAll(() => server.close())

/** `work` while what `statement` does is in the log, and not there for others. */
async function whileStuck(statement: () => string, work: () => Promise<unknown>): Promise<void> {
  // a standby that never comes: who asks for its word waits
  await executeDirectly(
    server.databaseUrl,
    `alter system set synchronous_standby_names = 'nobody'`,
    'select pg_reload_conf()',
  )
  const waiting = `from pg_stat_activity where wait_event = 'SyncRep' and datname = current_database()`
  const isWaiting = async (): Promise<boolean> =>
    (await server.count(`select count(*)::int4 as n ${waiting}`)) === 1
  try {
    // the first ones may still pass: the server takes its time to read the setting
    for (let isStuck = false; !isStuck;) {
      let isDone = false
      const executing = executeDirectly(server.databaseUrl, statement()).finally(
        () => (isDone = true),
      )
      const outcome = async (): Promise<boolean> => isDone || (await isWaiting())
      await vi.waitUntil(outcome, { timeout: 15_000, interval: 5 })
      isStuck = !isDone
      if (!isStuck) continue
      await work()
      await server.script(`select pg_cancel_backend(pid) ${waiting}`)
      await executing
    }
  } finally {
    await executeDirectly(
      server.databaseUrl,
      'alter system reset synchronous_standby_names',
      'select pg_reload_conf()',
    )
  }
}

test('a row that is in the log and not yet visible reaches who may see it, once it is', async () => {
  await server.script(`create table public.slow (id int primary key);
    alter table public.slow enable row level security;
    create policy asked on public.slow for select to authenticated using ((select count(*) from pg_catalog.pg_class) > 0);
    grant select on public.slow to authenticated;
    alter publication supabase_realtime add table public.slow;`)
  const client = await new RealtimeClient(server).open()
  const config = { postgres_changes: [{ event: '*', table: 'slow' }] }
  await client.join(
    'realtime:slow',
    config,
    signToken(server.platform.keys.jwtSecret, { sub: 'u' }),
  )
  let id = 0
  await whileStuck(
    () =>
      `insert into public.slow select ${++id} from set_config('synchronous_commit', 'on', true)`,
    () => server.script(`insert into public.slow values (${++id})`),
  )
  for (let n = 1; n <= id; n++)
    expect(await client.find('realtime:slow', 'postgres_changes')).toMatchObject({
      data: { record: { id: n } },
    })
  client.socket.terminate()
})

test('a policy that comes with a row holds for it, before others see either', async () => {
  await server.script(`create table public.closing (id int primary key, n int); create table public.mark (id int primary key);
    grant select on public.closing, public.mark to anon;
    alter publication supabase_realtime add table public.closing, public.mark;`)
  const client = await new RealtimeClient(server).open()
  await client.join('realtime:closing', { postgres_changes: [{ event: '*', schema: 'public' }] })
  let id = 0
  await whileStuck(
    () => `do $$ begin perform set_config('synchronous_commit', 'on', true);
      alter table public.closing enable row level security; insert into public.closing values (${++id}); end $$`,
    // behind it in the log
    () => server.script(`insert into public.mark values (${id})`),
  )
  expect(await client.find('realtime:closing', 'postgres_changes')).toMatchObject({
    data: { table: 'mark' },
  })
  client.socket.terminate()
})
