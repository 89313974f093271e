/** A client that goes away: what it reads is stopped, what it writes is written. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'

const schema = `
  create table public.slow (id int generated always as identity primary key, v text);
  grant all on public.slow to anon;
  create function public.hold_up() returns trigger language plpgsql as $$ begin perform pg_sleep(1.5); return new; end $$;
  create trigger hold_up before insert or update or delete on public.slow for each row execute function public.hold_up();
  create function public.write_slowly(v text) returns void language sql as $$ insert into public.slow (v) values (v) $$;
  create function public.read_slowly() returns text language sql stable as $$ select pg_sleep(30)::text $$;
`
let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({ schema })
})
afterAll(() => server.close())

/** Sends a request and is gone. */
async function leave(method: string, path: string, body = ''): Promise<void> {
  const { port } = new URL(server.url)
  const socket = connect(Number(port), '127.0.0.1')
  const head = [
    `${method} ${path} HTTP/1.1`,
    'host: x',
    `apikey: ${server.platform.keys.publishableKey}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  await new Promise<void>((resolve) =>
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`, () => resolve()),
  )
  const running = `select count(*)::int as n from pg_stat_activity where datname = current_database()
    and usename = 'authenticator' and state = 'active' and query like '%slow%'`
  await expect.poll(() => server.count(running)).toBe(1)
  socket.destroy()
}

test.each([
  ['a call', 'POST', '/rest/v1/rpc/write_slowly', '{"v":"call"}', 'call'],
  ['an insert', 'POST', '/rest/v1/slow', '{"v":"insert"}', 'insert'],
  ['an update', 'PATCH', '/rest/v1/slow?v=eq.insert', '{"v":"update"}', 'update'],
  [
    'a transaction',
    'POST',
    '/rest/v1/rpc/transaction',
    '{"steps":[{"insert":"slow","body":{"v":"transaction"}}]}',
    'transaction',
  ],
])('%s is finished', async (_, method, path, body, v) => {
  await leave(method, path, body)
  await expect
    .poll(() => server.count(`select count(*)::int as n from public.slow where v = '${v}'`))
    .toBe(1)
})

test('a read is stopped, and is no error of ours', async () => {
  const lines = server.logged.length
  await leave('GET', '/rest/v1/rpc/read_slowly')
  const running = `select count(*)::int as n from pg_stat_activity where datname = current_database()
    and usename = 'authenticator' and state = 'active'`
  await expect.poll(() => server.count(running)).toBe(0)
  const logged = (): unknown[] =>
    server.logged.slice(lines).filter(({ path }) => path === '/rest/v1/rpc/read_slowly')
  await expect.poll(logged).toMatchObject([{ level: 'info', status: 499 }])
  // 57014, which the client is not there to read
  expect(server.logged.slice(lines).filter(({ level }) => level === 'error')).toEqual([])
})
