/** Server-sent events of Realtime: the same channels, joined by the same rules. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { RealtimeClient } from './realtime-client.ts'
import { signToken } from './sign-token.ts'

const ann = '00000000-0000-4000-8000-00000000000a'
const changes = JSON.stringify({ event: '*', schema: 'public', table: 'note' })

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({
    config: { 'realtime.max_queue': 300_000, 'realtime.max_channels_per_client': 2 },
  })
  await server.script(`create table public.note (id int primary key, owner uuid);
    alter table public.note enable row level security;
    create policy own on public.note for select to authenticated using (owner = (select auth.uid()));
    grant select on public.note to authenticated;
    alter publication supabase_realtime add table public.note;
    create policy room on realtime.messages for select to authenticated using (realtime.topic() = 'mine');`)
})
afterAll(() => server.close())

const token = (claims: Record<string, unknown> = {}): string =>
  signToken(server.platform.keys.jwtSecret, { sub: ann, ...claims })

interface Event {
  readonly id: string | null
  readonly event: string
  readonly data: Record<string, unknown>
}

class Events {
  readonly seen: Event[] = []
  readonly status: number
  readonly #controller: AbortController
  isOver = false

  static async open(
    query: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Events> {
    const controller = new AbortController()
    const parameters = new URLSearchParams({ apikey: server.platform.keys.anonKey, ...query })
    const response = await fetch(`${server.url}/realtime/v1/events?${parameters}`, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: controller.signal,
    })
    return new Events(response, controller)
  }

  private constructor(response: Response, controller: AbortController) {
    this.status = response.status
    this.#controller = controller
    if (response.status === 200) void this.#read(response).catch(() => (this.isOver = true))
  }

  async #read(response: Response): Promise<void> {
    let text = ''
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString('utf8')
      const blocks = text.split('\n\n')
      text = blocks.pop() as string
      for (const block of blocks) {
        const fields = new Map(
          block.split('\n').map((line) => line.split(/: ?(.*)/s) as [string, string]),
        )
        const event = fields.get('event')
        if (event === undefined) continue
        const data = JSON.parse(fields.get('data') ?? 'null') as Record<string, unknown>
        this.seen.push({ id: fields.get('id') ?? null, event, data })
      }
    }
    this.isOver = true
  }

  async find(event: string): Promise<Event> {
    const at = await vi.waitUntil(
      () => {
        const found = this.seen.findIndex((each) => each.event === event)
        return found === -1 ? false : { found }
      },
      { timeout: 15_000, interval: 5 },
    )
    return this.seen.splice(at.found, 1)[0] as Event
  }

  abort(): void {
    this.#controller.abort()
  }
}

test('broadcasts and presence arrive', async () => {
  const events = await Events.open({ topic: 'lobby', presence: 'true' })
  expect((await events.find('phx_reply')).data).toEqual({
    status: 'ok',
    response: { postgres_changes: [] },
  })
  expect((await events.find('presence_state')).data).toEqual({})
  const client = await new RealtimeClient(server).open()
  await client.join('realtime:lobby', { presence: { enabled: true, key: 'k' } })
  client.send('realtime:lobby', 'presence', { event: 'track', payload: { text: 'two\nlines' } })
  expect((await events.find('presence_diff')).data).toMatchObject({
    joins: { k: { metas: [{ text: 'two\nlines' }] } },
  })
  await fetch(`${server.url}/realtime/v1/api/broadcast/lobby/events/x`, {
    method: 'POST',
    headers: { apikey: server.platform.keys.anonKey, 'content-type': 'application/json' },
    body: '{\r\n"n":\n1}',
  })
  expect((await events.find('broadcast')).data).toEqual({
    event: 'x',
    payload: { n: 1 },
    type: 'broadcast',
  })
  events.abort()
  client.socket.terminate()
})

test('changes arrive under the token’s rights, and Last-Event-ID brings what was missed', async () => {
  const query = { topic: 'notes', changes }
  const authorization = { authorization: `Bearer ${token()}` }
  const first = await Events.open(query, authorization)
  const { id: begin } = await first.find('system')
  await server.script(`insert into public.note values (1, '${ann}'), (2, null), (3, '${ann}')`)
  const records: unknown[] = []
  let last = begin
  for (let i = 0; i < 2; i++) {
    const { id, data } = await first.find('postgres_changes')
    records.push((data['data'] as { record: unknown }).record)
    last = id
  }
  expect(records).toEqual([
    { id: 1, owner: ann },
    { id: 3, owner: ann },
  ])
  first.abort()
  await server.script(`insert into public.note values (4, '${ann}'), (5, null), (6, '${ann}')`)
  for (const [id, expected] of [
    [last, [4, 6]],
    [begin, [1, 3, 4, 6]],
  ] as const) {
    const again = await Events.open(query, { ...authorization, 'last-event-id': id as string })
    const seen: unknown[] = []
    for (const _ of expected) {
      const { data } = await again.find('postgres_changes')
      seen.push((data['data'] as { record: { id: number } }).record.id)
    }
    expect(seen).toEqual(expected)
    again.abort()
  }
  const lost = await Events.open({ ...query, after: 'nonsense' }, authorization)
  expect((await lost.find('system')).data).toMatchObject({ status: 'gap' })
  expect((await lost.find('system')).data).toMatchObject({ status: 'ok' })
  lost.abort()
})

test('a private channel by its policies', async () => {
  const own = { private: 'true', access_token: token() }
  const mine = await Events.open({ topic: 'mine', ...own })
  expect(mine.status).toBe(200)
  await mine.find('phx_reply')
  await server.script(`select realtime.send('{"a": 1}', 'x', 'mine', true)`)
  expect((await mine.find('broadcast')).data).toMatchObject({ payload: { a: 1 } })
  mine.abort()
  expect((await Events.open({ topic: 'other', ...own })).status).toBe(403)
  expect((await Events.open({ topic: 'mine', private: 'true' })).status).toBe(403)
})

test('what cannot be joined is refused before anything is streamed', async () => {
  expect((await Events.open({ topic: '' })).status).toBe(400)
  expect((await Events.open({ topic: 'x', changes: '{' })).status).toBe(400)
  expect((await Events.open({ topic: 'x', access_token: 'nonsense' })).status).toBe(401)
  expect((await Events.open({ topic: 'x' }, { authorization: 'Bearer a.b.c' })).status).toBe(401)
  expect((await Events.open({ topic: 'x', apikey: '' })).status).toBe(401)
  expect((await Events.open({ topic: 'x' }, { accept: 'application/json' })).status).toBe(406)
})

test('the token’s end is the stream’s', async () => {
  const exp = Math.floor(Date.now() / 1000) + 2
  const events = await Events.open({ topic: 'short', access_token: token({ exp }) })
  expect((await events.find('system')).data['message']).toMatch(/^Token has expired/)
  await events.find('close')
  await vi.waitUntil(() => events.isOver, { timeout: 15_000, interval: 5 })
})

const open = async (): Promise<number> => {
  const metrics = await server.platform.handleAdmin({ path: '/metrics' } as never)
  const [, count] = /websocket_connections_active\{project="default"\} (\d+)/.exec(
    String(metrics.body),
  ) as unknown as [string, string]
  return Number(count)
}

test('who goes away leaves nothing behind', async () => {
  await vi.waitUntil(async () => (await open()) === 0, { timeout: 15_000, interval: 5 })
  const events = await Events.open({ topic: 'gone', changes })
  expect(await open()).toBe(1)
  events.abort()
  await vi.waitUntil(async () => (await open()) === 0, { timeout: 15_000, interval: 5 })
})

test('who does not read is dropped, and hinders nobody', async () => {
  const { port } = new URL(server.url)
  const key = server.platform.keys.anonKey
  const deaf = connect(Number(port), '127.0.0.1')
  deaf.write(`GET /realtime/v1/events?topic=loud&apikey=${key} HTTP/1.1\r\nhost: x\r\n\r\n`)
  await new Promise((resolve) => deaf.once('data', resolve))
  deaf.pause()
  const other = await Events.open({ topic: 'loud' })
  const speaker = await new RealtimeClient(server).open()
  await speaker.join('realtime:loud', {})
  const isDropped = async (): Promise<boolean> => {
    speaker.send('realtime:loud', 'broadcast', {
      event: 'x',
      type: 'broadcast',
      payload: 'x'.repeat(400_000),
    })
    await other.find('broadcast')
    return server.logged.some(({ message }) => message.includes('does not read'))
  }
  await vi.waitUntil(isDropped, { timeout: 10_000, interval: 1 })
  expect(other.isOver).toBe(false)
  deaf.destroy()
  other.abort()
  speaker.socket.terminate()
})

test('a server that stops ends its streams and does not wait for them', { retry: 2 }, async () => {
  const own = await startTestPlatform({ config: { 'realtime.max_concurrent_users': 1 } })
  const url = `${own.url}/realtime/v1/events?topic=end&apikey=${own.platform.keys.anonKey}`
  const response = await fetch(url)
  expect((await fetch(url)).status).toBe(429)
  const text = response.text()
  const begun = performance.now()
  await own.close()
  expect(await text).toMatch(/event: close\ndata: \{"code":1012/)
  expect(performance.now() - begun).toBeLessThan(900)
})
