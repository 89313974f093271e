/** Clients that come back with the position of their last change: what they missed first, then the rest, under the rights of now. */
import { createClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import { createMemoryBus, startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { RealtimeClient } from './realtime-client.ts'
import type { Message } from './realtime-client.ts'
import { signToken } from './sign-token.ts'

const ann = '00000000-0000-4000-8000-00000000000a'
const bob = '00000000-0000-4000-8000-00000000000b'
const topic = 'realtime:resume'
const changes = [{ event: '*', schema: 'public', table: 'note' }]

let server: TestPlatform
let other: TestPlatform
let next = 1
const clients: RealtimeClient[] = []
/** On each node one who sees everything: what it has seen, the node has read. */
const watchers: RealtimeClient[] = []

beforeAll(async () => {
  const bus = createMemoryBus()
  const config = { 'realtime.resume_size': 200_000 }
  server = await startTestPlatform({ bus: bus.connect(), config })
  await server.script(`create table public.note (id int primary key, owner uuid, text text default '');
    alter table public.note enable row level security;
    create policy own on public.note for select to authenticated using (owner = (select auth.uid()) or text = 'for all');
    grant select on public.note to authenticated;
    alter publication supabase_realtime add table public.note;`)
  other = await startTestPlatform({ bus: bus.connect(), databaseUrl: server.databaseUrl, config })
  for (const at of [server, other]) watchers.push(await join(null, { at, role: 'service_role' }))
})
afterAll(async () => {
  for (const { socket } of clients) socket.terminate()
  await other.close()
  await server.close()
})

interface Seen {
  readonly ids: number[]
  /** Of the last change, or of the subscription. */
  readonly position: string
  readonly statuses: string[]
}

const token = (sub: string, role = 'authenticated'): string =>
  signToken(server.platform.keys.jwtSecret, { sub, role })

async function join(
  after: string | null,
  {
    at = server,
    sub = ann,
    role = 'authenticated',
    resume = { after } as unknown,
    broadcast = {},
  } = {},
): Promise<RealtimeClient> {
  const client = await new RealtimeClient(at).open()
  clients.push(client)
  const config = {
    postgres_changes: changes,
    broadcast,
    ...(resume === undefined ? {} : { resume }),
  }
  client.send(topic, 'phx_join', { config, access_token: token(sub, role) })
  await vi.waitUntil(() => statusesOf(client.messages).includes('ok'), {
    timeout: 15_000,
    interval: 5,
  })
  return client
}

const payloads = (messages: readonly Message[], event: string): Record<string, unknown>[] =>
  messages.filter((message) => message[3] === event).map((message) => message[4])
const statusesOf = (messages: readonly Message[]): string[] =>
  payloads(messages, 'system').map(({ status }) => String(status))

function look({ messages }: RealtimeClient): Seen {
  const seen = payloads(messages, 'postgres_changes') as {
    position: string
    data: { record: { id: number } }
  }[]
  const told = payloads(messages, 'system').at(-1) as { position: string }
  return {
    ids: seen.map(({ data }) => data.record.id),
    position: seen.at(-1)?.position ?? told.position,
    statuses: statusesOf(messages),
  }
}

async function insert(owner: string, count = 1, text = ''): Promise<number[]> {
  const ids = Array.from({ length: count }, () => next++)
  const rows = ids.map((id) => `(${id}, '${owner}', '${text}')`)
  await server.script(`insert into public.note values ${rows.join(', ')}`)
  await vi.waitUntil(() => watchers.every((each) => look(each).ids.at(-1) === next - 1), {
    timeout: 15_000,
    interval: 5,
  })
  return ids
}

const until = (client: RealtimeClient, count: number): Promise<boolean> =>
  vi.waitUntil(() => look(client).ids.length >= count, { timeout: 15_000, interval: 5 })

test('what was missed comes first, in order and once; others’ rows do not', async () => {
  const first = await join(null)
  const [seen] = [await insert(ann, 2)]
  await until(first, 2)
  const { position, ids } = look(first)
  expect(ids).toEqual(seen)
  first.socket.terminate()
  const missed = await insert(ann, 450)
  await insert(bob, 3)
  const again = await join(position)
  expect(look(again).ids).toEqual(missed)
  // told behind what was missed
  expect(
    again.messages.findLastIndex(([, , , event]) => event === 'postgres_changes'),
  ).toBeLessThan(again.messages.findIndex(([, , , event]) => event === 'system'))
  const live = await insert(ann)
  await until(again, 451)
  expect(look(again)).toMatchObject({ ids: [...missed, ...live], statuses: ['ok'] })
})

test('who has seen no change comes back to where it subscribed', async () => {
  const client = await join(null, { resume: true })
  const { position } = look(client)
  client.socket.terminate()
  const missed = await insert(ann)
  expect(look(await join(position)).ids).toEqual(missed)
})

test('changes that come while it catches up are behind what was missed, none twice', async () => {
  const { position } = look(await join(null))
  const expected = await insert(ann, 100)
  let isOver = false
  const inserting = (async () => {
    while (!isOver) expected.push(...(await insert(ann)))
  })()
  const client = await join(position)
  await vi.waitUntil(() => look(client).ids.length > 110, { timeout: 15_000, interval: 5 })
  isOver = true
  await inserting
  await until(client, expected.length)
  expect(look(client).ids).toEqual(expected)
})

test('rights are those of now: of what was missed, and of who comes back', async () => {
  const { position } = look(await join(null))
  const [mine = 0, theirs = 0] = [...(await insert(ann)), ...(await insert(ann))]
  await server.script(`update public.note set owner = '${bob}' where id = ${theirs}`)
  const own = await insert(bob)
  expect(look(await join(position)).ids).toEqual([mine])
  // updated: what it was before is not his to see
  expect(look(await join(position, { sub: bob })).ids).toEqual([theirs, ...own])
})

test('another node has it too', async () => {
  await join(null, { at: other })
  const { position } = look(await join(null))
  const missed = await insert(ann, 5)
  expect(look(await join(position, { at: other })).ids).toEqual(missed)
})

test('a new token misses nothing on the way', async () => {
  const client = await join(null, { resume: false })
  const expected: number[] = []
  for (let i = 0; i < 10; i++) {
    const inserting = insert(ann)
    client.send(topic, 'access_token', {
      access_token: signToken(server.platform.keys.jwtSecret, { sub: ann, n: i }),
    })
    expected.push(...(await inserting))
  }
  await until(client, expected.length)
  expect(look(client).ids).toEqual(expected)
  expect(payloads(client.messages, 'postgres_changes').some((seen) => 'position' in seen)).toBe(
    false,
  )
})

test('a new token while what was missed is sent neither loses any of it nor repeats it', async () => {
  const { position } = look(await join(null))
  const missed = await insert(ann, 450)
  const client = await new RealtimeClient(server).open()
  clients.push(client)
  const config = { postgres_changes: changes, resume: { after: position } }
  client.send(topic, 'phx_join', { config, access_token: token(ann) })
  await vi.waitUntil(() => payloads(client.messages, 'postgres_changes').length > 0, {
    timeout: 15_000,
    interval: 1,
  })
  const { jwtSecret } = server.platform.keys
  client.send(topic, 'access_token', { access_token: signToken(jwtSecret, { sub: ann, n: 1 }) })
  await vi.waitUntil(() => statusesOf(client.messages).length > 0, 5_000)
  const live = await insert(ann)
  await until(client, 451)
  expect(look(client).ids).toEqual([...missed, ...live])
})

test('what is no position, or too old, is a gap that is told; changes arrive all the same', async () => {
  const { position } = look(await join(null))
  const flipped = (position.startsWith('A') ? 'B' : 'A') + position.slice(1)
  for (const after of ['', '0', 'x'.repeat(22), 'x'.repeat(100_000), flipped]) {
    const client = await join(after)
    expect(look(client).statuses).toEqual(['gap', 'ok'])
    client.socket.terminate()
  }
  await insert(ann, 10, 'x'.repeat(30_000))
  const client = await join(position)
  expect(look(client)).toMatchObject({ statuses: ['gap', 'ok'], ids: [] })
  const live = await insert(ann)
  await until(client, 1)
  expect(look(client).ids).toEqual(live)
})

test('the stock client comes back by an option of its broadcast, and a logger that notes positions', async () => {
  const resume: { after: string | null } = { after: null }
  const heard: number[] = []
  const supabase = createClient(server.url, server.platform.keys.anonKey, {
    realtime: {
      transport: WebSocket as never,
      logger: (kind: string, _: string, payload: { position?: string } | undefined) => {
        if (kind === 'receive' && payload?.position !== undefined) resume.after = payload.position
      },
    },
  })
  await supabase.realtime.setAuth(token(ann))
  let isReady = false
  const options = { config: { broadcast: { resume } } }
  supabase
    .channel('stock', options as never)
    .on('postgres_changes', { event: '*', schema: 'public', table: 'note' }, (change) =>
      heard.push((change.new as { id: number }).id),
    )
    .on('system', {}, ({ status }) => (isReady ||= status === 'ok'))
    .subscribe()
  await vi.waitUntil(() => isReady, { timeout: 15_000, interval: 5 })
  const expected = await insert(ann)
  await vi.waitUntil(() => heard.length === 1, { timeout: 15_000, interval: 5 })
  const socket = supabase.realtime as unknown as {
    conn: WebSocket | null
    socketAdapter: { socket: { conn: WebSocket } }
  }
  ;(socket.conn ?? socket.socketAdapter.socket.conn).terminate()
  expected.push(...(await insert(ann, 3)))
  await vi.waitUntil(() => heard.length === 4, 10_000)
  expected.push(...(await insert(ann)))
  await vi.waitUntil(() => heard.length === 5, { timeout: 15_000, interval: 5 })
  expect(heard).toEqual(expected)
  await supabase.removeAllChannels()
})
