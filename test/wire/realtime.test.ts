/** Realtime over sockets, beyond the given cases: who sees a change and how it is written, the slot's life, clients that go wrong. */
import { createHmac } from 'node:crypto'
import { connect } from 'node:net'
import { createClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import { RealtimeClient as Client } from './realtime-client.ts'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'

let server: TestPlatform
const clients: Client[] = []
const client = async (token?: string): Promise<Client> => {
  const opened = await new Client(server, token).open()
  clients.push(opened)
  return opened
}

beforeAll(async () => {
  server = await startTestPlatform({
    config: { 'realtime.slot_linger': 50, 'realtime.max_queue': 300_000 },
    schema: '',
  })
})
afterAll(async () => {
  for (const { socket } of clients) socket.terminate()
  await server.close()
})

function sign(claims: Record<string, unknown>): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  const secret = server.platform.keys.jwtSecret
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
}

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds
const user = (sub: string): string => sign({ role: 'authenticated', sub, exp: inSeconds(600) })
const one = '00000000-0000-4000-8000-000000000001'
const two = '00000000-0000-4000-8000-000000000002'

test('types are written as to_jsonb does, and what Postgres says of a row is what is sent', async () => {
  await server.script(`
    create type public.mood as enum ('good', 'so so');
    create type public.pair as (a int, b text);
    create domain public.positive as int check (value > 0);
    create table public.typed (id uuid primary key, e mood, p pair, d positive, r int4range, ts timestamp,
      tz timestamptz, n numeric, aa text[], nested int[][], h bytea, j json, iv interval, big bigint, nan float8);
    alter publication supabase_realtime add table public.typed;
    grant select on public.typed to anon;`)
  const listener = await client()
  await listener.join('realtime:typed', { postgres_changes: [{ event: '*', table: 'typed' }] })
  await server.script(`insert into public.typed values ('${one}', 'so so', '(1,"x y")', 5, '[1,4)', '2026-01-02 03:04:05.5',
    '2026-01-02 03:04:05+05:30', 12345678901234567890.10, '{a,NULL,"b,\\"c"}', '{{1,2},{3,4}}', '\\x00ff', '{"a": [1, null]}',
    '1 day 02:00', 7, 'NaN')`)
  const { data } = (await listener.find('realtime:typed', 'postgres_changes')) as {
    data: { record: unknown; columns: { name: string; type: string }[] }
  }
  const expected = await server.platform.fetch(`${server.url}/rest/v1/typed?select=*`, {
    headers: { apikey: server.platform.keys.anonKey },
  })
  const [row] = (await expected.json()) as Record<string, unknown>[]
  // the data API has bytes with their prefix
  expect(data.record).toEqual({ ...row, h: '00ff' })
  expect(data.columns.find(({ name }) => name === 'nested')?.type).toBe('_int4')
})

test('a row goes to those whose policies show it, its removal by key to all; a failing policy silences its own', async () => {
  await server.script(`
    create table public.owned (id int primary key, owner uuid, v text);
    alter table public.owned replica identity full;
    alter table public.owned enable row level security;
    create policy own on public.owned for select to authenticated using (owner = auth.uid());
    create policy broken on public.owned for select to anon using (1 / (id - id) = 1);
    grant select on public.owned to anon, authenticated;
    alter publication supabase_realtime add table public.owned;`)
  const config = { postgres_changes: [{ event: '*', schema: 'public', table: 'owned' }] }
  const [first, second, anonymous] = [await client(), await client(), await client()]
  await first.join('realtime:o', config, user(one))
  await second.join('realtime:o', config, user(two))
  await anonymous.join('realtime:o', config)
  const seen = async (who: Client, count: number): Promise<unknown[]> => {
    const changes: unknown[] = []
    for (let i = 0; i < count; i++) {
      const { data } = (await who.find('realtime:o', 'postgres_changes')) as {
        data: { type: string; record?: { id: number; v: string }; old_record?: object }
      }
      changes.push([data.type, data.record?.id, data.record?.v, data.old_record])
    }
    return changes
  }
  await server.script(`insert into public.owned values (1, '${one}', 'x'), (2, '${two}', 'y')`)
  expect(await seen(first, 1)).toEqual([['INSERT', 1, 'x', undefined]])
  expect(await seen(second, 1)).toEqual([['INSERT', 2, 'y', undefined]])
  await server.script(`update public.owned set v = 'z'`)
  expect(await seen(first, 1)).toEqual([['UPDATE', 1, 'z', { id: 1, owner: one, v: 'x' }]])
  expect(await seen(second, 1)).toEqual([['UPDATE', 2, 'z', { id: 2, owner: two, v: 'y' }]])
  await server.script(`delete from public.owned where id = 1`)
  for (const each of [first, second, anonymous])
    expect(await seen(each, 1)).toEqual([['DELETE', undefined, undefined, { id: 1 }]])
  // whoever was told of a removal was told of everything before it
  for (const { messages } of [first, second, anonymous])
    expect(messages.filter(([, , , event]) => event === 'postgres_changes')).toEqual([])
})

test('the slot is there while somebody listens, and no longer', async () => {
  const slots = `select count(*)::int4 as n from pg_replication_slots where database = current_database()`
  expect(await server.count(slots)).toBe(1)
  for (const { socket } of clients.splice(0)) socket.close()
  await vi.waitUntil(async () => (await server.count(slots)) === 0, 5_000)
})

test('the stock client hears broadcasts, presence and changes', async () => {
  await server.script(`create table public.plain (id int primary key); grant select on public.plain to anon;
    alter publication supabase_realtime add table public.plain;`)
  const { anonKey } = server.platform.keys
  const open = (): ReturnType<typeof createClient> =>
    createClient(server.url, anonKey, { realtime: { transport: WebSocket as never } })
  const [a, b] = [open(), open()]
  const heard: unknown[] = []
  let isReady = false
  const room = a
    .channel('room', { config: { presence: { key: 'a' } } })
    .on('broadcast', { event: 'shout' }, ({ payload }) => heard.push(payload))
    .on('presence', { event: 'join' }, ({ key }) => heard.push(key))
    .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'plain' }, (change) =>
      heard.push(change.new),
    )
    .on('system', {}, ({ status }) => (isReady ||= status === 'ok'))
  room.subscribe()
  await vi.waitUntil(() => isReady, 5_000)
  const other = b.channel('room', { config: { presence: { key: 'b' } } })
  await other.httpSend('shout', { n: 1 })
  await new Promise((resolve) => other.subscribe((status) => status === 'SUBSCRIBED' && resolve(0)))
  await other.send({ type: 'broadcast', event: 'shout', payload: { n: 2 } })
  await other.track({ here: true })
  await server.script('insert into public.plain values (7)')
  await vi.waitUntil(() => heard.length === 4, 5_000)
  expect(heard).toEqual(expect.arrayContaining([{ n: 1 }, { n: 2 }, 'b', { id: 7 }]))
  await Promise.all([a.removeAllChannels(), b.removeAllChannels()])
})

test('a token that runs out closes its channel, and not the connection', async () => {
  const listener = await client()
  const token = sign({ role: 'anon', exp: inSeconds(2) })
  await listener.join('realtime:short', {}, token)
  expect((await listener.find('realtime:short', 'system'))['message']).toMatch(/^Token has expired/)
  await listener.find('realtime:short', 'phx_close')
  expect(listener.closed).toBeNull()
})

test('a client that does not read is dropped; the others hear everything', async () => {
  const [deaf, speaker, other] = [await client(), await client(), await client()]
  for (const each of [deaf, speaker, other]) await each.join('realtime:loud', {})
  const raw = (deaf.socket as unknown as { _socket: { pause(): void } })._socket
  raw.pause()
  const payload = { event: 'x', type: 'broadcast', payload: 'x'.repeat(400_000) }
  const dropped = async (): Promise<boolean> => {
    speaker.send('realtime:loud', 'broadcast', payload)
    await other.find('realtime:loud', 'broadcast')
    return server.logged.some(({ message }) => message.includes('does not read'))
  }
  await vi.waitUntil(dropped, { timeout: 10_000, interval: 1 })
  expect(other.closed).toBeNull()
})

test('JSON that takes too long to parse is told, not let pass in silence', async () => {
  const payload = { list: Array.from({ length: 25_000 }, () => ({ a: 1 })) }
  const sender = await client()
  const closed = new Promise((resolve) =>
    sender.socket.once('close', (code, reason) => resolve([code, String(reason)])),
  )
  sender.send('realtime:a', 'broadcast', { type: 'broadcast', event: 'e', payload })
  expect(await closed).toEqual([1009, expect.stringMatching(/at most 20000 members of objects/)])
  const response = await server.platform.fetch(`${server.url}/realtime/v1/api/broadcast`, {
    method: 'POST',
    headers: { apikey: server.platform.keys.anonKey, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ topic: 'a', event: 'e', payload }] }),
  })
  expect([response.status, await response.text()]).toEqual([
    422,
    expect.stringMatching(/at most 20000 members/),
  ])
})

test('only WebSockets are upgraded: what offers h2c is answered, its body read', async () => {
  const { port } = new URL(server.url)
  const body = '{"messages":[{"topic":"t","event":"e","payload":{}}]}'
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(
    `POST /realtime/v1/api/broadcast HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\napikey: ${server.platform.keys.anonKey}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  const answer = await new Promise((resolve) =>
    socket.once('data', (data) => resolve(String(data))),
  )
  socket.destroy()
  expect(answer).toMatch(/^HTTP\/1\.1 202 /)
  const plain = await fetch(`${server.url}/realtime/v1/websocket`)
  expect(plain.status).toBe(426)
})

test('an upgrade is logged and counted as a request is', async () => {
  expect(
    server.logged.some(({ path, status }) => path === '/realtime/v1/websocket' && status === 101),
  ).toBe(true)
  const metrics = await server.platform.handleAdmin({ path: '/metrics' } as never)
  expect(String(metrics.body)).toMatch(/websocket_connections_active\{project="default"\} \d/)
  expect(String(metrics.body)).toMatch(/realtime_connections_dropped\{project="default"\} 1/)
})
