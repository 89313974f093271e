/** Two nodes of one project: what is said on one is heard on the other, and a node's end takes only what was its own. */
import { createClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import {
  createMemoryBus,
  findRedis,
  openRedisBus,
  startRedis,
  startTestPlatform,
} from '@basalt/server/testing'
import type { Bus, TestPlatform } from '@basalt/server/testing'
import { RealtimeClient } from './realtime-client.ts'
import { signToken } from './sign-token.ts'

interface Wire {
  connect(this: void): Bus | Promise<Bus>
  interrupt(this: void): unknown
  restore(this: void): unknown
  close(this: void): unknown
}

const memory = async (): Promise<Wire> => ({ ...createMemoryBus(), close: () => {} })
const program = findRedis()
const redis = async (): Promise<Wire> => {
  const { url, kill, restart } = await startRedis(program as string)
  const connect = (): Promise<Bus> => openRedisBus({ url, prefix: 'nodes:' })
  return { connect, interrupt: kill, restore: restart, close: kill }
}
const wires: [string, () => Promise<Wire>][] =
  program === null ? [['memory (there is no redis-server here)', memory]] : [['Redis', redis]]

describe.each(wires)('over %s', (_, open) => {
  let wire: Wire
  let first: TestPlatform
  let second: TestPlatform
  const clients: RealtimeClient[] = []
  const at = async (node: TestPlatform, token?: string): Promise<RealtimeClient> => {
    const client = await new RealtimeClient(node, token).open()
    clients.push(client)
    return client
  }

  beforeAll(async () => {
    wire = await open()
    first = await startTestPlatform({ bus: await wire.connect() })
    const { databaseUrl } = first
    second = await startTestPlatform({ bus: await wire.connect(), databaseUrl })
  })
  afterAll(async () => {
    for (const { socket } of clients) socket.terminate()
    await second.close()
    await first.close()
    await wire.close()
  })

  test('a broadcast reaches the other node: as text, as bytes, over HTTP, and not who sent it', async () => {
    const [a, b] = [await at(first), await at(second)]
    for (const client of [a, b]) await client.join('realtime:talk', {})
    const bytes: Buffer[] = []
    b.socket.on('message', (data: Buffer, isBinary) => isBinary && bytes.push(data))
    a.send('realtime:talk', 'broadcast', { type: 'broadcast', event: 'x', payload: { n: 1 } })
    expect(await b.find('realtime:talk', 'broadcast')).toMatchObject({ payload: { n: 1 } })
    const push = ['1', '2', 'realtime:talk', 'y', '']
    const lengths = push.map(({ length }) => length)
    a.socket.send(
      Buffer.from(`${String.fromCharCode(3, ...lengths, 0)}${push.join('')}\u0001\u0002`),
    )
    await vi.waitUntil(() => bytes.length > 0, 5_000)
    expect(bytes[0]?.subarray(-3)).toEqual(Buffer.from('y\u0001\u0002'))
    const answer = await fetch(`${second.url}/realtime/v1/api/broadcast/talk/events/z`, {
      method: 'POST',
      headers: { apikey: first.platform.keys.anonKey, 'content-type': 'application/json' },
      body: '{"n":3}',
    })
    expect(answer.status).toBe(202)
    for (const client of [a, b])
      expect(await client.find('realtime:talk', 'broadcast')).toMatchObject({ payload: { n: 3 } })
    expect(a.messages.filter(([, , , event]) => event === 'broadcast')).toEqual([])
  })

  test('users are counted on all nodes together', async () => {
    for (const { socket } of clients.splice(0)) socket.terminate()
    const config = { 'realtime.max_concurrent_users': 3 }
    const { databaseUrl } = first
    const start = async (): Promise<TestPlatform> =>
      startTestPlatform({ bus: await wire.connect(), config, databaseUrl })
    const [a, b] = [await start(), await start()]
    const there: WebSocket[] = []
    const join = async (node: TestPlatform, stays = false): Promise<unknown> => {
      const client = await at(node)
      client.send('realtime:full', 'phx_join', { config: {} })
      const { status, response } = await client.find('realtime:full', 'phx_reply')
      if (stays && status === 'ok') there.push(client.socket)
      else client.socket.terminate()
      return status === 'ok' || (response as { reason: string }).reason
    }
    const refused = 'ConnectionRateLimitReached: Too many connected users'
    const until = (outcome: unknown, node: TestPlatform, stays = false): Promise<boolean> =>
      vi.waitUntil(async () => (await join(node, stays)) === outcome, {
        timeout: 15_000,
        interval: 50,
      })
    for (const node of [a, a, b]) await until(true, node, true)
    // one is told of the others within a second
    await until(refused, b)
    expect(await until(refused, a)).toBe(true)
    for (const socket of there.slice(0, 2)) socket.terminate()
    await until(true, b)
    await b.close()
    await a.close()
  })

  test('a private topic is apart from the public one of its name, on every node', async () => {
    await first.script(
      `create policy all_may on realtime.messages for all to authenticated using (true) with check (true)`,
    )
    const token = signToken(first.platform.keys.jwtSecret, { sub: 'u' })
    const [a, open_, closed] = [await at(first), await at(second), await at(second)]
    await a.join('realtime:same', { private: true }, token)
    await open_.join('realtime:same', {})
    await closed.join('realtime:same', { private: true }, token)
    a.send('realtime:same', 'broadcast', { type: 'broadcast', event: 'x', payload: {} })
    await closed.find('realtime:same', 'broadcast')
    expect(open_.messages).toEqual([])
  })

  const presence = { presence: { enabled: true, key: 'k' } }
  const track = (client: RealtimeClient, topic: string, payload: object): void =>
    client.send(topic, 'presence', { type: 'presence', event: 'track', payload })

  test('who joins on one node sees who is present on the other, and who comes and goes', async () => {
    const a = await at(first)
    await a.join('realtime:room', { presence: { enabled: true, key: 'a' } })
    await a.find('realtime:room', 'presence_state')
    track(a, 'realtime:room', { n: 1 })
    await a.find('realtime:room', 'presence_diff')
    const b = await at(second)
    await b.join('realtime:room', { presence: { enabled: true, key: 'b' } })
    const state = await b.find('realtime:room', 'presence_state')
    expect(state).toEqual({ a: { metas: [{ phx_ref: expect.any(String), n: 1 }] } })
    track(b, 'realtime:room', { n: 2 })
    expect(await a.find('realtime:room', 'presence_diff')).toMatchObject({
      joins: { b: { metas: [{ n: 2 }] } },
      leaves: {},
    })
    track(b, 'realtime:room', { n: 3 })
    const changed = await a.find('realtime:room', 'presence_diff')
    expect(changed).toMatchObject({
      joins: { b: { metas: [{ n: 3 }] } },
      leaves: { b: { metas: [{ n: 2 }] } },
    })
    b.socket.terminate()
    expect(await a.find('realtime:room', 'presence_diff')).toMatchObject({
      joins: {},
      leaves: { b: { metas: [{ n: 3 }] } },
    })
  })

  test('the stock client has one presence state on both nodes', async () => {
    const open_ = (node: TestPlatform): ReturnType<typeof createClient> =>
      createClient(node.url, node.platform.keys.anonKey, {
        realtime: { transport: WebSocket as never },
      })
    const supabases = [open_(first), open_(second)]
    const channels = supabases.map((supabase, i) =>
      supabase
        .channel('lobby', { config: { presence: { key: `user-${i}` } } })
        .on('presence', { event: 'sync' }, () => {}),
    )
    for (const [i, channel] of channels.entries()) {
      await new Promise((resolve) =>
        channel.subscribe((status) => status === 'SUBSCRIBED' && resolve(0)),
      )
      await channel.track({ i })
    }
    await vi.waitUntil(
      () => channels.every((channel) => Object.keys(channel.presenceState()).length === 2),
      5_000,
    )
    const [one, other] = channels.map((channel) => channel.presenceState())
    expect(one).toEqual(other)
    for (const supabase of supabases) await supabase.removeAllChannels()
  })

  test('after an interruption presence is the same again, whatever was missed', async () => {
    const [a, b, c] = [await at(first), await at(second), await at(first)]
    for (const client of [a, b, c]) await client.join('realtime:after', presence)
    track(a, 'realtime:after', { n: 'stays' })
    await b.find('realtime:after', 'presence_diff')
    track(c, 'realtime:after', { n: 'goes' })
    await b.find('realtime:after', 'presence_diff')
    await wire.interrupt()
    c.socket.terminate()
    await a.find('realtime:after', 'presence_diff')
    track(b, 'realtime:after', { n: 'came' })
    await wire.restore()
    const isSame = (): boolean => {
      const diffs = (client: RealtimeClient): string =>
        JSON.stringify(client.messages.filter(([, , , event]) => event === 'presence_diff'))
      return /"leaves":\{"k":.*goes/.test(diffs(b)) && /"joins":\{"k":.*came/.test(diffs(a))
    }
    await expect.poll(isSame).toBe(true)
  })

  test('a node that dies without a word takes its members with it', async () => {
    const dying = await startTestPlatform({
      bus: deafable(await wire.connect()),
      databaseUrl: first.databaseUrl,
    })
    const [a, b] = [await at(first), await at(dying)]
    for (const client of [a, b]) await client.join('realtime:mortal', presence)
    track(b, 'realtime:mortal', { n: 1 })
    await a.find('realtime:mortal', 'presence_diff')
    silence?.()
    expect(await a.find('realtime:mortal', 'presence_diff')).toMatchObject({
      leaves: { k: { metas: [{ n: 1 }] } },
    })
    await dying.close()
  })

  let silence: (() => void) | null = null
  /** As killed: what it says no longer arrives. */
  function deafable(bus: Bus): Bus {
    let isSilent = false
    silence = () => (isSilent = true)
    return Object.create(bus, {
      isUp: { get: () => bus.isUp },
      isAlone: { get: () => bus.isAlone },
      publish: {
        value: (topic: string, message: Uint8Array) => {
          if (!isSilent) bus.publish(topic, message)
        },
      },
      subscribe: { value: bus.subscribe.bind(bus) },
      onRestored: { value: bus.onRestored.bind(bus) },
      close: { value: () => bus.close() },
    }) as Bus
  }
})
