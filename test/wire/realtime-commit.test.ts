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
  // a standby that never comes: who asks for its word is in the log, and not there for others
  await executeDirectly(
    server.databaseUrl,
    `alter system set synchronous_standby_names = 'nobody'`,
    'select pg_reload_conf()',
  )
  const waiting = `from pg_stat_activity where wait_event = 'SyncRep' and datname = current_database()`
  const isWaiting = async (): Promise<boolean> =>
    (await server.count(`select count(*)::int4 as n ${waiting}`)) === 1
  let id = 0
  try {
    // the first ones may still pass: the server takes its time to read the setting
    for (let isStuck = false; !isStuck;) {
      let isDone = false
      const inserting = executeDirectly(
        server.databaseUrl,
        `insert into public.slow select ${++id} from set_config('synchronous_commit', 'on', true)`,
      ).finally(() => (isDone = true))
      const outcome = async (): Promise<boolean> => isDone || (await isWaiting())
      await vi.waitUntil(outcome, { timeout: 5_000, interval: 5 })
      isStuck = !isDone
      if (!isStuck) continue
      await server.script(`insert into public.slow values (${++id})`)
      await server.script(`select pg_cancel_backend(pid) ${waiting}`)
      await inserting
    }
  } finally {
    await executeDirectly(
      server.databaseUrl,
      'alter system reset synchronous_standby_names',
      'select pg_reload_conf()',
    )
  }
  for (let n = 1; n <= id; n++)
    expect(await client.find('realtime:slow', 'postgres_changes')).toMatchObject({
      data: { record: { id: n } },
    })
  client.socket.terminate()
})
