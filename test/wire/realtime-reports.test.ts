/** What users of supabase/realtime and its clients have reported as broken, tried here. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { RealtimeClient } from './realtime-client.ts'
import type { Message } from './realtime-client.ts'
import { signToken } from './sign-token.ts'

const ann = '00000000-0000-4000-8000-00000000000a'
const bob = '00000000-0000-4000-8000-00000000000b'

let server: TestPlatform
const clients: RealtimeClient[] = []

beforeAll(async () => {
  server = await startTestPlatform()
  await server.script(`
    create type public.mood as enum ('good', 'so, so');
    create table public.kinds (id int primary key, u uuid, t text, b bytea, tags text[], n numeric, j jsonb, m mood,
      at timestamptz, f boolean, "Odd Name" text, other int);
    alter table public.kinds replica identity full;
    create table public.plain (id int primary key, room int);
    grant select on public.kinds, public.plain to anon;
    alter publication supabase_realtime add table public.kinds, public.plain`)
})
afterAll(async () => {
  for (const { socket } of clients) socket.terminate()
  await server.close()
})

const open = async (): Promise<RealtimeClient> => {
  const client = await new RealtimeClient(server).open()
  clients.push(client)
  return client
}

interface Data {
  readonly type: string
  readonly record?: { readonly id: number }
  readonly old_record?: { readonly id: number }
}

const rowId = ({ record, old_record: old }: Data): number => (record ?? old)?.id ?? -1

const idsOf = ({ messages }: RealtimeClient): number[] =>
  messages
    .filter(([, , , event]) => event === 'postgres_changes')
    .map(([, , , , { data }]) => rowId(data as Data))

const kinds: readonly (readonly [column: string, filter: string, value: string, other: string])[] =
  [
    [
      'u',
      'u=in.(179fb88b-f105-4f41-9bf6-e68f615d5c2e,279fb88b-f105-4f41-9bf6-e68f615d5c2e)',
      `'279fb88b-f105-4f41-9bf6-e68f615d5c2e'`,
      `'379fb88b-f105-4f41-9bf6-e68f615d5c2e'`,
    ],
    [
      'u',
      'u=eq.279FB88B-F105-4F41-9BF6-E68F615D5C2E',
      `'279fb88b-f105-4f41-9bf6-e68f615d5c2e'`,
      `'379fb88b-f105-4f41-9bf6-e68f615d5c2e'`,
    ],
    ['other', 'other=in.(100)', '100', '101'],
    ['t', 't=eq."a,b"', `'a,b'`, `'a'`],
    ['t', 't=in.("a,b","c(d)")', `'c(d)'`, `'c'`],
    ['t', 't=eq."say \\"x\\""', `'say "x"'`, `'say x'`],
    ['t', 't=eq.ünï 😀', `'ünï 😀'`, `'uni'`],
    ['t', 't=eq.a=eq.b', `'a=eq.b'`, `'a'`],
    ['t', 't=neq.a', `'b'`, `'a'`],
    ['b', 'b=eq.\\x00ff', `'\\x00ff'`, `'\\x00fe'`],
    ['tags', 'tags=eq."{a,b}"', `'{a,b}'`, `'{b,a}'`],
    ['n', 'n=eq.1.50', '1.5', '1.51'],
    ['n', 'n=gt.10', '11', '9'],
    ['m', 'm=eq."so, so"', `'so, so'`, `'good'`],
    ['at', 'at=gte.2026-01-01T00:00:00Z', `'2026-01-01 01:00:00+01'`, `'2026-01-01 00:59:59+01'`],
    ['f', 'f=is.true', 'true', 'false'],
    ['f', 'f=eq.true', 'true', 'null'],
    ['Odd Name', 'Odd Name=eq.x', `'x'`, `'y'`],
  ]

test('filters on columns of all kinds, for what comes, changes and goes', async () => {
  const client = await open()
  // each has two rows of its own: one that it is to find, one that it is not
  const idOf = (i: number): number => 100 + i * 2
  client.send('realtime:filters', 'phx_join', {
    config: {
      postgres_changes: kinds.map(([, filter]) => ({ event: '*', table: 'kinds', filter })),
    },
  })
  const { response } = (await client.find('realtime:filters', 'phx_reply')) as {
    response: { postgres_changes: { id: number; filter: string }[] }
  }
  expect(await client.find('realtime:filters', 'system')).toMatchObject({ status: 'ok' })
  const rows = kinds.flatMap(([column, , value, other], i) =>
    [value, other].map(
      (text, j) => `insert into public.kinds (id, "${column}") values (${idOf(i) + j}, ${text});`,
    ),
  )
  await server.script(`${rows.join('\n')} update public.kinds set j = '{}'; delete from public.kinds;
    insert into public.kinds (id, t) values (0, 'b')`)
  const changes = (): { ids: number[]; data: Data }[] =>
    client.messages
      .filter(([, , , event]) => event === 'postgres_changes')
      .map(([, , , , payload]) => payload as unknown as { ids: number[]; data: Data })
  await vi.waitUntil(() => changes().some(({ data }) => data.record?.id === 0), {
    timeout: 15_000,
    interval: 5,
  })
  const heard = kinds.map(([, filter], i) => {
    const { id } = response.postgres_changes[i] ?? { id: 0 }
    const own = changes().filter(
      ({ ids, data }) => ids.includes(id) && Math.floor(rowId(data) / 2) === idOf(i) / 2,
    )
    return [filter, ...own.map(({ data }) => `${data.type} ${rowId(data) - idOf(i)}`)]
  })
  expect(heard).toEqual(kinds.map(([, filter]) => [filter, 'INSERT 0', 'UPDATE 0', 'DELETE 0']))
})

test('deletions by key: a filter on another column hears none, one on the key its own', async () => {
  const client = await open()
  await client.join('realtime:a', {
    postgres_changes: [{ event: 'DELETE', schema: 'public', table: 'plain', filter: 'room=eq.1' }],
  })
  await client.join('realtime:b', {
    postgres_changes: [{ event: 'DELETE', schema: 'public', table: 'plain', filter: 'id=eq.2' }],
  })
  await server.script(
    'insert into public.plain values (1, 1), (2, 1), (3, 1); delete from public.plain where id = 1; delete from public.plain where id = 2; delete from public.plain',
  )
  await vi.waitUntil(() => idsOf(client).length > 0, { timeout: 15_000, interval: 5 })
  expect(idsOf(client)).toEqual([2])
})

describe('channels', () => {
  test('a late leave of a channel that was replaced does not end the new one', async () => {
    const client = await open()
    const send = (joinRef: string, ref: string, event: string, payload: unknown = {}): void =>
      client.socket.send(JSON.stringify([joinRef, ref, 'realtime:again', event, payload]))
    send('1', '1', 'phx_join', { config: {} })
    send('2', '2', 'phx_join', { config: { broadcast: { self: true } } })
    send('1', '3', 'phx_leave')
    send('2', '4', 'broadcast', { type: 'broadcast', event: 'x', payload: {} })
    await client.find('realtime:again', 'broadcast')
    expect(
      client.messages.filter(([, , , event]) => event === 'phx_close').map(([joinRef]) => joinRef),
    ).toEqual(['1'])
  })

  test('who changes its token all the time is stopped', async () => {
    const client = await open()
    await client.join('realtime:tokens', {
      postgres_changes: [{ event: '*', schema: 'public', table: 'plain' }],
    })
    const { jwtSecret } = server.platform.keys
    for (let n = 0; n < 60; n++)
      client.send('realtime:tokens', 'access_token', {
        access_token: signToken(jwtSecret, { sub: ann, role: 'authenticated', n }),
      })
    await client.find('realtime:tokens', 'phx_close')
    expect(client.messages.filter(([, , , event]) => event === 'system').at(-1)?.[4]).toMatchObject(
      { message: 'Too many messages per second' },
    )
  })

  test.each(['ünï 😀', '*', '%', 'a:b:c', 'a b', '{"x":1}', "';--", 'x'.repeat(300), '__proto__'])(
    'a topic named %s',
    async (name) => {
      const [a, b] = [await open(), await open()]
      const topic = `realtime:${name}`
      for (const client of [a, b])
        await client.join(topic, { presence: { enabled: true, key: name } })
      a.send(topic, 'presence', { type: 'presence', event: 'track', payload: { here: true } })
      const diff = (await b.find(topic, 'presence_diff')) as { joins: Record<string, unknown> }
      expect(Object.keys(diff.joins)).toEqual([name])
      a.send(topic, 'broadcast', { type: 'broadcast', event: name, payload: { n: 1 } })
      expect(await b.find(topic, 'broadcast')).toMatchObject({ event: name, payload: { n: 1 } })
      const response = await server.platform.fetch(`${server.url}/realtime/v1/api/broadcast`, {
        method: 'POST',
        headers: { apikey: server.platform.keys.anonKey, 'content-type': 'application/json' },
        body: JSON.stringify({ messages: [{ topic: name, event: name, payload: { n: 2 } }] }),
      })
      expect(response.status).toBe(202)
      expect(await b.find(topic, 'broadcast')).toMatchObject({ event: name, payload: { n: 2 } })
      for (const client of [a, b]) client.socket.terminate()
    },
  )

  test('what is sent before the join, to a topic that is none, or as nonsense is answered, and ends nothing', async () => {
    const client = await open()
    client.send('realtime:x', 'broadcast', { type: 'broadcast', event: 'e', payload: {} })
    expect(await client.find('realtime:x', 'phx_reply')).toEqual({
      status: 'error',
      response: { reason: 'unmatched topic' },
    })
    for (const text of [
      '',
      '[]',
      '{}',
      'null',
      '[1,2,3,4,5]',
      '["1","1",7,"phx_join",{}]',
      '["1","1","realtime:y","phx_join",null]',
      '[["a"],{"b":1},"realtime:y","phx_join",{"config":7}]',
      '"x"',
      '[null,null,"phoenix","heartbeat",{}]',
    ])
      client.socket.send(text)
    for (const bytes of [
      [],
      [3],
      [3, 255, 255, 255, 255, 255, 1],
      [0, 1],
      [99],
      [3, 0, 0, 0, 0, 0, 1],
    ])
      client.socket.send(Buffer.from(bytes))
    client.send('phoenix', 'heartbeat', {})
    expect(await client.find('phoenix', 'phx_reply')).toEqual({ status: 'ok', response: {} })
  })
})

describe('a join that waits for its changes', () => {
  const wait = { postgres_changes_options: { wait: true } }

  test('is answered when they arrive', async () => {
    const client = await open()
    client.send('realtime:w', 'phx_join', {
      config: { ...wait, postgres_changes: [{ event: '*', schema: 'public', table: 'plain' }] },
    })
    expect(await client.find('realtime:w', 'phx_reply')).toMatchObject({ status: 'ok' })
    await server.script('insert into public.plain values (50, 1)')
    await vi.waitUntil(() => idsOf(client).length > 0, { timeout: 15_000, interval: 5 })
    expect(idsOf(client)).toEqual([50])
  })

  test('is refused when there are none to be had, and may be tried again', async () => {
    const client = await open()
    const join = (table: string): void =>
      client.send('realtime:w', 'phx_join', {
        config: { ...wait, postgres_changes: [{ event: '*', schema: 'public', table }] },
      })
    join('none')
    const refused = (await client.find('realtime:w', 'phx_reply')) as {
      status: string
      response: { reason: string }
    }
    expect(refused.status).toBe('error')
    expect(refused.response.reason).toMatch(
      /^RealtimeDisabledForConfiguration: Unable to subscribe to changes/,
    )
    expect(client.messages).toEqual([])
    join('plain')
    expect(await client.find('realtime:w', 'phx_reply')).toMatchObject({ status: 'ok' })
  })
})

test('columns that are added, and a table that is dropped and made again', async () => {
  await server.script(`create table public.moving (id int primary key); grant select on public.moving to anon;
    alter publication supabase_realtime add table public.moving`)
  const client = await open()
  await client.join('realtime:m', {
    postgres_changes: [{ event: '*', schema: 'public', table: 'moving' }],
  })
  await server.script(`insert into public.moving values (1); alter table public.moving add column extra text default 'x';
    insert into public.moving values (2)`)
  await vi.waitUntil(() => idsOf(client).length === 2, { timeout: 15_000, interval: 5 })
  expect(client.messages.at(-1)?.[4]).toMatchObject({ data: { record: { id: 2, extra: 'x' } } })
  await server.script(`drop table public.moving; create table public.moving (id int primary key, other int);
    grant select on public.moving to anon; alter publication supabase_realtime add table public.moving;
    insert into public.moving values (3, 4)`)
  await vi.waitUntil(() => idsOf(client).length === 3, { timeout: 15_000, interval: 5 })
  expect(client.messages.at(-1)?.[4]).toMatchObject({ data: { record: { id: 3, other: 4 } } })
  await server.script(
    `alter table public.moving drop column other; insert into public.moving values (4)`,
  )
  await vi.waitUntil(() => idsOf(client).length === 4, { timeout: 15_000, interval: 5 })
  const last = client.messages.at(-1) as Message
  expect(last[4]).toMatchObject({ data: { columns: [{ name: 'id', type: 'int4' }] } })
})

test('rows that only Postgres can judge are found by keys of all kinds', async () => {
  const keys: readonly (readonly [type: string, value: string])[] = [
    ['public.nano_id', `'V1StGXR8_Z5'`],
    ['char(6)', `'ab'`],
    ['text collate public.loose', `'Ä b'`],
    ['numeric', '1.50'],
    ['timestamptz', `'2026-01-02 03:04:05.123456+02'`],
    ['bytea', `'\\x00ff'`],
    ['public.mood', `'so, so'`],
    ['public.pair', `'(1,"x, y")'`],
    ['int4range', `'[1,5)'`],
    ['float8', '0.1'],
    ['interval', `'1 mon 2 days'`],
    ['text[]', `'{a,NULL,"b,c"}'`],
    ['inet', `'10.0.0.1/8'`],
    ['"char"', `'x'`],
    ['name', `'n'`],
    ['bit varying(8)', `B'101'`],
  ]
  await server.script(`
    create collation public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create domain public.nano_id as text check (length(value) > 3);
    create type public.pair as (a int, b text);
    create function public.is_shown(int) returns boolean language sql stable as 'select $1 > 0';
    ${keys
      .map(
        (
          [type],
          i,
        ) => `create table public.key_${i} ("Key" ${type}, part int, primary key ("Key", part));
      alter table public.key_${i} enable row level security;
      create policy shown on public.key_${i} for select to anon using (public.is_shown(part));
      grant select on public.key_${i} to anon; alter publication supabase_realtime add table public.key_${i};`,
      )
      .join('\n')}`)
  const client = await open()
  await client.join('realtime:keys', {
    postgres_changes: [{ event: '*', schema: 'public', table: 'key\\_%' }],
  })
  const writes = keys.map(
    ([, value], i) => `insert into public.key_${i} values (${value}, 1), (${value}, 0);
      update public.key_${i} set part = 2 where part = 1;`,
  )
  await server.script(writes.join('\n'))
  const heard = (): string[] =>
    client.messages
      .filter(([, , , event]) => event === 'postgres_changes')
      .map(([, , , , { data }]) => {
        const { table, type, record } = data as {
          table: string
          type: string
          record: { part: number }
        }
        return `${table} ${type} ${record.part}`
      })
  await vi
    .waitUntil(() => heard().length >= keys.length, { timeout: 15_000, interval: 5 })
    .catch(() => {})
  // of a row that is there no more only Postgres could say what it was
  const updates = heard().filter((line) => line.includes('UPDATE'))
  expect(updates.toSorted()).toEqual(keys.map((_, i) => `key_${i} UPDATE 2`).toSorted())
  expect(heard().filter((line) => line.endsWith(' 0'))).toEqual([])
})

test('partitioned tables: by their own name, or as the publication says by that of the root', async () => {
  await server.script(`
    create table public.root (id int, owner text, primary key (id)) partition by range (id);
    create table public.low partition of public.root for values from (0) to (100);
    alter table public.root enable row level security; alter table public.low enable row level security;
    create policy shown on public.root for select to anon using (owner = 'me');
    create policy shown on public.low for select to anon using (owner = 'me');
    grant select on public.root, public.low to anon; alter publication supabase_realtime add table public.root`)
  const client = await open()
  const listen = (table: string): Promise<void> =>
    client.join(`realtime:${table}`, {
      postgres_changes: [{ event: '*', schema: 'public', table }],
    })
  await listen('low')
  await server.script(`insert into public.root values (1, 'me'), (2, 'you')`)
  await vi.waitUntil(() => idsOf(client).length > 0, { timeout: 15_000, interval: 5 })
  expect(client.messages.at(-1)?.[2]).toBe('realtime:low')
  await server.script('alter publication supabase_realtime set (publish_via_partition_root = true)')
  await listen('root')
  await server.script(`insert into public.root values (3, 'me'), (4, 'you')`)
  await vi.waitUntil(() => idsOf(client).length > 1, { timeout: 15_000, interval: 5 })
  expect(client.messages.at(-1)?.[2]).toBe('realtime:root')
  expect(idsOf(client)).toEqual([1, 3])
  await server.script(
    'alter publication supabase_realtime set (publish_via_partition_root = false)',
  )
})

test('a private channel whose policy asks who is a member', async () => {
  await server.script(`
    create table public.member (room text, who uuid); create table public.room (name text primary key);
    grant select on public.member, public.room to authenticated;
    create policy members_hear on realtime.messages for select to authenticated using (extension in ('broadcast', 'presence')
      and exists (select from public.member as m join public.room as r on r.name = m.room
        where r.name = (select realtime.topic()) and m.who = (select auth.uid())));
    create policy members_say on realtime.messages for insert to authenticated with check (extension = 'broadcast'
      and exists (select from public.member as m where m.room = (select realtime.topic()) and m.who = (select auth.uid())));
    insert into public.room values ('club'); insert into public.member values ('club', '${ann}')`)
  const client = await open()
  const join = async (sub: string): Promise<unknown> => {
    const access = signToken(server.platform.keys.jwtSecret, { sub, role: 'authenticated' })
    const config = { private: true, broadcast: { self: true } }
    client.send('realtime:club', 'phx_join', { config, access_token: access })
    return client.find('realtime:club', 'phx_reply')
  }
  expect(await join(bob)).toMatchObject({ status: 'error' })
  expect(await join(ann)).toMatchObject({ status: 'ok' })
  client.send('realtime:club', 'broadcast', { type: 'broadcast', event: 'x', payload: { n: 1 } })
  expect(await client.find('realtime:club', 'broadcast')).toMatchObject({ payload: { n: 1 } })
  // who is no member any more is found out with the next token
  await server.script('delete from public.member')
  client.send('realtime:club', 'access_token', {
    access_token: signToken(server.platform.keys.jwtSecret, {
      sub: ann,
      role: 'authenticated',
      n: 1,
    }),
  })
  expect(await client.find('realtime:club', 'system')).toMatchObject({ status: 'error' })
})

test('an enum that has got another value, and a generated column', async () => {
  await server.script(`create type public.state as enum ('new');
    create table public.task (id int primary key, state state, twice int generated always as (id * 2) stored);
    grant select on public.task to anon; alter publication supabase_realtime add table public.task`)
  const client = await open()
  await client.join('realtime:e', {
    postgres_changes: [{ event: '*', schema: 'public', table: 'task' }],
  })
  await server.script(`insert into public.task values (1, 'new')`)
  await server.script(`alter type public.state add value 'done'`)
  await server.script(`insert into public.task values (2, 'done')`)
  await vi.waitUntil(() => idsOf(client).length === 2, { timeout: 15_000, interval: 5 })
  expect(client.messages.at(-1)?.[4]).toMatchObject({ data: { record: { id: 2, state: 'done' } } })
})

test.each(['', 'Bearer', 'Bearer ', 'Basic eDp5', 'Bearer x.y.z'])(
  'a broadcast over HTTP with the header "authorization: %s" is no crash',
  async (authorization) => {
    const response = await server.platform.fetch(`${server.url}/realtime/v1/api/broadcast`, {
      method: 'POST',
      headers: {
        apikey: server.platform.keys.anonKey,
        'content-type': 'application/json',
        authorization,
      },
      body: JSON.stringify({ messages: [{ topic: 't', event: 'e', payload: {} }] }),
    })
    expect([202, 401]).toContain(response.status)
  },
)

test('a filter that takes very long ends its own channel, and holds nobody up', async () => {
  await server.script(`create table public.long (id int primary key, t text); grant select on public.long to anon;
    alter publication supabase_realtime add table public.long`)
  const [slow, other] = [await open(), await open()]
  const join = (client: RealtimeClient, filter?: string): Promise<void> =>
    client.join('realtime:l', {
      postgres_changes: [
        { event: '*', schema: 'public', table: 'long', ...(filter && { filter }) },
      ],
    })
  await join(other)
  // the text has all of it but its end, at each place
  await join(slow, `t=like.%${'a'.repeat(7_900)}b`)
  await server.script(`insert into public.long values (1, repeat('a', 4000000))`)
  await vi.waitUntil(() => idsOf(other).length > 0, { timeout: 10_000, interval: 5 })
  expect(await slow.find('realtime:l', 'system')).toMatchObject({ status: 'error' })
  const begun = performance.now()
  await server.script(`insert into public.long values (2, repeat('a', 4000000))`)
  await vi.waitUntil(() => idsOf(other).length > 1, { timeout: 10_000, interval: 5 })
  expect(performance.now() - begun).toBeLessThan(2_000)
})

test.each([
  ['a back reference', 't=match.^(.+)\\1$', 'must not refer back'],
  ['lookaround', 't=imatch.a(?=b)', 'must not refer back'],
  ['spaces alone', `${' '.repeat(7_990)}x`, 'Error parsing'],
  ['quotes alone', '"'.repeat(7_990), 'Error parsing'],
  ['no regular expression', 't=match.(', 'invalid regular expression'],
])('a filter with %s is refused', { retry: 2 }, async (_, filter, message) => {
  const client = await open()
  const begun = performance.now()
  await client.join('realtime:bad', {
    postgres_changes: [{ event: '*', schema: 'public', table: 'kinds', filter }],
  })
  // what was found is what the join waited for
  expect(performance.now() - begun).toBeLessThan(1_000)
  client.send('realtime:bad', 'phx_join', {
    config: { postgres_changes: [{ event: '*', schema: 'public', table: 'kinds', filter }] },
  })
  expect(JSON.stringify(await client.find('realtime:bad', 'system'))).toContain(message)
})

test.each(['schema', 'table'])('a pattern for the %s without an end is refused', async (key) => {
  const client = await open()
  client.send('realtime:bad', 'phx_join', {
    config: { postgres_changes: [{ event: '*', schema: 'public', [key]: '%'.repeat(1_000_000) }] },
  })
  expect(await client.find('realtime:bad', 'system')).toMatchObject({ status: 'error' })
})
